"""Ingest: candidates become pictures or rejects; duplicates, exclusions and splits."""

from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa
import pytest

from flows.ingest.candidate import ingest_candidate, load_image
from flows.ingest.selection import SMALL_SET, select, split_of, splits
from flows.ingest.sources import list_candidates
from schemas.candidate import Candidate
from schemas.errors import ConfigError, PictureError
from schemas.settings.config import RunConfig

A, B, C = 0x0123456789ABCDEF, 0xFEDCBA9876543210, 0x0F0F0F0F33335555


def config(**sections: dict) -> RunConfig:
    return RunConfig.parse(sections)


def hashes(*values: int) -> np.ndarray:
    return np.array(values, np.uint64)


def run(contents, perceptual, **sections):
    subjects = [f"s/p/{index}.jpg" for index in range(len(contents))]
    return select(contents, perceptual, subjects, config(**sections))


@pytest.fixture
def folder(tmp_path, coffee):
    cv2.imwrite(str(tmp_path / "good.png"), coffee[..., ::-1])
    cv2.imwrite(str(tmp_path / "soft.png"), cv2.GaussianBlur(coffee, (0, 0), 5)[..., ::-1])
    (tmp_path / "bad.png").write_bytes(b"text")
    return tmp_path


def candidate(folder: Path, name: str) -> Candidate:
    return next(c for c in list_candidates([str(folder)]) if c.path == name)


def test_good_picture(folder, coffee):
    """A good file becomes a picture that leads its own group, with the pixels it was made from."""
    good = candidate(folder, "good.png")
    result = ingest_candidate(good, config(ingest={"licence": "CC0"}))
    picture = result.picture
    np.testing.assert_array_equal(result.image, coffee)
    np.testing.assert_array_equal(load_image(good, RunConfig()), coffee)
    assert (picture.width, picture.height, picture.format) == (600, 400, "PNG")
    assert picture.picture_id == picture.content_hash[:16] == picture.group
    assert (picture.source, picture.path) == (folder.name, "good.png")
    assert (picture.licence, picture.split, picture.rules) == ("CC0", "train", [])


def test_rejects_say_where_and_why(folder):
    """No picture is an ingest reject, a blurred one a screen reject; both name the file."""
    found = [ingest_candidate(candidate(folder, n), RunConfig()) for n in ("bad.png", "soft.png")]
    assert [(r.stage, r.reason, r.subject) for r in found] == [
        ("ingest", "not_an_image", f"{folder.name}/bad.png"),
        ("screen", "blurred", f"{folder.name}/soft.png"),
    ]


def test_screening_can_be_switched_off(folder):
    """Without screening the blurred picture stays and has its scores."""
    result = ingest_candidate(candidate(folder, "soft.png"), config(screen={"enabled": False}))
    assert result.picture.screen.sharpness < RunConfig().screen.min_sharpness


def test_file_that_vanished_between_the_stages(folder):
    """A file that was deleted after ingest is a PictureError in the build stage."""
    good = candidate(folder, "good.png")
    (folder / "good.png").unlink()
    with pytest.raises(PictureError) as caught:
        load_image(good, RunConfig())
    assert caught.value.reason == "unreadable"
    assert ingest_candidate(good, RunConfig()).reason == "unreadable"


def test_exact_duplicates():
    """Of the same pixels the first stays; the reject names it."""
    selection = run(pa.array(["a", "b", "a"]), hashes(A, B, A))
    assert selection.keep.tolist() == [True, True, False]
    (reject,) = selection.rejects
    assert (reject.stage, reject.reason, reject.subject) == (
        "ingest",
        "exact_duplicate",
        "s/p/2.jpg",
    )
    assert "s/p/0.jpg" in reject.detail


def test_near_duplicates_share_a_leader_or_go():
    """Near duplicates are kept under the first, or rejected where configured so."""
    near = hashes(A, B, A ^ 0b1111)
    kept = run(["a", "b", "c"], near)
    assert (kept.keep.all(), kept.leader.tolist(), kept.rejects) == (True, [0, 1, 0], [])
    dropped = run(["a", "b", "c"], near, ingest={"drop_near_duplicates": True})
    assert dropped.keep.tolist() == [True, True, False]
    assert [r.reason for r in dropped.rejects] == ["near_duplicate"]


