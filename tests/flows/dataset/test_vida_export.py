"""A dataset built with ``--tasks vida``: its rows, its exports, and the benchmark made of it."""

import json
from collections import Counter

import numpy as np
import pyarrow.parquet as pq
import pytest
from pycocotools.coco import COCO

from annotators.check.stored_answer import check_stored
from annotators.questions.vida.syntax import read_groups
from annotators.questions.vida.vocabulary import read_vocabulary
from distortions.registry import FAMILIES
from flows.dataset.export import export
from flows.evaluation.benchmarks import vida, vida_report
from flows.evaluation.benchmarks.vida_files import read_said, read_truth
from flows.evaluation.intervals import Settings
from flows.human.files import read_file
from flows.human.photographs import Photographs
from flows.training.data.mixture import open_source
from flows.training.data.scenes import Scenes
from schemas.errors import ConfigError
from schemas.records import Sample
from schemas.settings.training import SourceConfig

QUICK = Settings(0, 0)


@pytest.fixture(scope="module")
def detailed(photos, spider, tmp_path_factory):
    """Eight photographs, three variants, only tasks of this shape."""
    out = tmp_path_factory.mktemp("vida") / "dataset"
    done = spider(
        *("build", photos, "--out", out, "--tasks", "vida", "--variants", 3, "--seed", 2),
        *("--workers", 1, "--shard-size", 4, "--set", "export.test_share=0.4"),
        *("--set", 'plan.families=["blur","noise","compression","darken","pixelate"]'),
    )
    assert done.returncode in (0, 3), done.stderr
    return out


@pytest.fixture(scope="module")
def exported(detailed, tmp_path_factory):
    """Its export in ViDA-UGC's layout."""
    out = tmp_path_factory.mktemp("vida") / "export"
    counts = export(detailed, out, "vida")
    assert counts["train pictures"]
    assert counts["test pictures"]
    return out


def rows_of(folder):
    """All rows without pictures."""
    files = sorted((folder / "data").glob("*.parquet"))
    names = ["row_id", "task", "sub_task", "form", "question", "answer", "image_id", "pool"]
    return [row for file in files for row in pq.read_table(file, columns=names).to_pylist()]


def test_rows_have_the_three_tasks_and_validate(detailed, photos, spider):
    """All three tasks occur, and everything that is read again is found true."""
    tasks = Counter(row["task"] for row in rows_of(detailed))
    assert set(tasks) == {"vida_grounding", "vida_perception", "vida_description"}
    done = spider("validate", detailed, "--source", photos)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_stored_row_that_was_changed_is_found(detailed):
    """An answer with another box or letter is false under the stored record, every time."""
    files = sorted((detailed / "data").glob("*.parquet"))
    columns = list(Sample.model_fields)
    samples = [
        row for file in files for row in Sample.from_table(pq.read_table(file, columns=columns))
    ]
    scenes, tried = Scenes(detailed), 0
    for sample in samples:
        regions = scenes.facts(sample.image_id).regions
        assert not list(check_stored(sample, regions, FAMILIES))
        wrong = sample.answer.replace("<|box_start|>(", "<|box_start|>(1", 1)
        if sample.sub_task == "choice":
            wrong = "A." if sample.answer != "A." else "B."
        if wrong != sample.answer and sample.form not in ("position_where", "position_free"):
            tried += 1
            assert list(
                check_stored(sample.model_copy(update={"answer": wrong}), regions, FAMILIES)
            )
    assert tried > 20


def test_metadata_is_read_back_as_annotations(exported, tmp_path):
    """The importer finds every box of the metadata in its pictures."""
    path = exported / "train" / "train_metadata.json"
    records = json.loads(path.read_text())
    assert {record["mos_source"] for record in records} == {"computed"}
    found = list(read_file(path, "vida", Photographs(exported / "train" / "images")))
    boxes = sum(len(record["distortions"]) for record in records)
    assert sum(len(picture.regions) for picture in found) == boxes > 0


def test_training_records_are_read_back_with_their_tasks(exported):
    """The mixture reads every record of the nine files, boxes checked."""
    folder = exported / "train" / "ViDA-qwen2"
    combined = json.loads((folder / "combined.json").read_text())
    source = SourceConfig(
        path=str(folder / "combined.json"), kind="vida", images=str(exported / "train" / "images")
    )
    opened = open_source(source)
    assert len(opened) == len(combined)
    for row in range(len(opened)):
        opened.check(row)
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*.jsonl")}
    assert {"ViDA-G/dist_detect.jsonl", "ViDA-P/mcq.jsonl", "ViDA-D/assess.jsonl"} <= files


