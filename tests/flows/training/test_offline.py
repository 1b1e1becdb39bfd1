"""``iqa-spider augment``: new rows that are true, the same bytes always, killed or not."""

import json
from collections import Counter
from dataclasses import replace

import numpy as np
import pyarrow.parquet as pq
import pytest

from annotators.questions.vida.check import Row, violations
from annotators.questions.vida.scene import scene
from annotators.questions.vida.vocabulary import read_vocabulary
from flows.store.ledger import forget
from flows.training.data import offline
from flows.training.data.geometry import cropped, mirrored
from flows.training.data.mixture import open_source
from flows.training.data.operations import OPERATIONS, cropped_rows, mirrored_row
from flows.training.data.scenes import Scenes
from schemas import masks
from schemas.errors import ConfigError
from schemas.records import Sample
from schemas.settings.training import OfflineConfig, SourceConfig
from schemas.streams import Stream
from tests.annotators.questions.test_vida import items_of
from tests.annotators.questions.vida_scenes import drawn_facts


def samples(facts, seed):
    """Rows of a drawn picture, as far as operations read them."""
    known = scene(facts, read_vocabulary())
    for number, item in enumerate(items_of(known, seed)):
        yield Sample.model_construct(
            row_id=f"{seed}/{number}",
            task=item.task,
            sub_task=item.sub_task,
            form=item.form,
            question=item.question,
            pool=item.pool,
            answer=item.answer,
            region_id=item.target.region_id if item.target else "",
        )


def said(row, new):
    """A new row as the check reads it."""
    return Row(new.sub_task, new.form, new.question, new.pool, new.answer, row.region_id)


@pytest.fixture(scope="module")
def pictures():
    """Drawn pictures with their rows."""
    found = [drawn_facts(Stream("offline", seed)) for seed in range(150)]
    return [(facts, list(samples(facts, seed))) for seed, facts in enumerate(found)]


def test_every_operation_keeps_rows_true(pictures):
    """Of more than 1,000 new rows of unchanged pictures none is false under the record."""
    made = Counter()
    for facts, rows in pictures:
        known = scene(facts, read_vocabulary())
        for row in rows:
            for name, operation in OPERATIONS.items():
                new = operation(row, known, Stream(name, row.row_id))
                if new is not None:
                    made[name] += 1
                    assert not violations(said(row, new), known), (name, row, new)
    assert set(made) == set(OPERATIONS)
    assert made.total() > 1000


def test_mirrors_and_windows_keep_rows_true(pictures):
    """Rows of mirrored and cropped pictures are held against records in the new geometry."""
    made = Counter()
    for seed, (facts, rows) in enumerate(pictures):
        image = np.zeros((facts.height, facts.width, 3), np.uint8)
        mirror = mirrored(facts, image)
        pairs = [(row, new) for row in rows if (new := mirrored_row(row))]
        if mirror:
            known = scene(mirror.facts, read_vocabulary())
            for row, new in pairs:
                made["mirror"] += 1
                assert not violations(said(row, new), known), (row, new)
        window = cropped(facts, image, Stream("crop", seed))
        if window:
            known = scene(window.facts, read_vocabulary())
            assert window.image.shape[0] % 8 == window.image.shape[1] % 8 == 0
            for row, new in cropped_rows(rows, known, Stream("ask", seed)):
                made["crop"] += 1
                assert not violations(said(row, new), known), (row, new)
    assert made["mirror"] > 500
    assert made["crop"] > 50


def test_a_window_keeps_regions_or_loses_them(pictures):
    """No region is cut in two: at least 70 % of its mask stays, or less than 2 %."""
    windows = 0
    for seed, (facts, _) in enumerate(pictures):
        image = np.arange(facts.height * facts.width * 3, dtype=np.uint32).astype(np.uint8)
        image = image.reshape(facts.height, facts.width, 3)
        window = cropped(facts, image, Stream("window", seed))
        if window is None:
            continue
        windows += 1
        kept = {region.region_id: region for region in window.facts.regions}
        for region in facts.regions:
            before = masks.area(region.mask, facts.height, facts.width)
            after = kept.get(region.region_id)
            size = window.facts.height, window.facts.width
            share = masks.area(after.mask, *size) / before if after else 0.0
            assert share >= 0.7 or after is None
    assert windows > 30


def test_a_resized_picture_would_be_caught(pictures):
    """Halving a picture and keeping its texts makes most groups false: boxes of other sizes."""
    caught = tried = 0
    for facts, rows in pictures:
        image = np.zeros((facts.height, facts.width, 3), np.uint8)
        window = cropped(facts, image, Stream("wrong", facts.image_id))
        if window is None or window.facts.width == facts.width:
            continue
        known = scene(replace(window.facts, references=facts.references), read_vocabulary())
        for row in rows:
            if row.sub_task == "detect" and known.flaws:
                tried += 1
                unchanged = Row("detect", "", row.question, row.pool, row.answer, "")
                caught += bool(violations(unchanged, known))
    assert tried > 10
    assert caught > 0.9 * tried


