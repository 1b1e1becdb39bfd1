"""Pairs of a real dataset: what is written, read again and recomputed."""

import json

import numpy as np
import pyarrow.parquet as pq
import pytest

from annotators.pairs.asking import read_choice
from annotators.pairs.relation import opposite, relation
from flows.dataset.export import export
from flows.dataset.pairs.classes import class_of, severity_of, strongest
from flows.dataset.pairs.make import PairSettings, make_pairs
from flows.store.png import decode_png
from flows.training.rewards import REWARDS, Solution
from schemas import masks
from schemas.errors import ConfigError, UnknownNameError
from schemas.records import DegradedRegion
from tests.annotators.builders import region, step
from tests.flows.dataset.pairs import panda_loader

SPLITS = ("train", "test")


@pytest.fixture(scope="module")
def everything(dataset, photos, tmp_path_factory):
    """All ordered pairs of the dataset, with all questions."""
    out = tmp_path_factory.mktemp("pairs") / "all"
    make_pairs(dataset, out, PairSettings(per_picture=0, questions=50), [str(photos)])
    return out


def lines(out, kind):
    files = [out / kind / f"{split}.jsonl" for split in SPLITS]
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


def rows_of(out):
    tables = [pq.read_table(out / "data" / f"{split}.parquet") for split in SPLITS]
    return [row for table in tables for row in table.to_pylist()]


def swapped(text):
    text = text.replace("first picture", "THAT").replace("second picture", "first picture")
    return text.replace("THAT", "second picture")


def test_relations_recompute_and_swap(everything):
    """Every relation follows from the stored scores; the swapped pair has the opposite one."""
    held = {record["pair_id"]: record for record in lines(everything, "records")}
    assert any("clean" in pair_id for pair_id in held)
    for pair_id, record in held.items():
        picture, names = pair_id.split("/")
        other = held[f"{picture}/{'-'.join(names.split('-')[::-1])}"]
        for one, same in zip(record["regions"], other["regions"], strict=True):
            assert one["relation"] == relation(one["anchor"]["score"], one["target"]["score"])
            assert same["relation"] == opposite(one["relation"])
            assert (one["anchor"], one["target"]) == (same["target"], same["anchor"])
            if not one["anchor"]["chain"] and not one["target"]["chain"]:
                assert one["relation"] == "same"


def test_questions_of_swapped_pairs(everything):
    """The same questions come in both orders, their answers swapped."""
    held = {}
    for row in rows_of(everything):
        held[row["anchor"], row["target"], row["region_id"]] = row
    assert len(held) > 20
    for (anchor, target, region_id), row in held.items():
        other = held[target, anchor, region_id]
        assert row["question"] == other["question"]
        if row["form"] == "relation":
            said = [read_choice(r["question"], r["answer"]) for r in (row, other)]
            assert said == [row["relation"], opposite(row["relation"])]
        else:
            assert swapped(row["answer"]) == other["answer"]


def test_pictures_are_those_of_the_dataset(dataset, everything):
    """A row holds the bytes of anchor and target, in this order; splits stay apart."""
    stored = {}
    for file in (dataset / "data").iterdir():
        split = file.name.split("-")[0]
        for row in pq.read_table(file, columns=["image", "image_id"]).to_pylist():
            stored[row["image_id"]] = (split, row["image"]["bytes"])
    for row in rows_of(everything):
        for name, picture in zip(("anchor", "target"), row["images"], strict=True):
            assert picture["path"] == f"{row[name]}.png"
            if row[name] in stored:
                assert stored[row[name]] == (row["split"], picture["bytes"])


def test_graphs(everything):
    """A graph names every region twice, with three attributes each and one relation."""
    records = {record["pair_id"]: record for record in lines(everything, "records")}
    for line in lines(everything, "graphs"):
        graph, regions = line["graph"], records[line["pair_id"]]["regions"]
        number = len(regions)
        assert [entry["id"] for entry in graph["objects"]] == [
            str(first + side * number) for first in range(number) for side in (0, 1)
        ]
        assert len(graph["attributes"]) == 6 * number
        assert [entry["predicate"] for entry in graph["art"]] == [r["relation"] for r in regions]
        for part in graph.values():
            assert all(isinstance(value, str) for entry in part for value in entry.values())


