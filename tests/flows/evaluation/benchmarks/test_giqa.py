"""GIQA-Bench: grid cells, matching, Tag-Recall, BLEU, accuracies by hand and by sacrebleu."""

import json

import pytest
import sacrebleu
from hypothesis import given
from hypothesis import strategies as st

from flows.evaluation.benchmarks.giqa import GiqaRecord, evaluate, read_entries, same_words
from flows.evaluation.benchmarks.giqa_boxes import (
    Tagged,
    cell,
    iou,
    matched,
    middle,
    recalled,
    similarity,
)
from flows.evaluation.intervals import Settings
from schemas.errors import ConfigError

SHARES = st.floats(0, 1)
LEFT, RIGHT = Tagged("the dogs", (0.0, 0.0, 0.5, 1.0)), Tagged("red car", (0.5, 0.0, 1.0, 1.0))


def entry(key, kind, answer, *boxes):
    """A record."""
    return GiqaRecord(str(key), kind, "Why?", answer, boxes)


def test_cells_by_hand():
    """Rows count twenty cells each; the far edges fall into the last cell."""
    assert [cell(0, 0), cell(0.99, 0), cell(0, 0.05), cell(1, 1)] == [0, 19, 20, 399]
    assert middle(21) == pytest.approx((1.5 / 20, 1.5 / 20))
    with pytest.raises(ValueError, match="cell 400 is not from 0 to 399"):
        middle(400)


@given(SHARES, SHARES)
def test_cells_round_trip(x, y):
    """A corner comes back within half a cell, and its cell comes back exactly."""
    index = cell(x, y)
    back = middle(index)
    assert cell(*back) == index
    assert max(abs(back[0] - x), abs(back[1] - y)) <= 0.5 / 20 + 1e-9


def test_iou_by_hand():
    """Half overlapping unit squares have 1/3; boxes without area agree only with themselves."""
    assert iou((0, 0, 1, 1), (0.5, 0, 1.5, 1)) == pytest.approx(1 / 3)
    assert iou((0, 0, 1, 1), (2, 2, 3, 3)) == 0
    assert iou((1, 1, 1, 1), (1, 1, 1, 1)) == 1
    assert iou((1, 1, 1, 1), (2, 2, 2, 2)) == 0


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("The Dogs", "a dog", 1),
        ("red car", "car", 1 / 2),
        ("cat", "dog", 0),
        ("", "", 1),
        ("gas", "ga", 0),
    ],
)
def test_similarity(first, second, expected):
    """Names are compared by their words, without articles and plural s."""
    assert similarity(first, second) == expected


def test_matching_is_the_best_not_the_greedy_one():
    """Greedy would take the pair of 0.6 first and leave 0; together the others have more."""
    truth = [Tagged("a", (0, 0, 1, 1)), Tagged("b", (0.4, 0, 1.4, 1))]
    said = [Tagged("x", (0.2, 0, 1.2, 1)), Tagged("y", (0.3, 0, 1.3, 1))]
    best = sum(matched(truth, said))
    assert best == pytest.approx(iou(truth[0].box, said[0].box) + iou(truth[1].box, said[1].box))
    assert matched(truth, []) == [0, 0]
    assert matched(truth, said[:1]).count(0) == 1


def test_tag_recall_needs_box_and_name():
    """A pair counts once, and only with an IoU above 0.5 and the same name."""
    assert recalled([LEFT, RIGHT], [RIGHT, LEFT]) == 2
    assert recalled([LEFT, RIGHT], [LEFT._replace(tag="cat"), RIGHT]) == 1
    assert recalled([LEFT, LEFT], [LEFT]) == 1
    assert recalled([LEFT], [LEFT._replace(box=(0, 0, 0.5, 0.5))]) == 0
    assert recalled([LEFT], [LEFT._replace(box=(0, 0, 0.5, 0.51))]) == 1


TRUTH = [
    entry(1, "description", "the dog on the left is quite blurry and dark", LEFT, RIGHT),
    entry(2, "yes_no", "No.", LEFT),
    entry(3, "yes_no", "Yes."),
    entry(4, "yes_no", "No."),
    entry(5, "why", "Because of motion."),
]


def values(said):
    """The metrics of predictions."""
    found = evaluate(TRUTH, {e.key: e for e in said}, Settings(0))["systems"]["predictions"]
    return {name: estimate.value for name, estimate in found.items()}


