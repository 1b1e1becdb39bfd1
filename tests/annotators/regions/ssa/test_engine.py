"""Names by the models: batched as one by one, RGB throughout, any model left out."""

import numpy as np
import pytest

from annotators.regions.ssa.clipseg import Ballot, PixelVoter
from annotators.regions.ssa.engine import LabelEngine
from annotators.regions.ssa.loading import choose_place
from annotators.regions.ssa.ranking import Ranker
from annotators.regions.ssa.semantic import SemanticSegmenter
from schemas.errors import ConfigError
from schemas.settings.ssa import SsaConfig
from tests.doubles.tiny_models import CLASSES


@pytest.fixture(scope="module")
def place():
    """The CPU."""
    return choose_place("cpu", True)


@pytest.fixture(scope="module")
def pictures(astronaut, coffee):
    """Two photographs of different sizes, each with masks."""
    first, second = astronaut[::2, ::2].copy(), coffee[::2, ::2].copy()
    return [first, second], [
        [box(first, 5, 10, 100, 50), box(first, 100, 100, 150, 100)],
        [box(second, 0, 0, 50, 300), box(second, 75, 50, 45, 45), box(second, 150, 200, 30, 35)],
    ]


def box(image, y, x, height, width):
    mask = np.zeros(image.shape[:2], np.bool_)
    mask[y : y + height, x : x + width] = True
    return mask


def test_batches_give_what_one_at_a_time_gives(config, place, pictures):
    """Sharing batches with other masks and pictures changes no name and no score."""
    engine = LabelEngine(config, ["cat", "red dog"], place)
    images, masks = pictures
    together = engine.name(images, masks)
    alone = [
        [engine.name([image], [[mask]])[0][0] for mask in own]
        for image, own in zip(images, masks, strict=True)
    ]
    assert together == alone
    assert [len(own) for own in together] == [2, 3]
    for own in together:
        for label, ranked in own:
            assert label in dict(ranked)
            assert 1 <= len(ranked) <= 3
            assert [s for _, s in ranked] == sorted((s for _, s in ranked), reverse=True)


def test_models_see_red_as_red(models, place):
    """Swapping red and blue changes what the models see: nothing swaps them on the way."""
    from transformers import CLIPProcessor

    ranker = Ranker(models["clip"], place, 4)
    image = np.zeros((64, 64, 3), np.uint8)
    image[..., 0] = 255
    processor = CLIPProcessor.from_pretrained(models["clip"])
    given = processor(images=[image], return_tensors="pt")["pixel_values"][0]
    assert given[0].mean() > given[2].mean()
    seen, swapped = (ranker._images([pixels])[0] for pixels in (image, image[..., ::-1].copy()))
    assert not np.allclose(seen, swapped)


def test_scores_are_clips_own(models, place, astronaut):
    """The ranking has the probabilities that CLIP's own forward pass gives."""
    from transformers import CLIPModel, CLIPProcessor

    names = ["cat", "tree", "wall", "red person"]
    image = np.ascontiguousarray(astronaut[:200, :300])
    model = CLIPModel.from_pretrained(models["clip"]).eval()
    processor = CLIPProcessor.from_pretrained(models["clip"])
    inputs = processor(text=names, images=[image], return_tensors="pt", padding=True)
    expected = model(**inputs).logits_per_image.softmax(1)[0].tolist()
    (ranked,) = Ranker(models["clip"], place, 4).rank([image], [names], 4)
    assert dict(ranked) == pytest.approx(dict(zip(names, expected, strict=True)), abs=1e-5)


def test_one_look_serves_all_names(models, place, astronaut):
    """Sharing the vision tower between names gives the winner of CLIPSeg's own forward pass."""
    import torch
    from transformers import CLIPSegForImageSegmentation, CLIPSegProcessor

    names, image = ["cat", "tree", "wall"], np.ascontiguousarray(astronaut[:90, :120])
    mask = box(image, 10, 20, 60, 70)
    model = CLIPSegForImageSegmentation.from_pretrained(models["clipseg"]).eval()
    processor = CLIPSegProcessor.from_pretrained(models["clipseg"])
    inputs = processor(text=names, images=[image] * 3, return_tensors="pt", padding=True)
    with torch.no_grad():
        logits = model(**inputs).logits
    logits = torch.nn.functional.interpolate(logits[None], size=(90, 120), mode="bilinear")[0]
    winner = names[np.bincount(logits.argmax(0).numpy()[mask], minlength=3).argmax()]
    voter = PixelVoter(models["clipseg"], place, 4)
    ballots = [Ballot(image, mask, names), Ballot(image, mask, ["cat"]), Ballot(image, mask, [])]
    assert voter.choose(ballots) == [winner, "cat", ""]


@pytest.mark.parametrize("kind", ["oneformer", "segformer"])
def test_segmenters_give_a_class_for_every_pixel(models, place, pictures, kind):
    """Maps have the pictures' sizes and known classes, named as people say them."""
    segmenter = SemanticSegmenter(models[kind], place, 2)
    assert segmenter.names[:3] == ["wall", "sky", "person"]
    for image, classes in zip(pictures[0], segmenter.maps(pictures[0]), strict=True):
        assert classes.shape == image.shape[:2]
        assert 0 <= classes.min() <= classes.max() < len(CLASSES)


@pytest.mark.parametrize(
    ("label_models", "vocabulary"),
    [
        (["segmenters"], []),
        (["clip"], ["cat", "dog"]),
        (["caption", "clip"], []),
        (["segmenters", "clip"], []),
        (["segmenters", "clipseg"], []),
    ],
)
def test_any_model_can_be_left_out(config, place, pictures, label_models, vocabulary):
    """Closed set, CLIP alone with a vocabulary, and what lies between."""
    chosen = config.model_copy(update={"label_models": label_models})
    engine = LabelEngine(chosen, vocabulary, place)
    roles = {role for role, models in engine.provenance().items() if models}
    assert roles == set(label_models)
    closed = {"wall", "sky", "person", "tree", "water", "building", "cat"}
    for label, ranked in engine.name(*pictures)[1]:
        assert label == "" or label in dict(ranked)
        if "caption" not in label_models:
            assert label in (set(vocabulary) or closed)


def test_nobody_to_name_from_is_a_mistake():
    """CLIP alone without a vocabulary has nothing to choose from."""
    from schemas.settings.config import RunConfig

    with pytest.raises(ConfigError, match="vocabulary to name from"):
        RunConfig.parse({"regions": {"ssa": {"label_models": ["clip"]}}})
    assert SsaConfig().label_models == ("segmenters", "caption", "clip", "clipseg")


def test_a_model_that_is_not_there_is_one_line(config, place, tmp_path):
    """A missing model is named with what would help."""
    missing = config.model_copy(update={"clip_model": str(tmp_path / "none")})
    with pytest.raises(ConfigError, match=r"cannot load .* as CLIPModel") as caught:
        LabelEngine(missing, [], place)
    assert "\n" not in str(caught.value)
