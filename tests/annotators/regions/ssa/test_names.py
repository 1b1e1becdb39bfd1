"""Names out of classes, captions and vocabularies."""

import pytest

from annotators.regions.ssa.names import candidates, chunk, class_name, read_vocabulary
from schemas.errors import ConfigError


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("person, individual, someone", "person"),
        ("person;individual", "person"),
        ("sky-other-merged", "sky"),
        ("wall-brick", "brick wall"),
        ("Traffic_Light", "traffic light"),
    ],
)
def test_classes_as_people_say_them(given, name):
    """Synonyms, suffixes and underscores of data sets are not part of a name."""
    assert class_name(given) == name


@pytest.mark.parametrize(
    ("caption", "phrases"),
    [
        ("a cat sitting on a wooden table", ["cat", "wooden table"]),
        ("there is a man riding a red bike, and a dog", ["man", "red bike", "dog"]),
        ("a close up of a photo", []),
        ("the top of a group", []),
        ("", []),
    ],
)
def test_captions_fall_into_noun_phrases(caption, phrases):
    """Phrases end at prepositions, verbs of captions and punctuation; pictures are no things."""
    assert chunk(caption) == phrases


def test_vocabulary_is_one_name_a_line():
    """Comments and repeats are dropped; a file without a name is the user's mistake."""
    assert read_vocabulary("# mine\nCat\n\nred bike\ncat\n", "v.txt") == ["cat", "red bike"]
    with pytest.raises(ConfigError, match=r"v\.txt: no name"):
        read_vocabulary("# nothing\n", "v.txt")


def test_candidates_keep_the_order_of_first_mention():
    """A name that two sources propose stands where the first put it."""
    assert candidates(["sky", "tree"], ["bird", "sky"], []) == ["sky", "tree", "bird"]
