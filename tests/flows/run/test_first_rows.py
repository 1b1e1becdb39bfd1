"""``--rows``: the first so many rows, whoever works on them, and on from there."""

import filecmp
import json

import pyarrow.parquet as pq
import pytest

from flows.dataset.validate import validate
from flows.ingest.sources import list_candidates
from flows.run.engines.engine import InProcess
from flows.run.progress import StageProgress
from flows.run.stages import build_stages
from flows.store.run_folder import RunFolder
from schemas.settings.config import RunConfig


@pytest.fixture(scope="module")
def whole(photos, tmp_path_factory):
    """A build of all rows: five photographs in three shards."""
    out = tmp_path_factory.mktemp("rows") / "whole"
    build(photos, out, None)
    return out


def build(photos, out, rows, at_once=1):
    """A build as the command makes it, in this process; returns its summary."""
    from rich.console import Console

    config = RunConfig.load(
        None,
        {"limit": 5, "seed": 4, "shard_size": 2, "rows": rows, "run.workers": at_once},
    )
    folder = RunFolder(out)
    with folder.locked():
        folder.make_ready()
        folder.claim(config, list_candidates([str(photos)], config.limit))
        progress = StageProgress(folder, Console(quiet=True))
        return build_stages(folder, config, progress, InProcess(0))


def row_ids(out):
    """Rows in the order of shards, photographs and variants."""
    found = []
    for table in sorted((out / "records").glob("pictures-*")):
        order = pq.read_table(table, columns=["picture_id"])["picture_id"].to_pylist()
        shard = table.name.removeprefix("pictures-")
        rows = [
            row
            for file in (out / "data").glob(f"*-{shard}")
            for row in pq.read_table(file, columns=["row_id", "image_id", "picture_id"]).to_pylist()
        ]
        rows.sort(key=lambda row: (order.index(row["picture_id"]), row["image_id"]))
        found += [row["row_id"] for row in rows]
    return found


def same_tables(one, other):
    """Whether two datasets hold the same tables, byte for byte."""
    names = [
        {
            file.relative_to(out)
            for folder in ("data", "records", "rejects")
            for file in (out / folder).iterdir()
        }
        for out in (one, other)
    ]
    return names[0] == names[1] and all(
        filecmp.cmp(one / name, other / name, shallow=False) for name in names[0]
    )


def test_the_first_rows(whole, photos, tmp_path):
    """The rows are those a whole run begins with; two shards at once give the same files."""
    every, one, two = row_ids(whole), tmp_path / "one", tmp_path / "two"
    wanted = len(every) // 2
    summary = build(photos, one, wanted)
    assert row_ids(one) == every[:wanted]
    assert sum(summary.rows.values()) == wanted
    build(photos, two, wanted, at_once=3)
    assert same_tables(one, two)
    manifest = json.loads((one / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["config"]["rows"] == wanted
    assert manifest["counts"]["all"]["pictures_unreached"] > 0
    assert not list(validate(one, []))


def test_more_rows_go_on(whole, photos, tmp_path):
    """A larger number keeps what is there, a smaller one takes away, none makes all of it."""
    every, out = row_ids(whole), tmp_path / "out"
    build(photos, out, 5)
    first = (out / "data").glob("*")
    assert len(list(first)) >= 1
    wanted = len(every) * 2 // 3
    build(photos, out, wanted)
    assert row_ids(out) == every[:wanted]
    finished = {f: f.stat().st_mtime_ns for f in (out / "records").glob("*-00000.parquet")}
    build(photos, out, None)
    assert all(file.stat().st_mtime_ns == when for file, when in finished.items())
    assert same_tables(out, whole)
    build(photos, out, 5)
    assert row_ids(out) == every[:5]
