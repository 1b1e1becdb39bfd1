"""Other trainers' records, read back as their documentation says and by the library they use."""

import json

import pyarrow.parquet as pq
import pytest

from flows.dataset.export import FORMATS, export
from flows.dataset.formats.form import Form
from schemas.errors import ConfigError


@pytest.fixture(scope="module")
def rows(dataset):
    """The dataset's rows of both splits without pictures."""
    found = {}
    for split in ("train", "test"):
        files = sorted((dataset / "data").glob(f"{split}-*.parquet"))
        columns = ["row_id", "image_id", "question", "answer", "box"]
        found[split] = [r for f in files for r in pq.read_table(f, columns=columns).to_pylist()]
    return found


def read(out, split):
    """Records of a split, JSON or JSON lines."""
    if (out / f"{split}.jsonl").exists():
        return [json.loads(line) for line in (out / f"{split}.jsonl").read_text().splitlines()]
    return json.loads((out / f"{split}.json").read_text())


def said(record):
    """Question and answer of a record of any form, without the tag."""
    if "conversations" in record:
        human, gpt = record["conversations"]
        assert (human["from"], gpt["from"]) == ("human", "gpt")
        first, second = human["value"], gpt["value"]
    elif "messages" in record and "question" not in record:
        user, assistant = record["messages"]
        assert (user["role"], assistant["role"]) == ("user", "assistant")
        first, second = user["content"], assistant["content"]
    else:
        return record["question"], record["answer"]
    assert first.count("<image>") == 1
    assert first.startswith("<image>")
    return first.removeprefix("<image>").removeprefix("\\n").lstrip("\n"), second


ROW_FORMS = [kind for kind, form in FORMATS.items() if isinstance(form, Form)]


@pytest.mark.parametrize(
    "kind", [kind for kind in ROW_FORMS if kind not in ("trl", "grpo", "giqa")]
)
def test_records_say_what_the_rows_say(dataset, rows, spider, tmp_path, kind):
    """Every row once, with its picture's own bytes at the path it names."""
    out = tmp_path / kind
    done = spider("export", dataset, "--format", kind, "--out", out)
    assert done.returncode == 0, done.stderr
    stored = {}
    for file in (dataset / "data").iterdir():
        for row in pq.read_table(file, columns=["image", "image_id"]).to_pylist():
            stored[row["image_id"]] = row["image"]["bytes"]
    for split, wanted in rows.items():
        if not wanted:
            continue
        records = read(out, split)
        assert [said(r) for r in records] == [(r["question"], r["answer"]) for r in wanted]
        for record, row in zip(records, wanted, strict=True):
            path = record.get("image") or record["images"][0]
            assert not path.startswith("/")
            assert (out / path).read_bytes() == stored[row["image_id"]]
    assert len(list((out / "images").iterdir())) == len(stored)


def test_trl_reads_it_with_no_glue(dataset, rows, tmp_path):
    """``load_dataset`` decodes the pictures and gives conversations."""
    import datasets

    counts = export(dataset, tmp_path / "t", "trl")
    loaded = datasets.load_dataset(
        "parquet",
        data_files=str(tmp_path / "t" / "train.parquet"),
        split="train",
        cache_dir=str(tmp_path / "c"),
    )
    assert len(loaded) == counts["train"] == len(rows["train"])
    first = loaded[0]
    assert first["images"][0].mode == "RGB"
    assert [m["content"] for m in first["messages"]] == [
        rows["train"][0]["question"],
        rows["train"][0]["answer"],
    ]


def test_what_stands_beside(dataset, tmp_path):
    """LLaMA-Factory gets its table, ms-swift a command; absolute paths where asked for."""
    export(dataset, tmp_path / "s", "sharegpt", absolute=True)
    table = json.loads((tmp_path / "s" / "dataset_info.json").read_text())
    assert table["iqa_spider_train"]["columns"] == {"messages": "conversations", "images": "images"}
    assert read(tmp_path / "s", "train")[0]["images"][0].startswith("/")
    export(dataset, tmp_path / "w", "swift")
    assert "--tuner_type lora_llm" in (tmp_path / "w" / "sft.sh").read_text()


def test_the_tag_in_a_text_is_refused(dataset, tmp_path):
    """A trainer would put the picture there."""
    import shutil

    shutil.copytree(dataset, tmp_path / "d")
    file = sorted((tmp_path / "d" / "data").glob("train-*"))[0]
    table = pq.read_table(file)
    rows = table.to_pylist()
    rows[0]["answer"] = "An <image> in it."
    pq.write_table(table.from_pylist(rows, schema=table.schema), file)
    with pytest.raises(ConfigError, match="<image> in its text"):
        export(tmp_path / "d", tmp_path / "o", "llava")


def test_mistakes_are_one_line(dataset, spider, tmp_path):
    """An unknown form, no dataset, a folder that is not empty."""
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").write_text("")
    for folder, kind, out, words in (
        (dataset, "yaml", tmp_path / "o", "unknown export format"),
        (tmp_path, "llava", tmp_path / "o", "manifest.json is missing"),
        (dataset, "llava", tmp_path / "full", "not empty"),
    ):
        done = spider("export", folder, "--format", kind, "--out", out)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
        assert words in done.stderr
