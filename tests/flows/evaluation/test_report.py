"""The report: golden Markdown, JSON without surprises, figures."""

import json
from pathlib import Path

import pytest

from flows.evaluation import report
from flows.evaluation.evaluate import benchmark, run, systems
from flows.evaluation.intervals import Estimate, Settings
from flows.evaluation.predictions import Prediction
from flows.evaluation.request import Options
from schemas.errors import ConfigError
from tests.doubles.chat_server import serving
from tests.flows.evaluation.benchmarks.test_agreement import TABLE
from tests.flows.evaluation.made import FIND, SHORT, WHOLE, bench, box_mask

GOLDEN = Path(__file__).with_name("golden_report.md")
GOLDEN_BENCHMARK = Path(__file__).with_name("golden_benchmark.md")


@pytest.fixture
def files(tmp_path):
    """Small files of every other benchmark, and the options that name them."""
    item = {
        "type": 0,
        "concern": 0,
        "question": "?",
        "img_path": "1.jpg",
        "candidates": ["Yes", "No"],
        "correct_ans": "No",
        "pred_ans": "B",
    }
    second = {**item, "img_path": "2.jpg", "type": 1, "concern": 2, "pred_ans": "A: Yes, not B"}
    (tmp_path / "q.json").write_text(json.dumps([item, second]))
    names = [f"I0{ref}_01_0{level}.png" for ref in (1, 2) for level in range(1, 6)]
    (tmp_path / "t.csv").write_text("".join(f"{n}, {9 - int(n[8])}\n" for n in names))
    guess = ["image,score\n", *(f"{n},{-(int(n[8]) ** 2)}\n" for n in names)]
    (tmp_path / "s.csv").write_text("".join(guess))
    lines = [f"t{i},r{j},{x},{i + 1}\n" for i, row in enumerate(TABLE) for j, x in enumerate(row)]
    (tmp_path / "r.csv").write_text("target,rater,score,judge\n" + "".join(lines))
    box = {"tag": "dog", "box": [0, 0, 0.5, 1]}
    records = [
        {"id": 1, "kind": "description", "answer": "a dark dog on the lawn", "boxes": [box]},
        {"id": 2, "kind": "yes_no", "answer": "No"},
    ]
    (tmp_path / "g.json").write_text(json.dumps(records))
    (tmp_path / "p.jsonl").write_text(json.dumps(records[0]) + "\n")
    return {
        "qbench": tmp_path / "q.json",
        "scores": tmp_path / "t.csv",
        "score_predictions": tmp_path / "s.csv",
        "ratings": tmp_path / "r.csv",
        "giqa": tmp_path / "g.json",
        "giqa_predictions": tmp_path / "p.jsonl",
    }


def without_fitted_noise(text):
    """A curve fitted to noise has many equal optima; which one is found is the solver's affair."""
    return [line for line in text.splitlines() if not line.startswith("| random | -0.")]


def test_golden(tmp_path, files):
    """The report of the other benchmarks is, letter by letter, the stored one."""
    path = run(Options(out=tmp_path / "out", with_plots=False, **files))
    text, stored = path.read_text(encoding="utf-8"), GOLDEN.read_text(encoding="utf-8")
    assert without_fitted_noise(text) == without_fitted_noise(stored)


def test_golden_benchmark(tmp_path):
    """The report of a small benchmark is, letter by letter, the stored one."""
    given = {
        SHORT.row_id: Prediction("Mild blur."),
        FIND.row_id: Prediction(FIND.answer, (3, 3), mask=box_mask(0, 0, 20, 10)),
        WHOLE.row_id: Prediction("The quality is poor. The sky has severe noise."),
    }
    options = Options(out=tmp_path, settings=Settings(50, 2))
    found = benchmark(bench(), systems(bench(), given, options, None), options)
    text = report.markdown({"benchmark": found})
    assert text == GOLDEN_BENCHMARK.read_text(encoding="utf-8")