def test_boxes_in_texts_equal_the_metadata(exported):
    """Every box of an assessment is one of the picture's metadata, with its class and severity."""
    about = {
        record["image"]: {
            (d["distortion"], d["severity"], tuple(d["coordinates"])) for d in record["distortions"]
        }
        for record in json.loads((exported / "train" / "train_metadata.json").read_text())
    }
    file = exported / "train" / "ViDA-qwen2" / "ViDA-D" / "assess.jsonl"
    lines = file.read_text().splitlines()
    assert lines
    for line in lines:
        record = json.loads(line)
        said = set(read_groups(record["conversations"][1]["value"], read_vocabulary()))
        assert {tuple(one) for one in said} == about[record["image"]]


def test_the_truth_scores_one_in_all_six(exported, tmp_path):
    """The bench that is exported, answered with its own truth, gives six ones."""
    bench = exported / "val" / "ViDA-Bench"
    truth = read_truth(bench / "ground_truth")
    questions = json.loads((bench / "release" / "mcq.json").read_text())
    assert all("correct_ans" not in one for one in questions)
    answers = [{**one, "pred_ans": "A."} for one in questions]
    (tmp_path / "perception.json").write_text(json.dumps(answers))
    (tmp_path / "grounding.json").write_text("[]")
    (tmp_path / "description.json").write_text("[]")
    said = read_said(tmp_path, read_vocabulary())
    best = vida_report.best(truth, said)
    assert list(vida.headline(vida.mended(truth, best, QUICK), truth, best).values()) == [
        6.0,
        *[1.0] * 6,
    ]
    nothing = vida.headline(vida.mended(truth, said, QUICK), truth, said)
    assert nothing["Perception Accuracy"] < 1
    assert nothing["Distortion mAP"] == 0


def test_triplets_hold_every_step(detailed, tmp_path):
    """Boxes, classes and severities of the record; a clean picture is its full box."""
    export(detailed, tmp_path / "diag", "diag")
    scenes, seen = Scenes(detailed), set()
    for split in ("train", "test"):
        for record in json.loads((tmp_path / "diag" / f"{split}.json").read_text()):
            image_id = record["image"].removeprefix("images/").removesuffix(".png")
            facts = scenes.facts(image_id)
            steps = [step.severity for region in facts.degraded for step in region.chain]
            seen.add((split, bool(steps)))
            if steps:
                assert [severity for _, _, severity in record["triplets"]] == steps
            else:
                assert record["triplets"] == [[[0, 0, 1000, 1000], None, 0]]
    assert {("train", True), ("test", True)} <= seen


def test_absolute_paths_of_whole_pictures(detailed, tmp_path):
    """Triplets and instances name pictures by absolute paths where these are asked for."""
    for kind, file in (("diag", "train.json"), ("coco", "instances_train.json")):
        export(detailed, tmp_path / kind, kind, absolute=True)
        found = json.loads((tmp_path / kind / file).read_text())
        record = found[0] if kind == "diag" else found["images"][0]
        path = record["image" if kind == "diag" else "file_name"]
        assert path.startswith(str((tmp_path / kind / "images").resolve()))
        assert (tmp_path / kind / path).is_file()


def test_instances_are_read_by_pycocotools(detailed, tmp_path):
    """Masks, areas and attributes survive the way through COCO's own reader."""
    export(detailed, tmp_path / "coco", "coco")
    coco = COCO(str(tmp_path / "coco" / "instances_train.json"))
    scenes = Scenes(detailed)
    assert coco.anns
    for ann in coco.anns.values():
        name = coco.imgs[ann["image_id"]]["file_name"]
        facts = scenes.facts(name.removeprefix("images/").removesuffix(".png"))
        region = next(r for r in facts.regions if r.region_id == ann["attributes"]["region_id"])
        mask = coco.annToMask(ann)
        assert int(np.count_nonzero(mask)) == ann["area"]
        step = region.chain[ann["attributes"]["step"] - 1]
        assert (step.type, step.severity) == (
            ann["attributes"]["type"],
            ann["attributes"]["severity"],
        )


def test_a_dataset_without_such_rows_is_one_clear_line(dataset, tmp_path):
    """The message says what to build."""
    with pytest.raises(ConfigError, match="build with --tasks vida"):
        export(dataset, tmp_path / "none", "vida")
