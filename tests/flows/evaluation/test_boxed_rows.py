"""``evaluate`` on a dataset's own rows with boxes: predictions, and a model in one go."""

import json

import pyarrow.parquet as pq
import pytest

from flows.evaluation.benchmarks.giqa_rows import read_rows
from flows.evaluation.evaluate import run
from flows.evaluation.intervals import Settings
from flows.evaluation.request import Options
from schemas.errors import ConfigError

QUICK = {"split": "train", "with_plots": False, "settings": Settings(0)}


@pytest.fixture(scope="module")
def boxed(photos, spider, tmp_path_factory):
    """A small dataset of questions with boxes and of descriptions of regions."""
    out = tmp_path_factory.mktemp("boxed") / "dataset"
    asked = ("--tasks", "giqa,local", "--seed", 4, "--limit", 4)
    done = spider("build", photos, "--out", out, *asked)
    assert done.returncode in (0, 3), done.stderr
    return out


def answers(dataset, path, tasks):
    """The true answers of some tasks as predictions."""
    names = ["row_id", "task", "answer"]
    rows = [
        row
        for file in sorted((dataset / "data").glob("train-*.parquet"))
        for row in pq.read_table(file, columns=names).to_pylist()
        if row["task"] in tasks
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def scored(dataset, predictions, out, **more):
    """The report's results."""
    run(Options(out=out, dataset=dataset, predictions=predictions, **{**QUICK, **more}))
    return json.loads((out / "results.json").read_text())


def test_the_truth_reaches_the_ceiling_of_the_grid(boxed, tmp_path):
    """True answers have full marks, their boxes those of the cells, beside the other table."""
    told = answers(boxed, tmp_path / "p.jsonl", ("giqa", "local_description"))
    found = scored(boxed, told, tmp_path / "out")
    assert {"benchmark", "giqa_rows"} <= set(found)
    systems = found["giqa_rows"]["systems"]
    mine, ceiling = systems["predictions"], systems["grid_ceiling"]
    assert mine == ceiling
    assert mine["bleu4"]["value"] == pytest.approx(100)
    assert mine["acc_total"]["value"] == mine["des_score"]["value"] == 1
    assert 0.6 < mine["des_miou"]["value"] < 1
    assert systems["names_without_boxes"]["des_miou"]["value"] == 0
    assert "## Rows with boxes" in (tmp_path / "out" / "report.md").read_text()


def test_predictions_for_rows_with_boxes_alone(boxed, tmp_path):
    """Where no other row is predicted the report has no table of them, and draws none."""
    told = answers(boxed, tmp_path / "p.jsonl", ("giqa",))
    found = scored(boxed, told, tmp_path / "out")
    assert "benchmark" not in found
    assert found["giqa_rows"]["records"] == len(read_rows(boxed, "train"))
    assert found["giqa_rows"]["missing"] == 0
    with pytest.raises(ConfigError, match="--side-by-side: no rows for it in --split train"):
        scored(boxed, told, tmp_path / "other", side_by_side=2)


def test_a_row_that_comes_twice(boxed, tmp_path):
    """Two predictions for a row with boxes are one line."""
    told = answers(boxed, tmp_path / "p.jsonl", ("giqa",))
    told.write_text(told.read_text() * 2)
    with pytest.raises(ConfigError, match="comes twice"):
        scored(boxed, told, tmp_path / "out")


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::UserWarning")
def test_a_model_in_one_go(boxed, qwen, photos, spider, shim, tmp_path):
    """A model is asked a dataset's rows with boxes and a bench's records, and both have tables."""
    record = {"id": 1, "image": "photo0.png", "kind": "yes_no"}
    record |= {"question": "Is the [sky](<0, 99>) noisy?", "answer": "No."}
    (tmp_path / "bench.json").write_text(json.dumps([record]))
    command = ["evaluate", boxed, "--split", "train", "--model", qwen, "--out", tmp_path / "out"]
    command += ["--giqa", tmp_path / "bench.json", "--images", photos, "--boxes", "internvl"]
    command += ["--max-tokens", 6, "--no-plots", "--bootstrap", 20]
    done = spider(*command, **shim)
    assert done.returncode == 0, done.stderr[-1500:]
    found = json.loads((tmp_path / "out" / "results.json").read_text())
    assert found["giqa_rows"]["missing"] == found["giqa"]["missing"] == 0
    assert found["giqa_rows"]["records"] == len(read_rows(boxed, "train"))
    assert found["benchmark"]["counts"]["missing"] == 0
    assert "## Rows with boxes" in done.stdout
