"""Fresh pictures while training: keyed, of the train split alone, drawn as a trainer asks."""

import shutil

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.ingest.selection import splits
from flows.run.online.classes import FLOOR, distribution
from flows.run.online.slots import Slots, slots_of
from flows.run.online.train_pictures import TrainPictures
from flows.training.rewards import Solution, total
from schemas.errors import ConfigError
from schemas.records import Picture


@pytest.fixture(scope="module")
def pictures(dataset, photos):
    return TrainPictures(dataset, [str(photos)])


def recorded(dataset):
    files = sorted((dataset / "records").glob("pictures-*.parquet"))
    return [picture for file in files for picture in Picture.from_table(pq.read_table(file))]


def test_only_train_pictures_can_enter(dataset, pictures):
    """What may be degraded is what the rule of splits itself puts into train, and nothing else."""
    everything = recorded(dataset)
    leaders = {picture.content_hash for picture in everything}
    rule = splits(leaders, pictures.config)
    assert set(rule.values()) == {"train", "test"}
    assert {p.content_hash for p in pictures.pictures} == {
        name for name, split in rule.items() if split == "train"
    }


def test_a_test_picture_under_a_train_name_is_not_loaded(dataset, photos, tmp_path):
    """A photograph counts by its pixels: a test picture put in the place of another stays out."""
    shutil.copytree(photos, tmp_path / photos.name)
    held = TrainPictures(dataset, [str(tmp_path / photos.name)])
    test = next(p for p in recorded(dataset) if p.split == "test")
    train = held.pictures[0]
    assert held.load(train) is not None
    shutil.copy(photos / test.path, tmp_path / photos.name / train.path)
    assert held.load(train) is None


def test_rows_are_keyed_and_true(dataset, pictures):
    """A slot gives the same row again, other slots others; its reference is worth 1."""
    made = [Slots(pictures, seed=5).row(step, slot) for step in (0, 1) for slot in (0, 1)]
    again = Slots(pictures, seed=5).row(1, 1)
    assert again["row_id"] == made[3]["row_id"]
    assert np.array_equal(again["images"][0], made[3]["images"][0])
    assert len({row["image_id"] for row in made}) == 4
    built = {f"{p.picture_id}-v{number}" for p in recorded(dataset) for number in (0, 1)}
    for row in made:
        assert row["image_id"] not in built
        assert total(row["reference"], Solution.from_json(row["solution"])) == 1


def test_weights_are_followed(pictures):
    """A family that weighs a thousand times the others is in all pictures that can carry it."""
    slots = Slots(pictures, seed=1)
    weights = {name: 1000.0 if name == "pixelate" else 1.0 for name in slots.families}
    rows = [slots.row(0, slot, weights) for slot in range(4)]
    assert sum("pixelate" in row["families"] for row in rows) >= 3
    plain = [slots.row(0, slot) for slot in range(4)]
    assert sum("pixelate" in row["families"] for row in plain) < 3


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from("abcdef"), st.floats(0, 1), max_size=6), st.floats(0.01, 10))
def test_distribution(running, temperature):
    """It sums to 1, leaves every class its share, and prefers what is rewarded least."""
    names = "abcdef"
    found = distribution(running, names, temperature)
    assert sum(found.values()) == pytest.approx(1)
    assert min(found.values()) >= FLOOR / len(names) * 0.999
    for one in running:
        for other in running:
            if running[one] < running[other]:
                assert found[one] >= found[other]


def test_slots_of_ranks():
    """Every slot belongs to exactly one of several training processes."""
    found = [slot for rank in range(3) for slot in slots_of(8, rank, 3)]
    assert sorted(found) == list(range(8))


def test_what_cannot_be_is_one_line(dataset, tmp_path):
    """No dataset, no photograph at hand, regions that a model must make."""
    with pytest.raises(ConfigError, match="manifest"):
        TrainPictures(tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    (other / "x.png").write_bytes(b"")
    with pytest.raises(ConfigError, match="no photograph of its train split"):
        TrainPictures(dataset, [str(other)])
    with pytest.raises(ConfigError, match="stored:REGIONS"):
        TrainPictures(dataset, [], "ssa")
