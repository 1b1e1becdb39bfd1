"""What words attached to regions mean: families, unknown words, severities, names, scopes."""

import xml.etree.ElementTree as ET

import pytest

from annotators.human.label_studio_interface import labelstudio_config
from annotators.human.marked import Remark
from annotators.human.meaning import meaning
from annotators.human.vocabulary import (
    TWELVE,
    builtin_vocabulary,
    families_toml,
    normal,
    parse_vocabulary,
)
from distortions.families import BUILT_IN
from distortions.registry import FAMILIES
from schemas.errors import ConfigError


def said(*pairs):
    return [Remark(key, word) for key, word in pairs]


def read(*pairs, unknown="reject"):
    return meaning(said(*pairs), builtin_vocabulary(unknown))


@pytest.mark.parametrize(
    ("word", "family"),
    [
        ("Blurry", "blur"),
        ("low_light", "low_light"),
        ("  JPEG-artifacts ", "compression"),
        ("Edge ringing effect", "ringing"),
        ("Meaningless solid color", "solid_color"),
        ("OVEREXPOSURE", "brighten"),
        ("colors", "colour"),
    ],
)
def test_words_of_other_data_sets_are_known(word, family):
    """Case, blanks, ``_`` and ``-`` do not matter; nothing is counted as missed."""
    vocabulary = builtin_vocabulary()
    assert (vocabulary.knows(word), vocabulary.family(word)) == (True, family)
    assert not vocabulary.missed


def test_every_word_leads_to_a_family_there_is():
    """The table that ships names only built-in families and its own, each word normalised."""
    vocabulary = builtin_vocabulary()
    assert set(vocabulary.words.values()) <= set(FAMILIES) | set(vocabulary.families)
    assert not set(FAMILIES) & set(vocabulary.families)
    assert all(word == normal(word) for word in vocabulary.words)


@pytest.mark.parametrize(
    ("word", "now", "twelve"),
    [
        ("haze", "haze", "contrast_weaken"),
        ("fog", "haze", "contrast_weaken"),
        ("aliasing", "aliasing", "pixelate"),
        ("banding", "banding", "quantization"),
        ("low light", "low_light", "darken"),
    ],
)
def test_words_that_moved_have_their_old_family_in_the_old_map(word, now, twelve):
    """What has a family of its own now is one of the twelve in the table of that name."""
    assert builtin_vocabulary().family(word) == now
    assert builtin_vocabulary(profile=TWELVE).family(word) == twelve


def test_the_old_map_makes_no_family_that_is_not_published():
    """Its first table names the twelve alone."""
    old = builtin_vocabulary(profile=TWELVE)
    assert set(old.words.values()) - set(old.families) <= {family.name for family in BUILT_IN}
    assert set(old.words) <= set(builtin_vocabulary().words)


def test_unknown_words_are_counted_with_what_is_written_alike():
    """Spellings of one word are one entry; the nearest known words come first."""
    vocabulary = builtin_vocabulary()
    assert [vocabulary.family(word) for word in ("blury", "Blury", "wobble")] == [None] * 3
    assert vocabulary.missed == {"blury": 2, "wobble": 1}
    assert vocabulary.nearest("Blury")[0] == "blurry"
    assert vocabulary.nearest("xyzzyq") == []


def test_unknown_words_may_become_families():
    """Kept as ``other``, a word is a family with itself as noun, and is still counted."""
    vocabulary = builtin_vocabulary("other")
    assert vocabulary.family("Lens dust") == vocabulary.family("lens-dust") == "other_lens_dust"
    assert vocabulary.families["other_lens_dust"].noun == "lens dust"
    assert vocabulary.missed == {"lens dust": 2}
    assert vocabulary.family(" - ") is None


def test_words_in_other_scripts_stay_apart():
    """Two words without a Latin letter are two families."""
    vocabulary = builtin_vocabulary("other")
    first, second = vocabulary.family("размытие"), vocabulary.family("模糊")
    assert first != second
    assert {vocabulary.families[name].noun for name in (first, second)} == {"размытие", "模糊"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[words", "not valid TOML"),
        ("flaw = 1", "needs a noun"),
        ("[flaw]", "needs a noun"),
        ('[words]\nblur = "soft"', "must be a list"),
        ('[words]\nblur = ["soft"]\nnoise = ["Soft"]', "belongs to blur and to noise"),
    ],
)
def test_broken_tables_are_named(text, words):
    """What is wrong with a table is said with the name of its file."""
    with pytest.raises(ConfigError, match=rf"mine\.toml.*{words}"):
        parse_vocabulary(text, "mine.toml")