@pytest.mark.parametrize("line", ["1.jpg", "p/1.jpg", "s/p/1.jpg", "./p/1.jpg", "b" * 64])
def test_exclusion_by_name_or_hash(tmp_path, line):
    """Base name, path, path with source, or content hash exclude exactly that picture."""
    (tmp_path / "no.txt").write_text(f"other.jpg\n\n{line}\n")
    contents = [letter * 64 for letter in "abc"]
    selection = run(contents, hashes(A, B, C), export={"exclude": str(tmp_path / "no.txt")})
    assert selection.keep.tolist() == [True, False, True]
    assert [(r.subject, r.reason) for r in selection.rejects] == [("s/p/1.jpg", "excluded")]


def test_exclusion_takes_near_duplicates_along(tmp_path):
    """What looks like an excluded picture is excluded, before and after it."""
    (tmp_path / "no.txt").write_text("1.jpg\n")
    near = hashes(A, A ^ 1, A ^ 2, B)
    selection = run(["a", "b", "c", "d"], near, export={"exclude": str(tmp_path / "no.txt")})
    assert selection.keep.tolist() == [False, False, False, True]
    assert {r.reason for r in selection.rejects} == {"excluded"}


def test_leader_is_one_that_is_kept(tmp_path):
    """Every kept picture's leader is kept, leads itself and comes first."""
    contents = ["a", "b", "a", "c", "d"]
    selection = run(contents, hashes(A, B, A, A ^ 3, B ^ 3))
    assert selection.leader[selection.keep].tolist() == [0, 1, 0, 1]
    assert selection.keep[selection.leader].all()


def test_unreadable_exclusions_are_the_users_mistake(tmp_path):
    """An exclusion list that is missing is a ConfigError of one line."""
    with pytest.raises(ConfigError, match=r"export\.exclude.*gone\.txt"):
        run(["a"], hashes(A), export={"exclude": str(tmp_path / "gone.txt")})


def test_nothing_to_select():
    """An empty run selects nothing."""
    selection = run([], hashes())
    assert (selection.keep.size, selection.leader.size, selection.rejects) == (0, 0, [])


def test_split_shares():
    """The share in the test split is about the configured one, and another seed draws others."""
    names = [f"{index:064x}" for index in range(3000)]
    test = {n for n in names if split_of(n, RunConfig()) == "test"}
    other = {n for n in names if split_of(n, RunConfig(seed=1)) == "test"}
    assert len(test) == pytest.approx(300, abs=60)
    assert len(test & other) < 100
    none = config(export={"test_share": 0.0})
    everything = config(export={"test_share": 1.0})
    assert {split_of(n, none) for n in names[:50]} == {"train"}
    assert {split_of(n, everything) for n in names[:50]} == {"test"}


def test_small_sets_have_both_splits():
    """Two pictures are enough for both splits; larger sets and shares of 0 or 1 are left alone."""
    names = [f"{index:064x}" for index in range(400)]
    for number in range(2, SMALL_SET):
        for start in range(0, 200, 20):
            few = names[start : start + number]
            found = splits(few, RunConfig())
            assert set(found.values()) == {"train", "test"}
            assert sum(found[name] != split_of(name, RunConfig()) for name in few) <= 1
            assert found == splits(reversed(few), RunConfig())
    for share in (0.0, 1.0):
        assert len(set(splits(names[:5], config(export={"test_share": share})).values())) == 1
    assert len(splits(names[:1], RunConfig())) == 1
    many = [name for name in names if split_of(name, RunConfig()) == "train"][:SMALL_SET]
    assert set(splits(many, RunConfig()).values()) == {"train"}


def test_splits_nest():
    """A larger share adds pictures to the test split and moves none out."""
    names = [f"{index:064x}" for index in range(500)]
    small, large = (config(export={"test_share": share}) for share in (0.1, 0.3))
    assert {n for n in names if split_of(n, small) == "test"} <= {
        n for n in names if split_of(n, large) == "test"
    }
