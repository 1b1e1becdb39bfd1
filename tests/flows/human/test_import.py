"""Annotations by people: imported through the command line, built into the same dataset."""

import json

import pyarrow.parquet as pq
import pytest

from tests.doubles.chat_server import serving
from tests.flows.human.tasks import box, region, result, task, whole
from tests.flows.model.test_chat_build import obedient


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """Label Studio's export: a regional, a uniform and a clean picture, and a cancelled one."""
    flawed = (
        region("a", box(5, 5, 40, 40), "cup", ["blur"], "severe")
        + region("b", box(55, 50, 40, 45), "table", ["noise", "low light"])
        + region("c", box(5, 60, 30, 35), "spoon", ["blurry"], "mild")
        + region("d", box(60, 5, 30, 30), "wall")
    )
    brief = "There is ringing along every edge, and the picture looks unpleasant because of it."
    uniform = [
        result("choices", "scope", {"choices": ["uniform"]}, "s"),
        result("choices", "distortion", {"choices": ["ringing"]}, "d"),
        result("textarea", "description", {"text": [brief]}, "t"),
    ]
    tasks = [
        task("p0.png", flawed),
        task("p1.png", uniform),
        task("p2.png", [result("choices", "scope", {"choices": ["clean"]}, "s")]),
        task("p0.png", region("x", box(0, 0, 9, 9), "no"), was_cancelled=True),
    ]
    file = tmp_path_factory.mktemp("export") / "export.json"
    file.write_text(json.dumps(tasks))
    return file


@pytest.fixture(scope="module")
def imported(exported, images, spider, tmp_path_factory):
    """The export, imported through the command line."""
    out = tmp_path_factory.mktemp("imported") / "a"
    done = spider("import", exported, "--images", images, "--out", out)
    assert done.returncode == 3, done.stderr
    assert "0 pictures, 1 regions: nobody said a flaw" in done.stderr
    return out


def test_regions_keep_what_was_said(imported):
    """Label, flaws with their words, severity, box; the cancelled annotation is nowhere."""
    rows = pq.read_table(imported / "regions.parquet").to_pylist()
    assert [row["label"] for row in rows] == ["cup", "table", "spoon", "wall"]
    cup, table, spoon, wall = rows
    assert cup["flaws"] == [{"family": "blur", "said": "blur", "severity": 5}]
    assert [(f["family"], f["severity"]) for f in table["flaws"]] == [
        ("noise", 0),
        ("low_light", 0),
    ]
    assert spoon["flaws"][0]["said"] == "blurry"
    assert wall["flaws"] == []
    assert [row["verdict"] for row in rows] == ["flawed"] * 3 + ["unsaid"]
    assert cup["box"] == [20, 15, 180, 135]
    pictures = {
        row["path"]: row for row in pq.read_table(imported / "pictures.parquet").to_pylist()
    }
    assert [pictures[f"p{n}.png"]["scope"] for n in range(3)] == ["regional", "uniform", "clean"]
    assert pictures["p1.png"]["brief"].startswith("There is ringing")


def test_the_same_dataset_comes_of_it(imported, spider, tmp_path):
    """Human records give descriptions, single-intensity and referring rows; never an order."""
    out = tmp_path / "d"
    done = spider("build", "--annotations", imported, "--out", out)
    assert done.returncode in (0, 3), done.stderr
    rows = [row for file in (out / "data").iterdir() for row in pq.read_table(file).to_pylist()]
    assert {row["origin"] for row in rows} == {"human"}
    kinds = {(row["task"], row["sub_task"]) for row in rows}
    assert {
        ("global_description", ""),
        ("local_description", ""),
        ("referring", "short"),
        ("referring", "long"),
        ("grounding", "single_intensity"),
    } <= kinds
    assert not {"accumulation_order", "hybrid_intensity"} & {sub for _, sub in kinds}
    briefs = [row for row in rows if row["writer"] == "human"]
    assert [row["answer"] for row in briefs] == [
        "There is ringing along every edge, and the picture looks unpleasant because of it."
    ]
    both = {row["answer"] for row in rows if row["form"] == "multi" and row["sub_task"] == "short"}
    assert both == {"Low light, noise."}
    assert not any("order" in row["question"] for row in rows if row["form"] == "multi")
    wall = pq.read_table(imported / "consensus.parquet").to_pylist()[-1]
    assert wall["label"] == "wall"
    assert wall["region_id"] not in {row["region_id"] for row in rows}
    done = spider("validate", out)
    assert done.returncode == 0, done.stdout


