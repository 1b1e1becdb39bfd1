"""The ViDA-shaped questions: true of the record, balanced, and refused where the record is not."""

import re
from collections import Counter

import pytest

from annotators.questions.vida import description, grounding, perception
from annotators.questions.vida.check import Row, violations
from annotators.questions.vida.scene import scene
from annotators.questions.vida.syntax import (
    Found,
    detection_text,
    read_boxes,
    read_groups,
    read_level,
    thousandths,
)
from annotators.questions.vida.vocabulary import read_vocabulary
from annotators.questions.vida.wordings import filled, reworded, wordings
from schemas.errors import ConfigError
from schemas.streams import Stream
from tests.annotators.builders import facts, region
from tests.annotators.builders import step as made_step
from tests.annotators.questions.vida_scenes import drawn_facts, step

VOCABULARY = read_vocabulary()
MAKERS = (
    grounding.grounding_items,
    perception.perception_items,
    description.description_items,
)


def row_of(item):
    """An item as a row says it."""
    region_id = item.target.region_id if item.target else ""
    return Row(item.sub_task, item.form, item.question, item.pool, item.answer, region_id)


def items_of(known, seed):
    """All questions of a picture."""
    return [
        item for make in MAKERS for item in make(known, lambda purpose: Stream(seed, purpose))[0]
    ]


@pytest.fixture(scope="module")
def made():
    """300 drawn pictures with their questions."""
    found = []
    for seed in range(300):
        known = scene(drawn_facts(Stream("picture", seed)), VOCABULARY)
        found.append((known, items_of(known, seed)))
    return found


def test_every_row_is_true_of_its_record(made):
    """Some thousands of rows of all sub-tasks are held against the record, and none is false."""
    rows = [(row_of(item), known) for known, items in made for item in items]
    assert len(rows) > 2000
    assert {row.sub_task for row, _ in rows} == {
        *("detect", "detect_one", "refer", "region", "choice", "open"),
        *("assess", "brief", "single"),
    }
    assert not [(row, found) for row, known in rows if (found := violations(row, known))]


def test_every_concern_is_asked_for(made):
    """Choices cover type, position, severity, significance and order, with up to four options."""
    choices = [i for _, items in made for i in items if i.sub_task == "choice"]
    assert {item.form for item in choices} == {
        *("type_present", "type_absent", "position_where", "position_what", "position_free"),
        *("severity", "significance", "order"),
    }
    assert {len(item.options) for item in choices} <= {3, 4}
    longest = [all(len(o) < len(i.right) for o in i.options if o != i.right) for i in choices]
    letters = Counter(item.answer for item in choices if len(item.options) == 4)
    shares = [letters[f"{letter}."] / letters.total() for letter in "ABCD"]
    assert max(shares) - min(shares) < 0.04, letters
    assert sum(longest) / len(longest) < 0.3


@pytest.mark.parametrize("change", ["class", "box", "severity", "level", "letter", "dropped"])
def test_a_false_row_is_found(made, change):
    """A row that was changed in one respect is refused wherever the change makes it false."""
    tried = 0
    for known, items in made[:60]:
        for item in items:
            text = falsified(item, change)
            if text is not None and text != item.answer:
                tried += 1
                broken = violations(row_of(item)._replace(answer=text), known)
                assert broken, (change, item.answer, text)
    assert tried > 20


def falsified(item, change):
    """The answer with one thing wrong; ``None`` where it cannot be."""
    text = item.answer
    groups = item.sub_task not in ("choice", "open", "refer") and "<|object_ref_start|>" in text
    if change == "letter" and item.sub_task == "choice":
        return "A." if text != "A." else "B."
    if change == "level" and item.sub_task in ("assess", "brief"):
        level = read_level(text, VOCABULARY)
        return text.replace(f"is {level}.", "is fair." if level != "fair" else "is bad.")
    if change == "box" and read_boxes(text):
        x0 = read_boxes(text)[0][0]
        return text.replace(f"<|box_start|>({x0},", f"<|box_start|>({x0 + 1},")
    if not groups:
        return None
    if change == "class":
        return re.sub(r"(?i)noise(?=<\|object)", "overexposure", text)
    if change == "severity":
        return re.sub(r"(?i)minor (?=[\w ]*<\|object)", "Severe ", text)
    if change == "dropped" and item.sub_task in ("detect", "region"):
        return re.sub(r"<\|box_start\|>[^<]*<\|box_end\|>\.$", ".", text, count=1)
    return None


