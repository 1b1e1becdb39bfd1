"""``iqa-spider evaluate`` as a user types it, on a dataset that ``build`` made."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flows.evaluation.baselines import reference_answers
from flows.evaluation.truth import load_bench
from schemas.errors import ConfigError
from tests.doubles.chat_server import serving

PERFECT = {
    "giou",
    "giou_tolerant",
    "ciou",
    "acc@0.5",
    "acc@0.7",
    "pointing",
    "position_x",
    "position_y",
    "position",
    "accuracy",
    "exact",
    "jaccard",
    "ordered",
    "micro_f1",
    "macro_f1",
    "grade",
    "family_and_grade",
    "grade_kappa",
}


def lines(dataset):
    """Perfect predictions for all rows, as records."""
    bench = load_bench(dataset, "all")
    rows = {sample.row_id: sample for sample in bench.samples}
    return [
        {
            "row_id": row_id,
            "answer": p.answer,
            "point": list(p.point) if p.point else None,
            "mask": p.mask
            and {"size": [rows[row_id].height, rows[row_id].width], "counts": p.mask},
        }
        for row_id, p in reference_answers(bench).items()
    ]


@pytest.fixture(scope="module")
def perfect(dataset, tmp_path_factory):
    """A file of perfect predictions."""
    path = tmp_path_factory.mktemp("evaluate") / "perfect.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines(dataset)))
    return path


@pytest.fixture(scope="module")
def evaluated(dataset, perfect, spider, tmp_path_factory):
    """The folder of a report on perfect predictions."""
    out = tmp_path_factory.mktemp("evaluated") / "out"
    done = spider("evaluate", dataset, "--predictions", perfect, "--split", "all", "--out", out)
    assert done.returncode == 0, done.stderr
    assert "| predictions | 10.000 |" in done.stdout
    return out


def results(folder):
    """The report as JSON."""
    return json.loads((folder / "results.json").read_text())


def test_perfect_predictions_score_one(evaluated):
    """The dataset's own answers have full marks in every metric of every group."""
    found = results(evaluated)["benchmark"]
    model = found["systems"]["predictions"]
    assert found["extractor_agreement"] == 1
    assert found["counts"]["missing"] == 0
    assert set(model["grounding"]) >= {"hybrid_intensity", "average"}
    assert {"short", "long", "all"} <= set(model["referring"])
    for group in (*model["grounding"].values(), *model["referring"].values()):
        assert PERFECT & set(group)
        assert {
            n: group[n]["value"] for n in PERFECT & set(group) if group[n]["value"] not in (1, None)
        } == {}
    assert {task: entry["value"] for task, entry in model["offline"].items()} == {
        "global_description": 10,
        "local_description": 10,
        "grounding": 5,
    }


def test_chance_is_far_less(evaluated):
    """Chance stays below a third of full marks where it counts, and below the majority in text."""
    systems = results(evaluated)["benchmark"]["systems"]
    chance = systems["random"]
    assert chance["grounding"]["average"]["giou"]["value"] < 0.33
    assert chance["referring"]["all"]["accuracy"]["value"] < 0.33
    assert chance["offline"]["global_description"]["value"] < 5
    assert chance["offline"]["grounding"]["value"] < 2.5


def test_oracles(evaluated):
    """The box centre points better than its quadrant; the whole image does not point."""
    systems = results(evaluated)["benchmark"]["systems"]

    def pointing(name):
        return systems[name]["grounding"]["average"]["pointing"]["value"]

    assert 1 >= pointing("oracle: box centre") > pointing("oracle: quadrant") > 0
    assert systems["whole image"]["grounding"]["average"]["pointing"]["value"] is None


def test_whole_image_iou_is_the_area(evaluated, dataset):
    """The gIoU of the whole image is the mean share of the picture that targets have."""
    bench = load_bench(dataset, "all")
    areas = {
        (r.image_id, r.region_id): r.area_fraction for rs in bench.regions.values() for r in rs
    }
    shares = [areas[s.image_id, s.region_id] for s in bench.samples if s.task == "grounding"]
    found = results(evaluated)["benchmark"]["systems"]["whole image"]["grounding"]["average"]
    assert found["giou"]["value"] == pytest.approx(sum(shares) / len(shares), abs=1e-4)
    assert found["giou"]["n"] == len(shares)


def test_rows_and_figures(evaluated, dataset):
    """Every row has a line with its scores, and the figures are pictures."""
    rows = [json.loads(line) for line in (evaluated / "rows.jsonl").read_text().splitlines()]
    assert {row["row_id"] for row in rows} == {s.row_id for s in load_bench(dataset, "all").samples}
    figures = sorted(path.name for path in (evaluated / "figures").iterdir())
    assert figures == ["families.png", "grounding.png", "iou.png", "offline.png"]
    assert all((evaluated / "figures" / n).read_bytes()[:4] == b"\x89PNG" for n in figures)


def test_parquet_and_twice_the_same(dataset, evaluated, spider, tmp_path):
    """The same predictions as Parquet give the same report to the byte."""
    pq.write_table(pa.Table.from_pylist(lines(dataset)), tmp_path / "p.parquet")
    done = spider(
        "evaluate",
        dataset,
        "--predictions",
        tmp_path / "p.parquet",
        "--split",
        "all",
        "--out",
        tmp_path / "out",
    )
    assert done.returncode == 0, done.stderr
    for path in (p for p in evaluated.rglob("*") if p.is_file()):
        assert (tmp_path / "out" / path.relative_to(evaluated)).read_bytes() == path.read_bytes()


