"""What a resumed run believes: size and time, or the bytes when it is asked to look."""

import os

import pytest

from flows.store.layout import describe_file
from flows.store.ledger import ShardSummary, finished, write_ledger


@pytest.fixture
def shard(tmp_path):
    """The only file of a finished shard under the key ``k``."""
    path = tmp_path / "data" / "train-00000.parquet"
    path.parent.mkdir()
    path.write_bytes(b"what was written")
    write_ledger(tmp_path, ShardSummary(0, "k", [describe_file(tmp_path, path)]))
    return path


def test_an_untouched_shard_is_finished(tmp_path, shard):
    """Nothing changed: finished, under its own key only."""
    assert finished(tmp_path, 0, "k").key == "k"
    assert finished(tmp_path, 0, "other") is None


@pytest.mark.parametrize("verify", [False, True])
def test_other_bytes_are_noticed(tmp_path, shard, verify):
    """Fewer bytes, other bytes of the same number, or no file: the shard is made again."""
    for text in (b"what was", b"what was wriTTen"):
        shard.write_bytes(text)
        assert finished(tmp_path, 0, "k", verify=verify) is None
    shard.unlink()
    assert finished(tmp_path, 0, "k", verify=verify) is None


def test_a_copied_folder_is_finished(tmp_path, shard):
    """The same bytes with another time are read and believed."""
    os.utime(shard, ns=(5, 5))
    assert finished(tmp_path, 0, "k") is not None


def test_only_verify_reads_what_nobody_touched(tmp_path, shard):
    """Bytes that changed under the old size and time are found by ``verify`` alone."""
    before = shard.stat().st_mtime_ns
    shard.write_bytes(b"what was wriTTen")
    os.utime(shard, ns=(before, before))
    assert finished(tmp_path, 0, "k") is not None
    assert finished(tmp_path, 0, "k", verify=True) is None
