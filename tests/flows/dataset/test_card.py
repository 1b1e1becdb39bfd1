"""The card of a small dataset: its snippet runs, its links lead somewhere."""

import re

import pyarrow.parquet as pq

from flows.dataset.card import sample_rows


def test_the_snippet_runs(dataset):
    """The card's own lines load rows, with a split that exists."""
    card = (dataset / "README.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", card, re.DOTALL)
    found = {}
    exec(code.replace("PATH", str(dataset)), found)
    assert len(found["rows"]) > 0
    assert found["rows"][0]["mask"]


def test_every_link_leads_somewhere(dataset):
    """What the card shows lies beside it."""
    card = (dataset / "README.md").read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)]+)\)", card)
    assert "figures/samples.png" in links
    for link in links:
        assert (dataset / link).is_file(), link


def test_splits_of_the_card_exist(dataset):
    """Each pattern of data files in the head matches a file, and both splits are there."""
    card = (dataset / "README.md").read_text(encoding="utf-8")
    patterns = set(re.findall(r"path: (data/\S+)", card))
    assert patterns == {"data/train-*.parquet", "data/test-*.parquet"}
    for pattern in patterns:
        assert list(dataset.glob(pattern))


def test_samples_come_from_several_photographs(dataset):
    """Of eight photographs the samples show more than one, each of another kind."""
    rows = sample_rows(dataset)
    assert len({row["picture_id"] for row in rows}) >= 3
    assert len({(row["task"], row["sub_task"]) for row in rows}) == len(rows)
    tables = sorted((dataset / "records").glob("pictures-*.parquet"))
    assert sum(pq.read_metadata(table).num_rows for table in tables) == 8
