"""Augmentation while training: whatever is drawn, the answer is the one the record gives anew."""

from collections import Counter

import pytest

from annotators.questions.vida.check import Row, violations
from annotators.questions.vida.scene import scene
from annotators.questions.vida.vocabulary import read_vocabulary
from flows.training.data.augment import (
    ALLOWED,
    OPERATIONS,
    allowed,
    augment,
    check_rules,
    reordered,
    rule_for,
)
from flows.training.data.example import Example
from flows.training.data.flip import can_flip, flip_text
from flows.training.data.mixture import open_source
from schemas.errors import ConfigError
from schemas.settings.training import AugmentConfig, SourceConfig
from schemas.streams import Stream
from tests.annotators.questions.test_vida import items_of
from tests.annotators.questions.vida_scenes import drawn_facts, mirrored_facts, swapped

EVERYTHING = AugmentConfig(
    mirror=0.6, wording=True, options=True, classes="redrawn", jitter=0.7, turns=3
)


class MadeSource:
    """Rows of drawn pictures, as a dataset would give them."""

    name = "made"

    def __init__(self, pictures):
        self.rows = []
        self.facts = []
        for seed in range(pictures):
            facts = drawn_facts(Stream("augment", seed))
            known = scene(facts, read_vocabulary())
            self.facts.append((known, scene(mirrored_facts(facts), read_vocabulary())))
            self.rows += [(seed, item) for item in items_of(known, seed)]

    def example(self, row):
        """A row."""
        picture, item = self.rows[row]
        turn = (item.question, item.answer)
        return Example(f"{picture}/{row}", f"{item.task}.{item.sub_task}", (turn,), item.pool)

    def scene(self, row):
        """What is recorded of its picture."""
        return self.facts[self.rows[row][0]][0]

    def companions(self, row):
        """Rows about the same picture."""
        own = self.rows[row][0]
        return [n for n, (picture, _) in enumerate(self.rows) if picture == own and n != row]

    def broken(self, row, turn, mirrored):
        """What is false of a row's turn under the record of the picture, mirrored or not."""
        picture, item = self.rows[row]
        region_id = item.target.region_id if item.target else ""
        pool = item.pool
        for index in range(4):  # the wording may have been drawn anew
            pool = f"{item.pool.rpartition(':')[0]}:{index}"
            said = Row(item.sub_task, item.form, *turn[:1], pool, turn[1], region_id)
            found = violations(said, self.facts[picture][mirrored])
            if not found:
                return []
        return found


@pytest.fixture(scope="module")
def made():
    """Some 2,000 rows."""
    source = MadeSource(140)
    assert len(source.rows) > 1000
    return source


def streams(row, time=0):
    """Keyed streams of a row."""
    return lambda purpose: Stream(purpose, row, time)


def test_answers_worked_out_anew_are_those_trained_on(made):
    """Of more than 1,000 drawn augmentations none makes a row false, and every operation occurs."""
    done, mirrored = Counter(), 0
    for row in range(len(made.rows)):
        found = augment(made, row, [EVERYTHING], streams(row))
        done.update(found.done)
        mirrored += found.mirrored
        assert not made.broken(row, found.turns[-1], found.mirrored), found
    assert set(done) == set(OPERATIONS), done
    assert mirrored > 300
    assert sum(done.values()) > 1000


def test_earlier_turns_are_true_too(made):
    """Turns that come before are rows of the same picture, true in its geometry."""
    seen = 0
    for row in range(0, len(made.rows), 5):
        found = augment(made, row, [EVERYTHING], streams(row))
        before = {made.example(other).turns[0]: other for other in made.companions(row)}
        for turn in found.turns[:-1]:
            origin = tuple(flip_text(t) for t in turn) if found.mirrored else turn
            assert not made.broken(before[origin], turn, found.mirrored)
            seen += 1
    assert seen > 50


def only_boxes(text):
    """A wrong mirror: boxes move, words stay."""
    kept = text.replace("left", "l\u00e9ft").replace("right", "r\u00efght")
    return flip_text(kept).replace("l\u00e9ft", "left").replace("r\u00efght", "right")


def only_words(text):
    """A wrong mirror: words move, boxes stay."""
    return flip_text(text.replace("<|box_start|>", "<box>")).replace("<box>", "<|box_start|>")


def sided(item, known):
    """Whether a question names the region it is about by its side."""
    phrase = known.facts.references.get(item.target.region_id, "") if item.target else ""
    return item.sub_task == "refer" and phrase != swapped(phrase)


