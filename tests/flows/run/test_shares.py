"""Published shares on a whole run: what is asked hangs on the picture, not on the shard."""

import json

import pyarrow.parquet as pq

from flows.run.in_python import build


def rows_of(out):
    """Row to question and answer."""
    return {
        row["row_id"]: (row["question"], row["answer"])
        for file in (out / "data").iterdir()
        for row in pq.read_table(file, columns=["row_id", "question", "answer"]).to_pylist()
    }


def test_shares_know_no_shards(photos, tmp_path):
    """Two ways to cut the same photographs into shards ask the same; fewer than by default."""
    settings = {"variants": 2, "seed": 3, "limit": 6, "profile": "published"}
    for size in (2, 6):
        build(photos, tmp_path / str(size), shard_size=size, **settings)
    few, many = (rows_of(tmp_path / str(size)) for size in (2, 6))
    assert few == many != {}
    counts = json.loads((tmp_path / "2" / "manifest.json").read_text())["counts"]["all"]
    assert counts["ask.dropped.thinned"] > 0
