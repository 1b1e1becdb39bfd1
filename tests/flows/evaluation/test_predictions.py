"""Predictions files: what is read, and the one line for what is not."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flows.evaluation.predictions import Prediction, read_predictions
from schemas.errors import ConfigError
from tests.flows.evaluation.made import FIND, HEIGHT, ROWS, SHORT, WIDTH, bench, box_mask

MASK = {"size": [HEIGHT, WIDTH], "counts": box_mask(1, 2, 5, 9)}
SIDES = {"left": 0.25, "right": 0.75, "top": 0.5, "bottom": 0.5}
FULL = {
    "row_id": FIND.row_id,
    "answer": "Top left.",
    "point": [3, 4.5],
    "probabilities": SIDES,
    "mask": MASK,
    "status": "point",
}


def write(path, *records):
    """JSON lines."""
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in records))
    return path


def test_all_fields(tmp_path):
    """Every field of a line arrives; fields that are absent are None."""
    path = write(tmp_path / "p.jsonl", FULL, {"row_id": SHORT.row_id, "answer": ""})
    found = read_predictions(path, bench())
    expected = Prediction("Top left.", (3.0, 4.5), SIDES, MASK["counts"], "point")
    assert found == {FIND.row_id: expected, SHORT.row_id: Prediction("")}


def test_parquet_is_the_same(tmp_path):
    """Parquet with the same columns is read as the JSON lines are."""
    records = [FULL, {**dict.fromkeys(FULL), "row_id": SHORT.row_id, "answer": "x"}]
    pq.write_table(pa.Table.from_pylist(records), tmp_path / "p.parquet")
    lines = read_predictions(write(tmp_path / "p.jsonl", *records), bench())
    assert read_predictions(tmp_path / "p.parquet", bench()) == lines


def test_other_line_separators_stay_in_the_text(tmp_path):
    """A text may hold the Unicode line separator without ending its line."""
    path = write(tmp_path / "p.jsonl", {"row_id": SHORT.row_id, "answer": "a\u2028b"})
    assert read_predictions(path, bench())[SHORT.row_id].answer == "a\u2028b"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"row_id": 7}, "line 1: no row_id, expected a string"),
        ({"row_id": "x"}, "line 1: row_id 'x' is unknown; see --split"),
        ({"answer": None}, "line 1: answer: expected a string, got None"),
        ({"point": [1]}, "line 1: point: expected two finite numbers or null, got [1]"),
        ({"point": [1, True]}, "line 1: point: expected two finite numbers or null"),
        ({"point": [1, float("nan")]}, "line 1: point: expected two finite numbers or null"),
        ({"probabilities": {"left": 1}}, "probabilities: expected left, right, top, bottom, got"),
        ({"probabilities": {**SIDES, "top": 2}}, "probabilities: expected numbers from 0 to 1"),
        ({"mask": 7}, "line 1: mask: expected size and counts, a PNG's name or null, got 7"),
        ({"mask": "abc"}, "line 1: mask abc: not a readable PNG: No such file"),
        ({"mask": {**MASK, "size": [40, 30]}}, "mask: size [40, 30], the picture has [30, 40]"),
        ({"mask": {**MASK, "counts": "11"}}, "mask: mask runs cover 2 pixels, not 40x30"),
        ({"mask": {**MASK, "counts": "\u00e9"}}, "line 1: mask: "),
        ({"status": "maybe"}, "line 1: status 'maybe': allowed: point, whole, none"),
    ],
)
def test_broken_fields(tmp_path, change, message):
    """A broken field is one line that names file, line, field and value."""
    path = write(tmp_path / "p.jsonl", {**FULL, **change})
    with pytest.raises(ConfigError) as caught:
        read_predictions(path, bench())
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no predictions"),
        ("\n\n", "holds no predictions"),
        ("{", "line 1: not JSON"),
        ("[1]", "item 0: expected an object, got 1"),
        ("7\n", "line 1: expected an object, got 7"),
    ],
)
def test_broken_files(tmp_path, text, message):
    """A file without predictions, or with lines that are none, is refused."""
    (tmp_path / "p.jsonl").write_text(text)
    with pytest.raises(ConfigError, match=message):
        read_predictions(tmp_path / "p.jsonl", bench())


def test_duplicates_and_other_split(tmp_path):
    """A row twice and a row of the other split are refused, each by name."""
    line = {"row_id": SHORT.row_id, "answer": "x"}
    with pytest.raises(ConfigError, match=r"line 2: row_id .* comes twice"):
        read_predictions(write(tmp_path / "p.jsonl", line, line), bench())
    other = SHORT.model_copy(update={"split": "train"})
    with pytest.raises(ConfigError, match="is of the split train; see --split"):
        read_predictions(write(tmp_path / "p.jsonl", line), bench(*ROWS[1:], others=[other]))


def test_absent_and_unreadable(tmp_path):
    """A file that is not there, and Parquet that is none, are one line."""
    with pytest.raises(ConfigError, match="cannot read it: No such file"):
        read_predictions(tmp_path / "none.jsonl", bench())
    (tmp_path / "p.parquet").write_bytes(b"no")
    with pytest.raises(ConfigError, match="cannot read it"):
        read_predictions(tmp_path / "p.parquet", bench())
