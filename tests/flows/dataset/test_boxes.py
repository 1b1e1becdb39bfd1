"""Rows with boxes: built, validated, counted, exported in every notation, and read as a bench."""

import json
import shutil

import pyarrow.parquet as pq
import pytest

from annotators.check.stored_answer import check_stored
from annotators.language.grid import shares
from annotators.language.notation import NOTATIONS, parse
from distortions.registry import FAMILIES
from flows.dataset.export import export
from flows.dataset.statistics.stats import collect, task_lines
from flows.dataset.validate import validate
from flows.dataset.validate_shard import ShardToCheck, check_shard
from flows.evaluation.benchmarks.giqa import evaluate
from flows.evaluation.benchmarks.giqa_records import read_entries
from flows.evaluation.intervals import Settings
from flows.store.cited import permuted
from schemas.errors import ConfigError
from schemas.records import RowBox, Sample


@pytest.fixture(scope="module")
def boxed(photos, spider, tmp_path_factory):
    """A dataset of questions with boxes alone: eight photographs, two shards."""
    out = tmp_path_factory.mktemp("boxed") / "dataset"
    done = spider("build", photos, "--out", out, "--shard-size", 4, "--tasks", "giqa", "--seed", 4)
    assert done.returncode in (0, 3), done.stderr
    return out


def rows_of(folder):
    """Rows without pictures."""
    files = sorted((folder / "data").glob("*.parquet"))
    names = [n for n in pq.read_schema(files[0]).names if n != "image"]
    return [row for file in files for row in pq.read_table(file, columns=names).to_pylist()]


def boxes_of(folder):
    """Row id to boxes."""
    found = {}
    for file in sorted((folder / "records").glob("boxes-*.parquet")):
        for box in RowBox.from_table(pq.read_table(file)):
            found.setdefault(box.row_id, []).append(box)
    return found


def test_every_mention_leads_to_its_region(boxed):
    """Each mention of each text has its exact box, which is that of a recorded region."""
    regions = {
        (row["image_id"], row["region_id"]): row["box"]
        for file in (boxed / "records").glob("degraded-*.parquet")
        for row in pq.read_table(file, columns=["image_id", "region_id", "box"]).to_pylist()
    }
    boxes, rows = boxes_of(boxed), rows_of(boxed)
    assert rows
    for row in rows:
        held = boxes.get(row["row_id"], [])
        cited = [
            (part, one.name) for part in ("question", "answer") for one in parse(row[part]).cited
        ]
        assert [(box.part, box.name) for box in held] == cited
        assert row["task"] == "giqa"
        if row["sub_task"] != "giqa_description":
            assert held
        for box in held:
            assert box.box == regions[row["image_id"], box.region_id]


def test_it_validates_and_a_moved_box_is_found(boxed, tmp_path):
    """Nothing is wrong with it, until a box or a cell is changed."""
    assert list(validate(boxed)) == []
    shutil.copytree(boxed, tmp_path / "d")
    file = sorted((tmp_path / "d" / "records").glob("boxes-*"))[0]
    boxes = RowBox.from_table(pq.read_table(file))
    boxes[0] = boxes[0].model_copy(update={"box": [0, 0, 5, 5]})
    pq.write_table(RowBox.table(boxes), file)
    shard = file.stem.removeprefix("boxes-")
    found = check_shard(ShardToCheck(tmp_path / "d", shard, ())).defects
    rules = {(defect.row, defect.rule) for defect in found}
    assert (boxes[0].row_id, "boxes") in rules


def test_a_stored_praise_of_a_picture_that_was_vouched_for(boxed):
    """That nothing disturbs may stand where the source's scores vouch for it, and only there."""
    file = next(iter(sorted((boxed / "data").glob("*.parquet"))))
    samples = Sample.from_table(pq.read_table(file, columns=list(Sample.model_fields)))
    sample = next(one for one in samples if one.sub_task == "giqa_description")
    fine = "The quality of this picture is good. Nothing disturbs the view."
    sample = sample.model_copy(update={"answer": fine, "chain": []})
    assert not list(check_stored(sample, [], FAMILIES, clear=True))
    assert [rule for rule, _ in check_stored(sample, [], FAMILIES)] == ["unfounded_clean"]


