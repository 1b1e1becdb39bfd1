"""Which words a segmenter is given."""

import pytest

from flows.evaluation.predictions import Prediction
from flows.evaluation.segmenting.prompts import Parts, parts, texts
from flows.evaluation.segmenting.segmenter import Wanted, wanted
from schemas.errors import ConfigError
from tests.flows.evaluation.made import FIND, SHORT, bench

SEMANTIC = "The worst part is the sky, with mild blur followed by severe noise."


@pytest.mark.parametrize(
    ("answer", "spatial", "semantic"),
    [
        (f"Top right. {SEMANTIC}", "Top right.", SEMANTIC),
        ("bottom-left. It is the dog.", "bottom-left.", "It is the dog."),
        ("The whole image. Noise is everywhere.", "The whole image.", "Noise is everywhere."),
        ("Upper left.", "Upper left.", ""),
        ("The dog in the top left. It is blurred.", "", "The dog in the top left. It is blurred."),
        ("Top of the dog. It is blurred.", "", "Top of the dog. It is blurred."),
        ("", "", ""),
    ],
)
def test_parts(answer, spatial, semantic):
    """Only a first sentence of nothing but places is the spatial part."""
    assert parts(answer) == Parts(spatial, semantic)


def test_words_are_the_dataset_s_own():
    """Without predictions each prompt is the row's own part; only grounding rows have one."""
    found = {prompt: texts(bench(), None, prompt) for prompt in ("whole", "spatial", "semantic")}
    assert found["whole"] == {FIND.row_id: FIND.answer}
    assert found["spatial"] == {FIND.row_id: "Top right."}
    assert found["semantic"] == {FIND.row_id: SEMANTIC}


def test_words_of_a_model():
    """With predictions the words are the model's, none where it said nothing; labels stay true."""
    said = {FIND.row_id: Prediction("Bottom left. It is the tree."), SHORT.row_id: Prediction("x")}
    assert texts(bench(), said, "semantic") == {FIND.row_id: "It is the tree."}
    assert texts(bench(), {}, "whole") == {FIND.row_id: ""}
    assert texts(bench(), said, "label") == {FIND.row_id: "sky"}


def test_wanted():
    """A segmenter is named alone or with its weights; what is none is one line."""
    assert wanted("sam3") == Wanted("sam3", "facebook/sam3")
    assert wanted("clipseg=here/it is") == Wanted("clipseg", "here/it is")
    assert wanted("grounding-dino+sam=a,b").weights == "a,b"
    for text in ("clipseg=", "grounding-dino+sam=a", "grounding-dino+sam=a,"):
        with pytest.raises(ConfigError, match="expected"):
            wanted(text)
    with pytest.raises(LookupError, match="did you mean sam3"):
        wanted("sam4")