def test_same_bytes(tmp_path, files):
    """Two runs write the same bytes, figures included, and JSON is plain."""
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        run(Options(out=folder, **files))
    names = sorted(p.relative_to(folders[0]) for p in folders[0].rglob("*") if p.is_file())
    assert [str(name) for name in names] == ["figures/qbench.png", "report.md", "results.json"]
    for name in names:
        assert (folders[0] / name).read_bytes() == (folders[1] / name).read_bytes()
    text = (folders[0] / "results.json").read_text()
    assert "NaN" not in text
    found = json.loads(text)
    assert found["ratings"]["all"]["icc(2,1)"]["value"] == pytest.approx(0.289764, abs=1e-6)
    assert list(found) == ["settings", "qbench", "scores", "ratings", "giqa"]


def test_judge_grades_giqa(tmp_path, files):
    """A model that judges grades the texts of GIQA-Bench as a share of its scale."""
    del files["qbench"], files["scores"], files["score_predictions"], files["ratings"]
    with serving(lambda body, number: '{"score": 3, "reason": "so"}') as server:
        run(Options(out=tmp_path / "out", endpoints=(server.url,), judge_model="m", **files))
    found = json.loads((tmp_path / "out" / "results.json").read_text())
    assert found["giqa"]["graded_by"] == "judge"
    assert found["giqa"]["systems"]["predictions"]["des_score"]["value"] == 0.75
    assert found["giqa"]["systems"]["random"]["des_score"]["value"] == 1
    assert len(server.bodies) == 5


def test_number():
    """Numbers have three decimals and an interval if asked; what is not there is a dash."""
    estimate = Estimate(0.5, 0.25, 1.0, 9)
    assert report.number(estimate) == "0.500"
    assert report.number(estimate, True, 2) == "0.50 [0.25, 1.00]"
    assert report.number(Estimate(0.5), True) == "0.500"
    assert report.number(None) == report.number(Estimate(None)) == "-"


def test_table():
    """A Markdown table has its numbers to the right."""
    assert report.table(["", "a"], [["x", "1"]]) == ["|  | a |", "| --- | ---: |", "| x | 1 |", ""]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "nothing to evaluate"),
        ({"dataset": Path("d")}, "a dataset needs --predictions"),
        ({"predictions": Path("p")}, "--predictions needs the dataset"),
        ({"scores": Path("t")}, "--scores needs --score-predictions"),
        ({"giqa": Path("t")}, "--giqa needs --giqa-predictions"),
        ({"qbench_predictions": Path("t")}, "--qbench-predictions needs --qbench"),
        ({"qbench": Path("q"), "judge_model": "m"}, "--judge-model needs --judge-endpoint"),
        ({"qbench": Path("q"), "endpoints": ("http://a",)}, "--judge-endpoint needs --judge-mod"),
        ({"qbench": Path("q"), "api_key_env": "NO_SUCH_KEY_"}, "NO_SUCH_KEY_: not set here"),
        ({"qbench": Path("no.json")}, "--qbench no.json: cannot read it: No such file"),
    ],
)
def test_options_that_do_not_fit(tmp_path, given, message):
    """What does not fit together is refused before anything is written."""
    with pytest.raises(ConfigError, match=message):
        run(Options(out=tmp_path / "out", **given))
    assert not (tmp_path / "out").exists()


def test_questions_without_answers(tmp_path, files):
    """Questions of a file without a model's answers need a file of answers."""
    items = json.loads(files["qbench"].read_text())
    for item in items:
        del item["pred_ans"]
    files["qbench"].write_text(json.dumps(items))
    with pytest.raises(ConfigError, match="holds no pred_ans; give --qbench-predictions"):
        run(Options(out=tmp_path / "out", qbench=files["qbench"]))


def test_without_matplotlib(tmp_path, files, monkeypatch):
    """Without matplotlib one line says what to install, or to do without figures."""
    monkeypatch.setitem(__import__("sys").modules, "matplotlib.figure", None)
    with pytest.raises(ConfigError, match=r"--no-plots\) needs matplotlib: pip install"):
        run(Options(out=tmp_path / "out", qbench=files["qbench"]))
    run(Options(out=tmp_path / "out", qbench=files["qbench"], with_plots=False))
