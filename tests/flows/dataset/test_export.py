"""Other trainers' records, read back as their documentation says and by the library they use."""

import itertools
import json
import subprocess

import pyarrow.parquet as pq
import pytest

from annotators.language.notation import resized
from flows.dataset.export import FORMATS, export
from flows.dataset.formats.form import Form
from schemas.errors import ConfigError
from schemas.settings.training import SftConfig


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
    "kind",
    [kind for kind in ROW_FORMS if FORMATS[kind].tasks == () and kind not in ("trl", "grpo")],
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
    """LLaMA-Factory gets its table; absolute paths where asked for."""
    export(dataset, tmp_path / "s", "sharegpt", absolute=True)
    table = json.loads((tmp_path / "s" / "dataset_info.json").read_text())
    assert table["iqa_spider_train"]["columns"] == {"messages": "conversations", "images": "images"}
    assert read(tmp_path / "s", "train")[0]["images"][0].startswith("/")


@pytest.mark.parametrize("kind", ["swift", "sharegpt", "llava", "trl", "qwen25vl", "qwen3vl"])
def test_one_set_of_rates(dataset, tmp_path, kind):
    """Every export for a trainer brings its run, with the rates and adapters of our own."""
    export(dataset, tmp_path, kind)
    (run,) = tmp_path.glob("sft.*")
    words = run.read_text().replace(":", " ").replace("--", " ").split()
    given = dict(itertools.pairwise(words))
    tune = SftConfig().tune
    assert float(given["learning_rate"]) == tune.language_rate
    assert int(given.get("lora_rank") or given["lora_r"]) == tune.rank
    assert int(given["lora_alpha"]) == tune.alpha
    if "tuner_type" in given:
        assert float(given["vit_lr"]) == tune.vision_rate
        assert float(given["aligner_lr"]) == tune.projector_rate
    if kind == "llava":
        assert float(given["mm_projector_lr"]) == tune.projector_rate
    if run.suffix == ".sh":
        assert subprocess.run(["sh", "-n", run], check=False).returncode == 0


@pytest.mark.parametrize("kind", ["qwen25vl", "qwen3vl"])
def test_grounding_as_qwen_says_it(dataset, tmp_path, kind):
    """Boxes read back in the model's coordinates are the rows' own; points lie inside them."""
    export(dataset, tmp_path, kind)
    files = (dataset / "data").glob("*.parquet")
    columns = ["row_id", "task", "box", "width", "height", "reference", "spatial_answer"]
    rows = {r["row_id"]: r for f in files for r in pq.read_table(f, columns=columns).to_pylist()}
    records = [record for split in ("train", "test") for record in read(tmp_path, split)]
    wanted = {key for key, row in rows.items() if row["task"] == "grounding" and row["box"]}
    assert {record["id"].rpartition("/")[0] for record in records} == wanted
    for record in records:
        key, _, part = record["id"].rpartition("/")
        row, size = rows[key], (rows[key]["width"], rows[key]["height"])
        (said,) = json.loads(record["conversations"][1]["value"])
        assert said["label"] == row["reference"]
        width, height = resized(size) if kind == "qwen25vl" else (1000, 1000)
        x0, y0, x1, y1 = row["box"]
        found = [side / scale for side, scale in zip(said[part], (width, height) * 2, strict=False)]
        true = [side / own for side, own in zip((x0, y0, x1, y1), size * 2, strict=True)]
        if part == "bbox_2d":
            assert found == pytest.approx(true, abs=1 / min(width, height))
        else:
            assert true[0] - 0.01 <= found[0] <= true[2] + 0.01
            assert true[1] - 0.01 <= found[1] <= true[3] + 0.01
            assert row["spatial_answer"] != "The whole image."


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
