"""GIQA-Bench: grid cells, matching, Tag-Recall, BLEU, accuracies by hand and by sacrebleu."""

import json

import pytest
import sacrebleu

from annotators.language.notation import NOTATIONS, Cited, write
from flows.evaluation.benchmarks.giqa import evaluate, same_words
from flows.evaluation.benchmarks.giqa_boxes import (
    Tagged,
    iou,
    matched,
    recalled,
    similarity,
)
from flows.evaluation.benchmarks.giqa_records import GiqaRecord, read_entries
from flows.evaluation.intervals import Settings
from schemas.errors import ConfigError

LEFT, RIGHT = Tagged("the dogs", (0.0, 0.0, 0.5, 1.0)), Tagged("red car", (0.5, 0.0, 1.0, 1.0))


def entry(key, kind, answer, *boxes):
    """A record."""
    return GiqaRecord(str(key), kind, "Why?", answer, boxes)


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
    assert found.pop("malformed") == 0
    assert set(found.values()) == {1.0}


EXACT = [
    Tagged("tower", (0.76, 0.06, 0.97, 0.78)),
    Tagged("left cups", (0.06, 0.01, 0.34, 0.33)),
    Tagged("left cups", (0.4, 0.02, 0.69, 0.34)),
]


def bench(tmp_path, boxed=True):
    """Records with exact boxes and texts in the method's own notation."""
    tower, cups = (
        Cited("tower", (EXACT[0].box,)),
        Cited("left cups", tuple(b.box for b in EXACT[1:])),
    )
    exact = [{"tag": b.tag, "box": b.box} for b in EXACT]
    whole = f"The {write(tower)} is sharp and clear, but the {write(cups)} look rather dark."
    rows = [
        (1, "description", "Describe it.", whole, exact),
        (2, "yes_no", f"Is the {write(tower)} clear?", "Yes.", []),
        (3, "what", "What is dark?", f"The {write(cups)}.", exact[1:]),
        (4, "how", f"How clear is the {write(tower)}?", "Very clear.", []),
    ]
    keys = ("id", "kind", "question", "answer", "boxes")
    records = [dict(zip(keys, row, strict=True)) | {"width": 640, "height": 427} for row in rows]
    if not boxed:
        records = [{k: v for k, v in record.items() if k != "boxes"} for record in records]
    path = tmp_path / "bench.json"
    path.write_text(json.dumps(records))
    return path, records, {"tower": tower, "left cups": cups}


def scored(path, predictions, tmp_path, notation=""):
    """Values by system, of predictions that hold nothing but id and answer."""
    file = tmp_path / "predictions.jsonl"
    file.write_text("".join(json.dumps(one) + "\n" for one in predictions))
    truth = read_entries(path, "--giqa")
    said = read_entries(file, "--giqa-predictions", truth, notation)
    found = evaluate(truth, {e.key: e for e in said}, Settings(0))["systems"]
    return {name: {k: e.value for k, e in one.items()} for name, one in found.items()}


def plain(records):
    """Predictions that say what the records say."""
    return [{"id": record["id"], "answer": record["answer"]} for record in records]


def test_native_notation_without_a_field_of_boxes(tmp_path):
    """Perfect predictions in cells, boxes in the text alone, reach the grid's ceiling."""
    path, records, _ = bench(tmp_path)
    found = scored(path, plain(records), tmp_path)
    mine, ceiling = found["predictions"], found["grid_ceiling"]
    assert mine == ceiling
    assert mine["bleu4"] == pytest.approx(100)
    assert mine["des_miou"] == pytest.approx(0.8425, abs=0.001)
    assert {mine[k] for k in mine if k.startswith(("acc", "des_score"))} == {1.0}
    assert mine["des_tag_recall"] == mine["vqa_tag_recall"] == mine["des_precision"] == 1


def test_truth_in_cells_is_matched_exactly(tmp_path):
    """Where the records have no exact boxes the truth as prediction has 1 everywhere."""
    path, records, _ = bench(tmp_path, boxed=False)
    mine = scored(path, plain(records), tmp_path)["predictions"]
    assert (mine.pop("bleu4"), mine.pop("malformed")) == (pytest.approx(100), 0)
    assert set(mine.values()) == {1.0}


@pytest.mark.parametrize("notation", [name for name in NOTATIONS if not name.startswith("grid")])
def test_any_notation_gives_the_same_texts_and_nearly_exact_boxes(tmp_path, notation):
    """The same predictions in another model's notation differ only by what its numbers can say."""
    path, records, cited = bench(tmp_path)

    def put(record):
        text = record["answer"]
        for one in cited.values():
            text = text.replace(write(one), write(one, notation, (640, 427)))
        return {"id": record["id"], "answer": text}

    found = scored(path, [put(record) for record in records], tmp_path)["predictions"]
    assert found["des_miou"] > 0.97
    assert found["bleu4"] == pytest.approx(100)
    assert found["des_tag_recall"] == found["acc_total"] == 1


def test_a_forced_notation(tmp_path):
    """Cells of a finer grid are read as such when somebody says so."""
    path, records, cited = bench(tmp_path)
    fine = [
        {
            "id": r["id"],
            "answer": r["answer"].replace(write(cited["tower"]), write(cited["tower"], "grid40")),
        }
        for r in records[:1]
    ]
    assert scored(path, fine, tmp_path)["predictions"]["malformed"] == 1
    assert scored(path, fine, tmp_path, "grid40")["predictions"]["malformed"] == 0


def test_baselines(tmp_path):
    """Words without boxes find none, the whole picture overlaps little, always-no misses yes."""
    path, records, _ = bench(tmp_path)
    found = scored(path, plain(records), tmp_path)
    names, whole, no = (found[k] for k in ("names_without_boxes", "whole_picture", "always_no"))
    assert names["bleu4"] == pytest.approx(100)
    assert (names["des_miou"], names["des_tag_recall"], names["des_precision"]) == (0, 0, None)
    area = sum((b.box[2] - b.box[0]) * (b.box[3] - b.box[1]) for b in EXACT)
    assert whole["des_miou"] == pytest.approx(area / 3)
    assert whole["des_tag_recall"] == 0
    assert (no["acc_yes_no"], no["des_score"], no["bleu4"]) == (0, 0, 0)


def test_rows_of_a_picture_are_drawn_together(tmp_path):
    """Intervals are over pictures: rows of a single one have none."""
    truth = [entry(i, "yes_no", "Yes.")._replace(picture="p") for i in range(9)]
    found = evaluate(truth, {e.key: e for e in truth[:4]}, Settings(50))["systems"]["predictions"]
    assert (found["acc_yes_no"].value, found["acc_yes_no"].low) == (pytest.approx(4 / 9), None)


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
    assert said == [GiqaRecord("1", "", "", "", (Tagged("x", (0, 0, 1, 1)),), "1")]


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