def test_missing_rows_are_wrong(dataset, perfect, spider, tmp_path):
    """Half the predictions give at most the share of rows that they cover."""
    kept = perfect.read_text().splitlines(keepends=True)[::2]
    (tmp_path / "half.jsonl").write_text("".join(kept))
    done = spider(
        "evaluate",
        dataset,
        "--predictions",
        tmp_path / "half.jsonl",
        "--split",
        "all",
        "--out",
        tmp_path / "out",
        "--no-baselines",
        "--no-plots",
        "--bootstrap",
        0,
    )
    assert done.returncode == 0, done.stderr
    found = results(tmp_path / "out")["benchmark"]
    total = found["counts"]["rows"]
    assert found["counts"]["missing"] == total - len(kept)
    covered = {json.loads(line)["row_id"] for line in kept}
    referring = [s for s in load_bench(dataset, "all").samples if s.task == "referring"]
    share = sum(s.row_id in covered for s in referring) / len(referring)
    accuracy = found["systems"]["predictions"]["referring"]["all"]["accuracy"]
    assert accuracy["value"] == pytest.approx(share, abs=1e-6)
    assert accuracy["low"] is None
    assert list(found["systems"]) == ["predictions"]
    assert not (tmp_path / "out" / "figures").exists()


def test_judge_over_an_endpoint(dataset, perfect, spider, tmp_path):
    """A served model judges what is asked, looks if told to, and is not asked twice."""
    arguments = [
        "evaluate",
        dataset,
        "--predictions",
        perfect,
        "--split",
        "all",
        "--no-plots",
        "--out",
        tmp_path / "out",
        "--no-baselines",
        "--bootstrap",
        20,
        "--judge-model",
        "m",
        "--rounds",
        2,
        "--judge-looks",
    ]
    with serving(lambda body, number: '{"score": 3, "reason": "so"}') as server:
        done = spider(*arguments, "--judge-endpoint", server.url)
        asked = len(server.bodies)
        again = spider(*arguments, "--judge-endpoint", server.url)
        assert done.returncode == again.returncode == 0, done.stderr
        assert len(server.bodies) == asked > 0
    assert server.bodies[0]["messages"][1]["content"][0]["type"] == "image_url"
    assert again.stdout == done.stdout
    assert "scored by the judge" in done.stdout
    found = results(tmp_path / "out")
    scores = found["benchmark"]["systems"]["predictions"]["judge"]
    assert {task: entry["score"]["value"] for task, entry in scores.items()} == {
        "global_description": 3,
        "local_description": 3,
        "grounding": 3,
    }
    assert found["judge"]["rubrics"].startswith("rubrics-")
    tasks = [s.task for s in load_bench(dataset, "all").samples]
    assert asked == 2 * sum(task != "referring" for task in tasks)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--split", "both"], "unknown split 'both'; allowed: all, test, train"),
        (["--split", "all", "--predictions", "none.jsonl"], "none.jsonl: cannot read it: No such"),
        (["--split", "all", "--judge-model", "m"], "--judge-model needs --judge-endpoint"),
    ],
)
def test_errors_are_one_line(dataset, perfect, spider, tmp_path, arguments, message):
    """The user's mistake is one line, status 2, and leaves nothing behind."""
    done = spider(
        "evaluate", dataset, "--out", tmp_path / "out", "--predictions", perfect, *arguments
    )
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_broken_lines_are_one_line(dataset, perfect, spider, tmp_path):
    """An unknown row, a row twice and a broken line each name file and line."""
    good = perfect.read_text().splitlines()[0]
    for text, message in (
        ('{"row_id": "x", "answer": ""}', "line 2: row_id 'x' is unknown"),
        (good, "line 2: row_id"),
        ("{", "line 2: not JSON"),
    ):
        (tmp_path / "p.jsonl").write_text(f"{good}\n{text}\n")
        done = spider(
            "evaluate",
            dataset,
            "--predictions",
            tmp_path / "p.jsonl",
            "--split",
            "all",
            "--out",
            tmp_path / "out",
        )
        assert (done.returncode, done.stderr.count("\n")) == (2, 1)
        assert message in done.stderr


def test_dead_judge(dataset, perfect, spider, tmp_path):
    """A judge that nobody serves is one line and status 2."""
    with serving(lambda body, number: (404, {"error": "no such model"}, {})) as server:
        done = spider(
            "evaluate",
            dataset,
            "--predictions",
            perfect,
            "--split",
            "all",
            "--out",
            tmp_path,
            "--judge-endpoint",
            server.url,
            "--judge-model",
            "x",
        )
    assert done.returncode == 2
    assert "does not serve 'x'" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_no_dataset_and_no_rows(tmp_path, dataset):
    """A folder without a dataset, and a split without rows, say so."""
    with pytest.raises(ConfigError, match="not a dataset of ours"):
        load_bench(tmp_path)
    bench = load_bench(dataset, "all")
    empty = next((s for s in ("test", "train") if all(r.split != s for r in bench.samples)), None)
    if empty:
        with pytest.raises(ConfigError, match=f"no rows of --split {empty}"):
            load_bench(dataset, empty)
    with pytest.raises(ConfigError, match="no rows of --split all"):
        load_bench(dataset, "all", tasks=["nothing"])


def test_pictures_are_the_stored_ones(dataset):
    """A judge that looks gets the bytes of the row's own picture."""
    bench = load_bench(dataset, "all")
    found = bench.pictures()
    assert set(found) == {sample.image_id for sample in bench.samples}
    file = (
        pq.read_table(sorted(Path(dataset / "data").glob("*.parquet"))[0]).slice(0, 1).to_pylist()
    )
    assert found[file[0]["image_id"]] == file[0]["image"]["bytes"]


def test_help(spider):
    """Help answers at once and names every input."""
    done = spider("evaluate", "--help")
    assert done.returncode == 0
    for option in ("--predictions", "--qbench", "--scores", "--ratings", "--giqa", "--judge-model"):
        assert option in done.stdout