@pytest.fixture(scope="module")
def detailed(photos, spider, tmp_path_factory):
    """Four shards of rows in this shape."""
    out = tmp_path_factory.mktemp("offline") / "dataset"
    done = spider(
        *("build", photos, "--out", out, "--tasks", "vida", "--seed", 2, "--workers", 1),
        *("--shard-size", 2, "--set", 'plan.families=["blur","noise","compression","darken"]'),
    )
    assert done.returncode in (0, 3), done.stderr
    return out


def bytes_of(folder):
    """All Parquet files."""
    return {p.relative_to(folder): p.read_bytes() for p in sorted(folder.rglob("*.parquet"))}


def test_the_command_writes_a_dataset_that_is_mixed_with_its_parent(detailed, spider, tmp_path):
    """Rows name parent and operation, the report counts them, and training reads them."""
    out = tmp_path / "more"
    done = spider("augment", detailed, "--out", out)
    assert done.returncode == 0, done.stderr
    report = json.loads((out / "augment.json").read_text())
    parents = {
        row
        for file in (detailed / "data").glob("*.parquet")
        for row in pq.read_table(file, columns=["row_id"])["row_id"].to_pylist()
    }
    source = open_source(SourceConfig(path=str(out), name="more"))
    operations = Counter()
    for row in range(len(source)):
        example = source.example(row)
        parent, _, name = example.row_id.rpartition("~")
        assert parent in parents
        operations[name.rstrip("0123456789")] += 1
        facts = Scenes(out).facts(source._text[int(source._rows[row])]["image_id"])
        assert source.images(row)[0].size == (facts.width, facts.height)
    everything = sum(pq.read_metadata(file).num_rows for file in (out / "data").glob("*.parquet"))
    assert report["rows"] == everything
    assert {"mirror", "options", "wording"} <= set(operations)
    assert sum(report["by_task"].values()) == everything
    done = spider("export", out, "--format", "jsonl", "--out", tmp_path / "records")
    assert done.returncode == 0, done.stderr
    exported = [file.read_text().splitlines() for file in (tmp_path / "records").glob("*.jsonl")]
    assert sum(map(len, exported)) == everything


@pytest.mark.parametrize("command", ["validate", "stats", "show", "look", "subset"])
def test_what_wants_a_dataset_says_that_this_is_none(detailed, spider, tmp_path, command):
    """Rows made before training have no photographs and no plan: one line says what they are."""
    out = tmp_path / "more"
    offline.augment_dataset(detailed, out, OfflineConfig(mirror=0, crop=0))
    more = {"show": [0, "--out", tmp_path / "row.png"]}
    more["subset"] = ["--where", "1 = 1", "--out", tmp_path / "part"]
    done = spider(command, out, *more.get(command, ()))
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert "made of a dataset" in done.stderr


def test_a_killed_run_goes_on_and_gives_the_same_bytes(detailed, tmp_path, monkeypatch):
    """Whatever was finished is kept, the rest is made, and the result is that of one run."""
    config = OfflineConfig(seed=3)
    whole = tmp_path / "whole"
    offline.augment_dataset(detailed, whole, config)
    killed = tmp_path / "killed"
    real, done = offline._shard, []

    def dies(dataset, out, shard, *rest):
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(shard)
        return real(dataset, out, shard, *rest)

    monkeypatch.setattr(offline, "_shard", dies)
    with pytest.raises(KeyboardInterrupt):
        offline.augment_dataset(detailed, killed, config)
    monkeypatch.setattr(offline, "_shard", real)
    offline.augment_dataset(detailed, killed, config)
    assert bytes_of(killed) == bytes_of(whole)
    forget(killed, 0)
    offline.augment_dataset(detailed, killed, config)
    assert bytes_of(killed) == bytes_of(whole)
    other = tmp_path / "other"
    offline.augment_dataset(detailed, other, OfflineConfig(seed=4))
    assert bytes_of(other) != bytes_of(whole)


def test_a_folder_that_holds_something_else_is_refused(detailed, dataset, tmp_path):
    """Neither another run's folder nor rows of other tasks are taken silently."""
    offline.augment_dataset(detailed, tmp_path / "a", OfflineConfig(seed=1, cap=1))
    with pytest.raises(ConfigError, match="is not empty and holds no rows made of this dataset"):
        offline.augment_dataset(detailed, tmp_path / "a", OfflineConfig(seed=2, cap=1))
    with pytest.raises(ConfigError, match="build with --tasks vida"):
        offline.augment_dataset(dataset, tmp_path / "b", OfflineConfig())
