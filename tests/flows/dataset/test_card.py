"""The card of a small dataset: its snippet runs, its links lead somewhere."""

import json
import re
import shutil

import pyarrow.parquet as pq

from flows.dataset.card import card_text, sample_rows
from flows.dataset.statistics.stats import Stats
from schemas.settings.config import RunConfig


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


def test_names_of_others_are_no_markup(tmp_path):
    """A family or reason with bars, HTML, a link and a line break stays text in its cell."""
    evil = "a|b <img src=x>\n# [c](http://d) `e` \\"
    stats = Stats()
    stats.families[evil] = 3
    stats.rejects["build", evil] = 4
    card = card_text(tmp_path, RunConfig(), "0", stats, {})
    said = r"a\|b \<img src=x\> # \[c\](http://d) \`e\` \\"
    assert f"\n| {said} | 3 |\n" in card
    assert f"\n| build: {said} | 4 |\n" in card


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


def test_the_head_is_what_the_hub_reads(dataset):
    """Name, licence, tags, one default and sizes that are those of the loaded rows."""
    from datasets import load_dataset
    from huggingface_hub import DatasetCard

    data = DatasetCard.load(dataset / "README.md").data
    assert data.pretty_name
    assert data.license == "other"
    assert "image-quality-assessment" in data.tags
    assert [c["config_name"] for c in data.configs if c.get("default")] == ["default"]
    names = {info["config_name"]: info for info in data.dataset_info}
    for name in ("default", "instruct", "grounding"):
        loaded = load_dataset(str(dataset), name)
        told = {one["name"]: one["num_examples"] for one in names[name]["splits"]}
        assert {split: rows.num_rows for split, rows in loaded.items()} == told


def test_everything_loads_without_a_name(dataset):
    """What everybody types first gives all rows with all columns."""
    from datasets import load_dataset

    rows = load_dataset(str(dataset))
    assert {"image", "mask", "question", "answer"} <= set(rows["train"].column_names)
    files = sorted((dataset / "data").glob("train-*.parquet"))
    assert rows["train"].num_rows == sum(pq.read_metadata(file).num_rows for file in files)


def test_a_dry_push_names_what_the_manifest_lists(dataset, spider, tmp_path):
    """Stray files and the ledger stay at home; a damaged file or a wrong name is one line."""
    own = shutil.copytree(dataset, tmp_path / "own")
    (own / "notes.txt").write_text("mine")
    done = spider("push", own, "me/data", "--dry-run", HF_HUB_OFFLINE="1")
    assert done.returncode == 0, done.stderr
    named = done.stdout.split()
    manifest = json.loads((own / "manifest.json").read_text())
    assert sorted(named) == sorted([*manifest["files"], "manifest.json"])
    assert "README.md" in named
    assert "look.html" in named
    for arguments in (("no-owner",), ("a/b/c",)):
        assert spider("push", own, *arguments, "--dry-run").returncode == 2
    (own / "look.html").write_text("other")
    done = spider("push", own, "me/data", "--dry-run")
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
