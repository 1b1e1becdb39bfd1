"""Other trainers' own loaders read what ``export`` writes; each in an environment of its own."""

import json
import os
import subprocess

import pyarrow.parquet as pq
import pytest

from tests.conftest import ROOT
from tests.flows.conftest import SHIM

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


def read(python, script, *arguments, cwd, **more):
    """What a trainer's loader makes of a file: question, answer, name of the picture."""
    done = subprocess.run(
        [python, ROOT / "tests" / "doubles" / "trainers" / script, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        env=os.environ | OFFLINE | more,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = []
    for row in json.loads(done.stdout.strip().splitlines()[-1]):
        (user, question), (assistant, answer) = row["turns"]
        assert (user, assistant) == ("user", "assistant")
        assert question.startswith("<image>")
        (picture,) = row["pictures"]
        assert os.path.isfile(picture)  # noqa: PTH113
        question = question.removeprefix("<image>").lstrip("\n")
        found.append((question, answer, picture.rpartition("/")[2]))
    return found


@pytest.mark.slow  # loads another trainer with its libraries
@pytest.mark.parametrize("kind", ["swift", "sharegpt", "llava"])
def test_ms_swift_reads_it(dataset, spider, tmp_path, kind):
    """ms-swift's loader takes all three forms, every row with its text and its picture."""
    python, out = interpreter("IQA_SPIDER_SWIFT"), tmp_path / kind
    done = spider("export", dataset, "--format", kind, "--absolute", "--out", out)
    assert done.returncode == 0, done.stderr
    (file,) = out.glob("train.json*")
    found = read(
        python, "read_swift.py", file, cwd=tmp_path, MODELSCOPE_CACHE=str(tmp_path / "cache")
    )
    assert found == said(dataset, "train")


@pytest.mark.slow  # loads another trainer with its libraries
def test_llama_factory_reads_it(dataset, spider, tmp_path):
    """LLaMA-Factory's loader takes the folder by the table that stands beside the records."""
    python, out = interpreter("IQA_SPIDER_LLAMAFACTORY"), tmp_path / "out"
    done = spider("export", dataset, "--format", "sharegpt", "--out", out)
    assert done.returncode == 0, done.stderr
    shim = tmp_path / "shim"
    shim.mkdir()
    (shim / "sitecustomize.py").write_text(SHIM)
    found = read(
        python, "read_llamafactory.py", out, "iqa_spider_train", cwd=tmp_path, PYTHONPATH=str(shim)
    )
    assert found == said(dataset, "train")