@pytest.mark.parametrize("wrong", [only_boxes, only_words])
def test_a_wrong_mirror_is_caught(made, wrong):
    """A mirror that forgets words or boxes makes nearly all rows false, and the check sees it.

    A wrong row may be true by chance: what stands in the middle stays there.
    """
    tried = caught = 0
    for row, (picture, item) in enumerate(made.rows):
        turn = made.example(row).turns[0]
        shows = item.found if wrong is only_words else sided(item, made.facts[picture][0])
        right, said = tuple(map(flip_text, turn)), tuple(map(wrong, turn))
        if shows and all(map(can_flip, turn)) and right != said:
            tried += 1
            caught += bool(made.broken(row, said, True))
    assert tried > 20
    assert caught > 0.9 * tried, (caught, tried)


def test_a_resized_picture_is_caught(made):
    """Cutting the right half away without new boxes leaves answers that the record contradicts."""
    caught = 0
    for row, (picture, item) in enumerate(made.rows):
        if item.sub_task == "detect" and item.found:
            narrow = item.answer.replace(f"({item.found[0].box[0]},", "(7,", 1)
            caught += bool(made.broken(row, (item.question, narrow), False))
            assert made.facts[picture][0].flaws
    assert caught > 20


def test_the_same_stream_gives_the_same_row(made):
    """A run that goes on sees what it would have seen; another repetition sees something else."""
    rows = range(0, 200)
    first = [augment(made, row, [EVERYTHING], streams(row)) for row in rows]
    assert first == [augment(made, row, [EVERYTHING], streams(row)) for row in rows]
    assert first != [augment(made, row, [EVERYTHING], streams(row, 1)) for row in rows]


def test_nothing_asked_for_changes_nothing(made):
    """Without a rule, and with an empty one, a row is as it was."""
    for rules in ([], [AugmentConfig()], [AugmentConfig(tasks=("referring",), mirror=1.0)]):
        for row in range(50):
            found = augment(made, row, rules, streams(row))
            assert (tuple(found.turns), found.mirrored) == (made.example(row).turns, False)


def test_what_a_task_may_not_have_is_refused_by_name():
    """The message names operation, task and what is allowed."""
    rule = AugmentConfig(tasks=("vida_description",), jitter=0.5)
    with pytest.raises(ConfigError, match="jitter is not for vida_description; allowed: mirror, w"):
        check_rules([rule], "made")
    with pytest.raises(ConfigError, match="nowhere: augment: options is not for referring"):
        open_source(
            SourceConfig(
                path="x",
                name="nowhere",
                augment=(AugmentConfig(tasks=("referring",), options=True),),
            )
        )
    check_rules([AugmentConfig(tasks=("vida_grounding",), jitter=0.5, classes="redrawn")], "made")
    assert allowed("vida_description.assess") == ALLOWED["vida_description"]
    assert allowed("how") == ("mirror", "options")


def test_the_first_rule_that_speaks_of_a_task_is_its_rule():
    """Sub-tasks are named before tasks, tasks before all."""
    one, two, rest = (
        AugmentConfig(tasks=("vida_grounding.region",), jitter=1.0),
        AugmentConfig(tasks=("vida_grounding",), wording=True),
        AugmentConfig(),
    )
    assert rule_for([one, two, rest], "vida_grounding.region") is one
    assert rule_for([one, two, rest], "vida_grounding.refer") is two
    assert rule_for([one, two, rest], "conversation") is rest
    assert rule_for([one], "conversation") is None


def test_classes_change_places_and_nothing_is_lost():
    """Blocks of classes move as wholes; an answer of one class stays."""
    answer = "Noise:\n<|object_ref_start|>Minor noise<|object_ref_end|>\nLow clarity:\nx."
    seen = {reordered(answer, Stream(n)) for n in range(20)}
    assert seen == {
        answer,
        "Low clarity:\nx\nNoise:\n<|object_ref_start|>Minor noise<|object_ref_end|>.",
    }
    assert reordered("Noise:\nx.", Stream(1)) == "Noise:\nx."


def test_two_ways_to_mirror_are_one_too_many():
    """A source says once that it is mirrored."""
    with pytest.raises(ConfigError, match="give one of them"):
        SourceConfig.load(None, {"path": "x", "flip": 0.5, "augment": [{"mirror": 0.5}]})