def test_a_sample_is_keyed(spider, dataset, photos, tmp_path):
    """The same seed draws the same pairs to the byte; the manifest says by which thresholds."""
    for name in ("a", "b"):
        done = spider("pairs", dataset, "--out", tmp_path / name, "--source", photos)
        assert done.returncode == 0, done.stderr
    for file in ("data/train.parquet", "records/train.jsonl", "graphs/train.jsonl"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()
    manifest = json.loads((tmp_path / "a" / "manifest.json").read_text())
    assert manifest["thresholds"] == {"slightly": 0.1, "significantly": 0.3}
    assert sum(manifest["shares"].values()) == pytest.approx(1, abs=0.01)
    assert manifest["counts"]["pairs"] == len(lines(tmp_path / "a", "records"))
    made = make_pairs(dataset, tmp_path / "c", PairSettings(seed=1), [str(photos)])
    assert made["counts"]["pairs"] == manifest["counts"]["pairs"]
    assert lines(tmp_path / "c", "records") != lines(tmp_path / "a", "records")
    done = spider("pairs", "--help")
    assert "swap the pictures and the answer swaps" in " ".join(done.stdout.split())


@pytest.mark.parametrize("kind", ["sharegpt", "swift", "llava", "jsonl"])
def test_trainers_records_have_two_pictures(everything, tmp_path, kind):
    """Each record of a trainer names both pictures and has a place for each in its text."""
    export(everything, tmp_path, kind)
    file = next(tmp_path.glob("train.json*"))
    text = file.read_text()
    records = (
        json.loads(text)
        if file.suffix == ".json"
        else [json.loads(line) for line in text.splitlines()]
    )
    rows = pq.read_table(everything / "data" / "train.parquet").to_pylist()
    assert len(records) == len(rows)
    for record, row in zip(records, rows, strict=True):
        pictures = record.get("images") or record["image"]
        held = [picture["bytes"] for picture in row["images"]]
        assert [(tmp_path / name).read_bytes() for name in pictures] == held
        turns = record.get("conversations") or record["messages"]
        first = turns[0].get("value") or turns[0]["content"]
        assert first.count("<image>") == (0 if kind == "jsonl" else 2)
        assert row["question"] in first


def test_rewards_of_choices(everything, tmp_path):
    """For reinforcement the choices come with solutions that their own answers fulfil."""
    export(everything, tmp_path, "grpo")
    rows = pq.read_table(tmp_path / "train.parquet").to_pylist()
    assert rows
    for row in rows:
        assert REWARDS["choice"](row["reference"], Solution.from_json(row["solution"])) == 1
        assert len(row["images"]) == 2
    with pytest.raises(UnknownNameError, match="export format of pairs"):
        export(everything, tmp_path / "v", "vida")


def test_panda_reads_its_layout(dataset, photos, tmp_path):
    """A loader of Panda's layout iterates over the export; classes, masks, scores are ours."""
    made = export(dataset, tmp_path, "panda", sources=(str(photos),))
    recorded = {}
    for file in (dataset / "records").glob("degraded-*.parquet"):
        for one in DegradedRegion.from_table(pq.read_table(file)):
            recorded[one.image_id, one.region_id] = one
    found, classes = 0, set()
    for split in SPLITS:
        for anchor, target, tag, images, regions in panda_loader.pairs(tmp_path, split):
            assert images[0].shape == images[1].shape
            found += 1
            for one, other in regions:
                assert np.array_equal(panda_loader.mask_of(one), panda_loader.mask_of(other))
                assert panda_loader.compared(one["score_fr"], other["score_fr"]) == relation(
                    one["score_fr"], other["score_fr"]
                )
                for region_, name in ((one, anchor), (other, target)):
                    assert region_["degradation"] in panda_loader.CLASSES
                    assert (region_["degradation"] == "clean") == (region_["severity"] == 0)
                    classes.add(region_["degradation"])
                    number = int(name.removeprefix("mixed") or 1) - 1
                    stem = tag.removesuffix(".png")
                    key = (f"{stem}-v{number}", f"{stem}/{region_['category_id']}")
                    if (ours := recorded.get(key)) and ours.chain:
                        assert region_["degradation"] == class_of(ours)
                        assert region_["score_fr"] == pytest.approx(ours.scores.ssim, abs=1e-6)
    assert found == 2 * made["photographs"] > 0
    assert {"clean", "blur"} <= classes
    assert len(list((tmp_path / "gt").rglob("*.png"))) == made["photographs"]


def test_strict_leaves_chains_out(dataset, photos, tmp_path):
    """In strict mode no picture with a chain of several is exported; the others all are."""
    loose = export(dataset, tmp_path / "l", "panda", sources=(str(photos),))
    assert loose["regions with the stronger of several steps"] > 0
    with pytest.raises(ConfigError, match="no photograph with all its variants"):
        export(dataset, tmp_path / "s", "panda", sources=(str(photos),), strict=True)
    made = make_pairs(dataset, tmp_path / "p", PairSettings(0, strict=True), [str(photos)])
    for record in lines(tmp_path / "p", "records"):
        for one in record["regions"]:
            assert max(len(one[side]["chain"]) for side in ("anchor", "target")) < 2
    assert made["counts"]["left out: chain of several"] > 0


def test_the_stronger_of_two_steps():
    """Of a chain the step with more damage stands for it; without a safe grade its damage does."""
    less, more = (
        step(family, grade, kind=kind, losses=(0, 0, damage))
        for family, grade, kind, damage in (
            ("noise", "mild", "poisson_noise", 0.4),
            ("blur", "", "lens_blur", 2.7),
        )
    )
    found = region("0", [more, less])
    assert strongest(found) is more
    assert (class_of(found), severity_of(found)) == ("blur", 3)
    assert class_of(region("0", [step("quantization", kind="quantize_otsu")])) is None
    assert (class_of(region("0")), severity_of(region("0"))) == ("clean", 0)


def test_mistakes_are_one_line(spider, dataset, photos, tmp_path):
    """An unknown score, no dataset, a folder with something else."""
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").write_text("")
    for folder, more, words in (
        (dataset, ("--out", tmp_path / "o", "--score", "psnr"), "unknown score"),
        (tmp_path, ("--out", tmp_path / "o"), "manifest.json is missing"),
        (dataset, ("--out", tmp_path / "full"), "not empty"),
        (dataset, ("--out", tmp_path / "o", "--thresholds", "0.3,0.1"), "must rise"),
        (dataset, ("--out", tmp_path / "o", "--thresholds", "0.3"), "expected two numbers"),
    ):
        done = spider("pairs", folder, *more)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
        assert words in done.stderr


PLUGIN = """
import numpy as np
from annotators.pairs.scores import pair_score


@pair_score("likeness")
def likeness(reference, degraded, mask):
    return 1 - np.abs(reference[mask] / 255 - degraded[mask] / 255).mean()


@pair_score("beyond")
def beyond(reference, degraded, mask):
    return 1.5
"""


def test_a_score_of_a_plugin(spider, dataset, photos, tmp_path):
    """Relations come from what a plugin measures on photograph, picture and mask; 1 means clean."""
    (tmp_path / "likeness.py").write_text(PLUGIN)
    asked = ("--source", photos, "--plugin", tmp_path / "likeness.py", "--per-picture", 0)
    done = spider("pairs", dataset, "--out", tmp_path / "p", "--score", "likeness", *asked)
    assert done.returncode == 0, done.stderr
    checked = 0
    for row in rows_of(tmp_path / "p"):
        shown = [decode_png(picture["bytes"]).astype(float) for picture in row["images"]]
        inside = masks.decode(row["mask"], row["height"], row["width"])
        wanted = 1 - np.abs(shown[0][inside] - shown[1][inside]).mean() / 255
        if row["target"].endswith("clean") and row["anchor_chain"]:
            assert row["anchor_score"] == pytest.approx(wanted, abs=1e-6)
            assert row["target_score"] == 1
            checked += 1
        assert row["relation"] == relation(row["anchor_score"], row["target_score"])
    assert checked > 3
    assert spider("validate", tmp_path / "p").returncode == 0
    limits = ("--thresholds", "0.02,0.05")
    made = spider("pairs", dataset, "--out", tmp_path / "l", "--score", "likeness", *asked, *limits)
    assert made.returncode == 0, made.stderr
    for row in rows_of(tmp_path / "l"):
        scores = row["anchor_score"], row["target_score"]
        assert row["relation"] == relation(*scores, (0.02, 0.05))
    assert spider("validate", tmp_path / "l").returncode == 0
    done = spider("pairs", dataset, "--out", tmp_path / "q", "--score", "beyond", *asked)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "likeness.py" in done.stderr
    assert "expected 0 to 1" in done.stderr
