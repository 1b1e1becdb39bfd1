"""A shard is finished if its ledger says so, under the same key, and its files are what it says."""

import dataclasses
import json

import pytest

from flows.store.layout import describe_file, ledger_path
from flows.store.ledger import ShardSummary, finished, forget, read_ledger, write_ledger
from schemas.counts import CUT, ROWS

KEY = "k" * 16


@pytest.fixture
def shard(tmp_path):
    """A finished shard of two files."""
    (tmp_path / "data").mkdir()
    files = []
    for name in ("a", "b"):
        file = tmp_path / "data" / name
        file.write_bytes(name.encode() * 100)
        files.append(describe_file(tmp_path, file))
    return write_ledger(tmp_path, ShardSummary(3, KEY, files, {"in": 4}, {"build": 0.5}))


def test_what_is_written_is_read(shard, tmp_path):
    """Number, key, files, counts and seconds; each stage and shard has a ledger of its own."""
    assert read_ledger(tmp_path, 3) == shard
    assert finished(tmp_path, 3, KEY) == shard
    assert finished(tmp_path, 3, KEY, verify=True) == shard
    assert read_ledger(tmp_path, 4) is None
    assert read_ledger(tmp_path, 3, "ingest") is None


def test_another_key_is_another_shard(shard, tmp_path):
    """What was made under other settings is not finished."""
    assert finished(tmp_path, 3, KEY[:-1] + "x") is None


@pytest.mark.parametrize("name", ["a", "b"])
@pytest.mark.parametrize("change", ["gone", "longer", "other bytes"])
def test_every_file_counts(shard, tmp_path, name, change):
    """One file that is not what it was makes the shard unfinished."""
    file = tmp_path / "data" / name
    if change == "gone":
        file.unlink()
    else:
        file.write_bytes(b"x" * (101 if change == "longer" else 100))
    assert finished(tmp_path, 3, KEY) is None
    assert finished(tmp_path, 3, KEY, verify=True) is None


def test_a_shard_may_be_forgotten(shard, tmp_path):
    """It is made again then; forgetting it twice is no mistake."""
    forget(tmp_path, 3)
    assert read_ledger(tmp_path, 3) is None
    forget(tmp_path, 3)


@pytest.mark.parametrize("text", ["", "{", "[]", "7", "null", '{"files": 7}', '{"shard": 3}'])
def test_a_ledger_that_is_none_of_ours(shard, tmp_path, text):
    """Cut, of another version or something else: the shard is made again."""
    ledger_path(tmp_path, 3, "build").write_text(text)
    assert finished(tmp_path, 3, KEY) is None
    older = dataclasses.asdict(shard) | {"unknown": 1}
    ledger_path(tmp_path, 3, "build").write_text(json.dumps(older))
    assert finished(tmp_path, 3, KEY) is None


@pytest.mark.parametrize(
    ("rows", "cut", "most", "serves"),
    [
        (9, 0, None, True),
        (9, 0, 9, True),
        (9, 0, 10, True),
        (9, 0, 8, False),
        (9, 1, 9, True),
        (9, 1, 8, False),
        (9, 1, 10, False),
        (9, 1, None, False),
    ],
)
def test_for_how_many_rows_it_serves(rows, cut, most, serves):
    """A whole shard serves whoever wants that many or more, one that was cut only that number."""
    counts = {ROWS("referring", "long"): rows - 2, ROWS("grounding", ""): 2, CUT: cut, "in": 99}
    summary = ShardSummary(0, KEY, counts=counts)
    assert summary.rows == rows
    assert summary.serves(most) == serves