def test_perfect_predictions():
    """The records themselves have full marks; BLEU's is 100."""
    found = values(TRUTH)
    assert found.pop("bleu4") == pytest.approx(100)
    assert set(found.values()) == {1.0}


def test_measures_by_hand():
    """One of two boxes, two of three yes-no, no open question: each where it belongs."""
    said = [
        entry(1, "", "the dog is blurry and dark", LEFT),
        entry(2, "", "no, it is not"),
        entry(3, "", "Yes"),
        entry(5, "", "because of Motion"),
    ]
    found = values(said)
    texts = [said[0].answer]
    assert found["bleu4"] == sacrebleu.corpus_bleu(texts, [[TRUTH[0].answer]]).score
    assert 0 < found["bleu4"] < 100
    assert found["des_miou"] == found["des_tag_recall"] == 1 / 2
    assert found["vqa_miou"] == 0
    assert found["acc_yes_no"] == pytest.approx(2 / 3)
    assert (found["acc_open"], found["acc_total"]) == (1, 3 / 4)
    assert found["des_score"] == 0


def test_always_no_on_the_bench():
    """With 35 yes and 55 no, as in the bench, the majority baseline has 61.1 %."""
    truth = [entry(i, "yes_no", "Yes" if i < 35 else "No") for i in range(90)]
    found = evaluate(truth, {}, Settings(0))
    assert round(found["systems"]["majority"]["acc_yes_no"].value, 3) == 0.611
    assert found["systems"]["predictions"]["acc_yes_no"].value == 0
    assert found["missing"] == 90


def test_judge_grades_open_questions():
    """A judge's grades replace equal words; what it could not grade is left out of the mean."""

    def grade(truth, said):
        return {e.key: None if e.kind == "description" else 0.25 for e in truth}

    found = evaluate(TRUTH, {}, Settings(0), grade)
    assert found["graded_by"] == "judge"
    assert found["systems"]["predictions"]["acc_open"].value == 0.25
    assert found["systems"]["predictions"]["des_score"].value is None
    assert same_words(TRUTH[4:], {"5": entry(5, "", "because motion of")}) == {"5": 0}


def test_files(tmp_path):
    """Boxes are given as cells or as shares; predictions must belong to records."""
    path = tmp_path / "g.json"
    record = {
        "id": 1,
        "kind": "what",
        "question": "?",
        "answer": "dog",
        "boxes": [{"tag": "dog", "cells": [0, 399]}],
    }
    path.write_text(json.dumps([record]))
    truth = read_entries(path, "--giqa")
    assert truth[0].boxes[0].box == pytest.approx((0.025, 0.025, 0.975, 0.975))
    path.write_text('{"id": 1, "answer": "", "boxes": [{"tag": "x", "box": [0, 0, 1, 1]}]}')
    said = read_entries(path, "--giqa-predictions", truth)
    assert said == [GiqaRecord("1", "", "", "", (Tagged("x", (0, 0, 1, 1)),))]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "which"}, "item 0: kind 'which': allowed: description, yes_no"),
        ({"answer": "..."}, "item 0: an answer without a word"),
        ({"boxes": [{"tag": "x", "cells": [0]}]}, "item 0: not enough values"),
        ({"boxes": [{"cells": [0, 1]}]}, "item 0: lacks 'tag'"),
    ],
)
def test_broken_records(tmp_path, change, message):
    """A broken record is one line that names file and item."""
    record = {"id": 1, "kind": "what", "question": "?", "answer": "dog", **change}
    (tmp_path / "g.json").write_text(json.dumps([record]))
    with pytest.raises(ConfigError, match=message):
        read_entries(tmp_path / "g.json", "--giqa")


def test_unknown_and_double_predictions(tmp_path):
    """A prediction for no record, and two for one, are refused."""
    path = tmp_path / "p.jsonl"
    path.write_text('{"id": 9, "answer": "x"}\n')
    with pytest.raises(ConfigError, match="line 1: id '9' is unknown"):
        read_entries(path, "--giqa-predictions", TRUTH)
    path.write_text('{"id": 1, "answer": "x"}\n' * 2)
    with pytest.raises(ConfigError, match="line 2: id '1' comes twice"):
        read_entries(path, "--giqa-predictions", TRUTH)