def test_a_known_word_is_a_flaw_wherever_it_stands():
    """As label, as choice of any name, several in one field; the same family once."""
    assert [f.family for f in read(("", "blur"), ("tags", "noisy")).flaws] == ["blur", "noise"]
    found = read(("distortion", "blur; noise, blurry"))
    assert [(f.family, f.said) for f in found.flaws] == [("blur", "blur"), ("noise", "noise")]
    assert found.label == ""


def test_a_label_that_is_no_flaw_is_a_name():
    """What was typed goes before the kind of a drawn shape, and a shape's kind is no name."""
    assert read(("", "Cup")).label == "cup"
    assert read(("", "region"), ("label", "tea cup")).label == "tea cup"
    assert read(("", "region")).label == ""
    named = read(("object", "noise"))
    assert (named.label, named.flaws) == ("noise", [])


@pytest.mark.parametrize(
    ("key", "word", "severity"),
    [
        ("severity", "severe", 5),
        ("severity", "2", 2),
        ("strength", "3.4", 3),
        ("", "Minor", 2),
        ("severity", "9", 0),
        ("severity", "very", 0),
        ("other", "4", 0),
    ],
)
def test_severities(key, word, severity):
    """Words anywhere, numbers from 0 to 5 under their key; all flaws of the region get it."""
    found = read(("distortion", "blur"), (key, word), ("distortion", "noise"))
    assert [flaw.severity for flaw in found.flaws] == [severity] * 2
    assert found.unknown == []


def test_unknown_flaws_scopes_and_texts():
    """An unknown word in a field of flaws is reported; scopes and free texts are kept apart."""
    found = read(("distortion", "wobble"), ("scope", "Whole picture"), ("comment", "a  b\nc"))
    assert (found.unknown, found.scope, found.text) == (["wobble"], "uniform", "a b c")
    kept = read(("distortion", "wobble"), unknown="other")
    assert ([f.family for f in kept.flaws], kept.unknown) == (["other_wobble"], [])
    assert [read(("scope", word)).scope for word in ("clean", "regional")] == ["clean", "regional"]
    assert read(("distortion", "none"), ("occluded", "no")) == ("", [], None, "", [])


def test_families_survive_being_written():
    """What ``import`` writes of families is TOML that ``build`` reads to the same families."""
    vocabulary = builtin_vocabulary("other")
    for word in ("размытие", 'a "quoted" word', "dust 🙂"):
        vocabulary.family(word)
    text = families_toml(vocabulary.families)
    assert parse_vocabulary(text, "families.toml").families == vocabulary.families


def test_every_flaw_of_our_projects_can_have_a_severity_of_its_own():
    """What the interface asks about one flaw is of that flaw and of no other, whatever its name."""
    vocabulary = builtin_vocabulary()
    families = {**FAMILIES, **vocabulary.families}
    interface = ET.fromstring(labelstudio_config(families))
    controls = {control.get("name"): control for control in interface.iter("Choices")}
    offered = [
        (key, choice.get("value"))
        for key, control in controls.items()
        if key.endswith(" distortion")
        for choice in control.iter("Choice")
    ]
    assert sorted(noun for _, noun in offered) == sorted(f.noun for f in families.values())
    for key, noun in offered:
        other = next(pair for pair in offered if pair[1] != noun)
        assert f"{noun} severity" in controls
        found = read((key, noun), other, (f"{noun} severity", "severe")).flaws
        strengths = {flaw.said: flaw.severity for flaw in found}
        assert strengths == {noun: 5, other[1]: 0}


def test_keys_of_the_interface_are_given_once():
    """No two choices have the same key, and no letter is left without one."""
    interface = ET.fromstring(labelstudio_config(FAMILIES))
    keys = [choice.get("hotkey") for choice in interface.iter("Choice") if choice.get("hotkey")]
    assert len(keys) == len(set(keys)) == 1 + min(26, len(FAMILIES))


def test_each_flaw_has_the_severity_named_after_its_control():
    """CVAT's second severity is of its second distortion; one severity alone is of all flaws."""
    pairs = [
        ("distortion", "blur"),
        ("second distortion", "noise"),
        ("severity", "mild"),
        ("second severity", "severe"),
    ]
    assert [(f.family, f.severity) for f in read(*pairs).flaws] == [("blur", 2), ("noise", 5)]
    assert [(f.family, f.severity) for f in read(*pairs[:3]).flaws] == [("blur", 2), ("noise", 2)]
    unsaid = ("second distortion", "not judged")
    assert [(f.family, f.severity) for f in read(pairs[0], unsaid, pairs[2]).flaws] == [("blur", 2)]
    assert read(("severity", "inf"), ("severity", "nan"), pairs[0]).flaws[0].severity == 0


def test_numbered_regions_have_no_name():
    """What our projects call a proposal names nothing; what was typed beside it does."""
    assert read(("", "region 7")).label == ""
    assert read(("", "region 7"), ("label", "Red cup")).label == "red cup"
    assert read(("", "no flaw")).scope == "clean"