def test_a_mixed_build_is_one_dataset(imported, photos, spider, tmp_path):
    """Synthetic and human rows side by side, told apart by origin and source; validate agrees."""
    out = tmp_path / "d"
    done = spider("build", photos, "--annotations", imported, "--out", out)
    assert done.returncode in (0, 3), done.stderr
    rows = [
        row
        for file in (out / "data").iterdir()
        for row in pq.read_table(file, columns=["origin", "source"]).to_pylist()
    ]
    pairs = {(row["origin"], row["source"]) for row in rows}
    assert {origin for origin, _ in pairs} == {"synthetic", "human"}
    assert len({source for _, source in pairs}) == 2
    done = spider("validate", out, "--source", photos, "--source", imported / "annotated.jsonl")
    assert done.returncode == 0, done.stdout


def test_a_model_writes_from_what_people_said(imported, spider, tmp_path):
    """The same conversations work on human records; the fact check holds for them, too."""
    out = tmp_path / "d"
    with serving(obedient) as server:
        done = spider(
            "build",
            "--annotations",
            imported,
            "--out",
            out,
            "--answers",
            "vllm",
            "--model",
            "m",
            "--endpoint",
            server.url,
            "--answers-mode",
            "paraphrase",
        )
        assert done.returncode in (0, 3), done.stderr
    rows = [row for file in (out / "data").iterdir() for row in pq.read_table(file).to_pylist()]
    assert {row["writer"] for row in rows} == {"m", "human", "template"}
    assert {row["sub_task"] for row in rows if row["writer"] == "template"} == {"short"}
    assert spider("validate", out).returncode == 0


def test_people_agree_or_not(images, spider, tmp_path):
    """Two people: consensus of what both marked, half of what one marked; a report of agreement."""
    first = region("a", box(5, 5, 40, 40), "cup", ["blur"]) + region("b", box(60, 60, 30, 30), "x")
    second = region("a", box(6, 6, 40, 40), "cup", ["blur", "noise"])
    file, out = tmp_path / "e.json", tmp_path / "a"
    file.write_text(json.dumps([task("p0.png", first, 1), task("p0.png", second, 2)]))
    done = spider("import", file, "--images", images, "--out", out)
    assert done.returncode == 3, done.stderr  # nobody said anything of x
    report = json.loads((out / "report.json").read_text())["agreement"]
    assert report["pictures"] == 1
    assert report["region_f1"] == pytest.approx(2 / 3)
    assert 0.8 < report["mean_iou"] < 1
    assert report["alpha_masi"] == report["alpha_masi"]
    rows = pq.read_table(out / "consensus.parquet").to_pylist()
    assert [row["label"] for row in rows] == ["cup", "x"]
    assert [flaw["family"] for flaw in rows[0]["flaws"]] == ["blur", "noise"]


def test_most_people_decide_on_the_whole(images, spider, tmp_path):
    """A lone voice among three makes no region, no flaw and no scope; half of two does."""
    lone = region("a", box(5, 5, 40, 40), "cup", ["blur"])
    votes = {
        "p0.png": [lone, whole("clean"), whole("clean")],
        "p1.png": [whole("uniform", "blur", "noise"), whole("uniform", "blur"), whole("clean")],
        "p2.png": [lone, whole("clean")],
    }
    tasks = [
        task(name, own, who) for name, people in votes.items() for who, own in enumerate(people)
    ]
    file, out = tmp_path / "e.json", tmp_path / "a"
    file.write_text(json.dumps(tasks))
    done = spider("import", file, "--images", images, "--out", out)
    assert done.returncode == 0, done.stderr
    rows = pq.read_table(out / "pictures.parquet").to_pylist()
    assert [row["scope"] for row in rows] == ["clean", "uniform", "regional"]
    assert [[flaw["family"] for flaw in row["flaws"]] for row in rows] == [[], ["blur"], []]
    agreed = pq.read_table(out / "consensus.parquet").to_pylist()
    assert [row["picture_id"] for row in agreed] == [rows[2]["picture_id"]]
