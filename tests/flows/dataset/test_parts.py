"""Datasets made of datasets: what is kept is the same, what must not be put together is refused."""

import json
import shutil

import pyarrow.parquet as pq
import pytest
from datasets import load_dataset

from flows.dataset.joining import merge, subset
from flows.dataset.validate import validate
from flows.dataset.where import matching
from flows.looking.gallery.index import RowIndex
from schemas.errors import ConfigError


def ids(folder):
    """Row ids in the order of the files."""
    return [entry.row_id for entry in RowIndex(folder).entries]


def test_a_subset_holds_what_fits_and_validates(dataset, tmp_path, spider):
    """Rows that fit are there with their own pixels, nothing else, and validate is content."""
    out = tmp_path / "part"
    where = "task = 'grounding' and split = 'train'"
    done = spider("subset", dataset, "--where", where, "--out", out)
    assert done.returncode == 0, done.stderr
    before, after = RowIndex(dataset), RowIndex(out)
    wanted = [
        e.row_id for e in before.entries if e.matches({"task": "grounding", "split": "train"})
    ]
    assert wanted
    assert ids(out) == wanted
    places = {entry.row_id: number for number, entry in enumerate(before.entries)}
    for number, row_id in enumerate(wanted):
        assert next(after.images([number])) == next(before.images([places[row_id]]))
    assert list(validate(out)) == []
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["made"] == {"kind": "subset", "where": where}
    assert "look.html" in manifest["files"]
    assert len(load_dataset(str(out), "grounding", split="train")) == len(wanted)


def test_pictures_nobody_speaks_of_stay_behind(dataset, tmp_path):
    """A part is as small as its pictures: one row's dataset holds one picture."""
    (row_id,) = ids(dataset)[:1]
    subset(dataset, f"row_id = '{row_id}'", tmp_path / "one")
    (file,) = (tmp_path / "one" / "data").glob("*.parquet")
    (picture,) = pq.read_table(file)["image"].to_pylist()
    assert file.stat().st_size < len(picture["bytes"]) + 60_000
    degraded = pq.read_table(next((tmp_path / "one" / "records").glob("degraded-*.parquet")))
    assert len(set(degraded["image_id"].to_pylist())) <= 1


def test_parts_put_together_are_the_whole(dataset, tmp_path):
    """What was taken apart by split is the same rows again, each once."""
    for split in ("train", "test"):
        subset(dataset, f"split = '{split}'", tmp_path / split)
    made = merge([tmp_path / "train", tmp_path / "test"], tmp_path / "whole")
    assert made.rows == len(ids(dataset))
    assert sorted(ids(tmp_path / "whole")) == sorted(ids(dataset))
    assert list(validate(tmp_path / "whole")) == []
    manifest = json.loads((tmp_path / "whole" / "manifest.json").read_text())
    assert [part["made"]["where"] for part in manifest["parts"]] == [
        "split = 'train'",
        "split = 'test'",
    ]


def test_what_must_not_be_merged(dataset, tmp_path):
    """The same pictures twice, another version, other plans, or one dataset alone."""
    for other in (dataset, shutil.copytree(dataset, tmp_path / "copy")):
        with pytest.raises(ConfigError, match="both hold"):
            merge([dataset, other], tmp_path / "out")
    with pytest.raises(ConfigError, match="two datasets"):
        merge([dataset], tmp_path / "out")
    path = tmp_path / "copy" / "manifest.json"
    manifest = json.loads(path.read_text())
    path.write_text(json.dumps(manifest | {"code": "other"}))
    with pytest.raises(ConfigError, match="differ in code"):
        merge([dataset, tmp_path / "copy"], tmp_path / "out")
    manifest["config"]["plan"]["min_regions"] = 4
    path.write_text(json.dumps(manifest))
    with pytest.raises(ConfigError, match=r"\[plan\]"):
        merge([dataset, tmp_path / "copy"], tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "condition",
    [
        "",
        "nothing = 1",
        "1); DELETE FROM samples; --",
        "load_extension('x')",
        "split = 'train'; SELECT 1",
    ],
)
def test_a_condition_only_reads(dataset, condition):
    """What is no condition, or does more than read, is refused in one line."""
    with pytest.raises(ConfigError, match="--where"):
        matching(dataset, condition)


def test_a_condition_speaks_of_one_step(dataset):
    """Family and grade in one condition are of the same step of a chain."""
    index = RowIndex(dataset)
    records = list(index.records(range(len(index.entries))))
    steps = {(s["family"], s["grade"]) for r in records for s in r["chain"]}
    assert len(steps) > 5
    for family, grade in steps:
        wanted = {
            r["row_id"]
            for r in records
            if any((s["family"], s["grade"]) == (family, grade) for s in r["chain"])
        }
        assert matching(dataset, f"family = '{family}' and grade = '{grade}'") == wanted


def test_nothing_is_written_where_nothing_fits(dataset, tmp_path):
    """A condition that no row meets leaves no folder behind."""
    with pytest.raises(ConfigError, match="not one row fits"):
        subset(dataset, "width = 1", tmp_path / "none")
    assert not (tmp_path / "none").exists()