def test_boxes_round_so_that_a_mirror_changes_nothing():
    """Rounding a mirrored box equals mirroring the rounded one, ties included."""
    for width in (16, 333, 512, 640):
        for x0 in range(0, width, 7):
            for x1 in range(x0 + 1, width + 1, 11):
                left, _, right, _ = thousandths((x0, 0, x1, 1), width, 1)
                back = thousandths((width - x1, 0, width - x0, 1), width, 1)
                assert (back[0], back[2]) == (1000 - right, 1000 - left)


def test_texts_are_read_back_as_they_were_written():
    """Groups of several boxes and severities come back whole; nothing is said to be nothing."""
    found = [
        Found("Noise", "Severe", (0, 0, 10, 10)),
        Found("Noise", "Severe", (20, 0, 30, 10)),
        Found("Noise", "Minor", (40, 0, 50, 10)),
        Found("Low clarity", "", (0, 0, 1000, 1000)),
    ]
    text = detection_text(found, VOCABULARY.names)
    assert text.startswith("Low clarity:\n<|object_ref_start|>low clarity<|object_ref_end|>")
    assert text.endswith(".")
    assert sorted(read_groups(text, VOCABULARY)) == sorted(found)
    assert detection_text([], VOCABULARY.names) == "No distortion affects this region."


@pytest.mark.parametrize(
    ("family", "kind", "name"),
    [
        ("blur", "lens_blur", "Out of focus blur"),
        ("blur", "gaussian_blur", "Out of focus blur"),
        ("blur", "motion_blur", "Motion blur"),
        ("blur", "zoom_blur", "Low clarity"),
        ("compression", "jpeg_compression", "Blocking artifacts"),
        ("compression", "jpeg2000_compression", "Edge ringing effect"),
        ("pixelate", "pixelate", "Edge aliasing effect"),
        ("saturate_weaken", "saturate_weaken_hsv", None),
    ],
)
def test_the_vocabulary_is_a_map(family, kind, name):
    """Types and families have the classes of the profile, or none."""
    assert VOCABULARY.class_of(step(family, kind, "mild", 1)) == name


def test_spellings_and_words_of_theirs():
    """Case, number and other spellings name the same class; levels follow the summed harm."""
    assert VOCABULARY.known("blocking artifact") == "Blocking artifacts"
    assert VOCABULARY.known("edge ringing Effect") == "Edge ringing effect"
    assert VOCABULARY.known("rain") is None
    assert [VOCABULARY.level(h).name for h in (0, 0.01, 0.05, 0.2, 0.7)] == [
        *("excellent", "good", "fair", "poor", "bad")
    ]
    assert [VOCABULARY.importance(share) for share in (1, 0.5, 0)] == [
        *("essential", "important", "minor")
    ]


def test_a_picture_with_a_flaw_they_have_no_word_for_is_left_out():
    """Contrast has no class, so the picture gives no row rather than a false one."""
    chain = [made_step("contrast_weaken", kind="contrast_weaken_scale")]
    assert scene(facts(region("a", chain)), VOCABULARY) is None


def test_nothing_is_praised_that_nobody_vouches_for():
    """Of a source near the limits no place is called clean and no picture flawless."""
    asked = 0
    for seed in range(40):
        known = scene(drawn_facts(Stream("doubt", seed), clear=False), VOCABULARY)
        items = items_of(known, seed)
        asked += len(items)
        assert not [i for i in items if "No distortion" in i.answer or "has no" in i.answer]
        assert not [i for i in items if i.form in ("position_free", "type_absent")]
    assert asked > 200


def test_another_wording_asks_the_same():
    """A redrawn wording keeps what fills it and says where it stands."""
    question = "Locate every occurrence of noise with its bounding boxes."
    seen = {reworded(question, "vida.detect_one:1", Stream(seed)) for seed in range(40)}
    assert len(seen) == len(wordings()["detect_one"])
    for text, place in seen:
        assert filled(text, place) == (text, {"distortion": "noise"})
    assert reworded("Something else", "vida.detect_one:1", Stream(1))[0] == "Something else"


def test_a_profile_that_is_wrong_is_one_clear_line(tmp_path):
    """File and key are named."""
    path = tmp_path / "mine.toml"
    path.write_text('[[class]]\nname = "Noise"\n')
    with pytest.raises(ConfigError, match=r"mine\.toml: class\.0\.families: Field required"):
        read_vocabulary(path)