def test_yes_and_no_are_balanced_and_counted(boxed, spider):
    """As many yes as no; ``stats`` has a line for each kind."""
    forms = [row["form"] for row in rows_of(boxed) if row["sub_task"] == "giqa_yes_no"]
    assert forms.count("yes") == forms.count("no") > 0
    lines = {name: train + test for name, train, test in task_lines(collect(boxed))}
    assert lines["with boxes (GIQA): yes"] == forms.count("yes")
    assert "with boxes (GIQA): description" in spider("stats", boxed).stdout


def test_the_bench_of_the_export_is_read_and_scored(boxed, tmp_path):
    """The truth as prediction reaches the grid ceiling; the rest of the export is complete."""
    out = tmp_path / "e"
    counts = export(boxed, out, "giqa")
    des, vqa = (json.loads((out / name).read_text()) for name in ("des.json", "vqa.json"))
    assert counts["train"] == len(des) + len(vqa)
    assert des[0]["conversations"][0]["value"].startswith("<image>\n")
    exact = {row["id"]: row["boxes"] for row in json.loads((out / "boxes.json").read_text())}
    assert set(exact) == {row["id"] for row in des + vqa}
    bench = json.loads((out / "bench.json").read_text())
    assert counts["test"] == len(bench) > 0
    (out / "p.jsonl").write_text(
        "".join(json.dumps({"id": r["id"], "answer": r["answer"]}) + "\n" for r in bench)
    )
    truth = read_entries(out / "bench.json", "--giqa")
    said = {e.key: e for e in read_entries(out / "p.jsonl", "--giqa-predictions", truth)}
    found = evaluate(truth, said, Settings(0))["systems"]
    mine, ceiling = found["predictions"], found["grid_ceiling"]
    assert {k: v.value for k, v in mine.items()} == {k: v.value for k, v in ceiling.items()}
    assert mine["acc_total"].value == 1


@pytest.mark.parametrize("notation", [*NOTATIONS, "names", "permuted"])
def test_every_notation_says_the_same_of_the_same_boxes(boxed, tmp_path, notation):
    """Names stay, boxes are the exact ones within the notation's step; the controls lose them."""
    export(boxed, tmp_path / "e", "jsonl", boxes=notation)
    plain = {row["row_id"]: row for row in rows_of(boxed)}
    for line in (tmp_path / "e" / "train.jsonl").read_text().splitlines():
        row = json.loads(line)
        size = row["width"], row["height"]
        before = parse(plain[row["row_id"]]["answer"])
        read = "" if notation in ("names", "permuted") else notation
        after = parse(row["answer"], read, size)
        assert after.plain == before.plain
        assert row["messages"][1]["content"] == row["answer"]
        if notation == "names":
            assert after.cited == ()
            continue
        assert [one.name for one in after.cited] == [one.name for one in before.cited]
        exact = [shares(b["box"], *size) for b in row.get("boxes", []) if b["part"] == "answer"]
        said = [box for one in after.cited for box in one.boxes]
        if notation != "permuted":
            step = {"grid20": 0.0251, "grid40": 0.0126, "qwen25vl": 0.004}.get(notation, 0.00051)
            for one, other in zip(said, exact, strict=True):
                assert one == pytest.approx(other, abs=step)


def test_permuted_boxes_are_those_of_other_pictures():
    """No region keeps a box of its own picture; a single picture has nothing to swap with."""
    boxes = {(f"p{n // 2}", f"r{n}"): (n / 10, 0.0, 1.0, 1.0) for n in range(8)}
    found = permuted(boxes)
    assert set(found) == set(boxes)
    for (picture, _), box in found.items():
        assert box not in [other for (one, _), other in boxes.items() if one == picture]
    assert permuted(dict(reversed(boxes.items()))) == found
    with pytest.raises(ConfigError, match="at least two pictures"):
        permuted({("p", "a"): (0, 0, 1, 1)})


def test_mistakes_are_one_line(dataset, boxed, spider, tmp_path):
    """A dataset without such rows, and a notation that is none, are refused."""
    for folder, more, words in (
        (dataset, (), "no rows of giqa; build with --tasks giqa"),
        (boxed, ("--boxes", "grid30"), "unknown notation of boxes 'grid30'"),
    ):
        done = spider("export", folder, "--format", "giqa", "--out", tmp_path / "o", *more)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
        assert words in done.stderr
