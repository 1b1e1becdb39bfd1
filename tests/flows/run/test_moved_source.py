"""Sources that move while a run is interrupted, and sources that cannot be read at all."""

import shutil
import signal

import pyarrow.parquet as pq

from tests.flows.run.test_build import BUILD, parquet_bytes
from tests.flows.run.test_interrupt import one_shard_built


def test_a_source_that_moved_is_found_again(dataset, photos, environment, spider, tmp_path):
    """The same pictures elsewhere finish the run with the same bytes; nothing is lost."""
    first, then, out = tmp_path / "a" / photos.name, tmp_path / "b" / photos.name, tmp_path / "d"
    shutil.copytree(photos, first)
    process = one_shard_built(first, out, environment)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    then.parent.mkdir()
    first.rename(then)
    ingested = out / ".work" / "ledger" / "ingest-00000.json"
    before = ingested.stat().st_mtime_ns
    done = spider("build", then, "--out", out, *BUILD)
    assert done.returncode in (0, 3), done.stderr
    assert ingested.stat().st_mtime_ns == before, "a shard was ingested again"
    assert parquet_bytes(out) == parquet_bytes(dataset)


def test_a_source_of_which_nothing_can_be_read_is_a_mistake(photos, spider, tmp_path):
    """It is no data set without rows: one line, status 2; when it is back, the run goes on."""
    source = tmp_path / "in"
    source.mkdir()
    names = sorted(file.name for file in photos.iterdir())[:2]
    (tmp_path / "list.txt").write_text("".join(f"{source}/{name}\n" for name in names))
    build = ("build", tmp_path / "list.txt", "--out", tmp_path / "d")
    done = spider(*build)
    said = done.stderr.splitlines()[-1]
    assert done.returncode == 2, done.stderr
    assert "nothing of source list.txt can be read" in said
    assert "Traceback" not in done.stderr
    for name in names:
        shutil.copy(photos / name, source)
    done = spider(*build)
    assert done.returncode in (0, 3), done.stderr
    rows = sum(pq.read_metadata(file).num_rows for file in (tmp_path / "d" / "data").iterdir())
    assert rows > 0
