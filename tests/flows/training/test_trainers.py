"""Other trainers' own loaders read what ``export`` writes; each in an environment of its own."""

import json
import os
import subprocess

import pyarrow.parquet as pq
import pytest

from tests.conftest import ROOT

OFFLINE = {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}


def interpreter(variable):
    """The Python that has a trainer, or no test."""
    found = os.environ.get(variable)
    if not found:
        pytest.skip(f"{variable} names no Python with the trainer")
    return found


def said(dataset, split):
    """Questions and answers of a dataset's rows, and their pictures' names."""
    files = sorted((dataset / "data").glob(f"{split}-*.parquet"))
    columns = ["question", "answer", "image_id"]
    rows = [row for file in files for row in pq.read_table(file, columns=columns).to_pylist()]
    return [(row["question"], row["answer"], row["image_id"] + ".png") for row in rows]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["swift", "sharegpt", "llava"])
def test_ms_swift_reads_it(dataset, spider, tmp_path, kind):
    """ms-swift's loader takes all three forms, every row with its text and its picture."""
    python, out = interpreter("IQA_SPIDER_SWIFT"), tmp_path / kind
    done = spider("export", dataset, "--format", kind, "--absolute", "--out", out)
    assert done.returncode == 0, done.stderr
    (file,) = out.glob("train.json*")
    read = subprocess.run(
        [python, ROOT / "tests" / "trainers" / "read_swift.py", file], capture_output=True,
        text=True, check=False, cwd=tmp_path,
        env=os.environ | OFFLINE | {"MODELSCOPE_CACHE": str(tmp_path / "cache")},
    )  # fmt: skip
    assert read.returncode == 0, read.stderr[-2000:]
    found = []
    for row in json.loads(read.stdout.strip().splitlines()[-1]):
        (user, question), (assistant, answer) = row["turns"]
        assert (user, assistant) == ("user", "assistant")
        assert question.startswith("<image>")
        (picture,) = row["pictures"]
        assert os.path.isfile(picture)  # noqa: PTH113
        question = question.removeprefix("<image>").lstrip("\n")
        found.append((question, answer, picture.rpartition("/")[2]))
    assert found == said(dataset, "train")
