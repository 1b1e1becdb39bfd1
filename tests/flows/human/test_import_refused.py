"""Annotations that cannot be used: rejects with reasons, or one line."""

import json

import numpy as np
import pyarrow.parquet as pq
import pytest

from flows.human.photographs import Photographs
from schemas.errors import ConfigError, ExitStatus
from schemas.masks import decode
from tests.flows.human.tasks import HEIGHT, WIDTH, box, region, run, task

BAD = {
    "beyond": (region("a", box(60, 60, 90, 90), "cup"), None),
    "outside": (region("a", box(-900, 0, 5, 5), "cup"), "empty_mask"),
    "short brush": (
        region("a", {"format": "rle", "rle": [0, 1, 2]}, "cup", kind="brushlabels"),
        "bad_rle",
    ),
    "two points": (
        region("a", {"points": [[1, 1], [2, 2]]}, "cup", kind="polygonlabels"),
        "bad_polygon",
    ),
    "unknown flaw": (region("a", box(5, 5, 40, 40), "cup", ["wobble"]), "unknown_flaw"),
    "point": (
        region("a", {"x": 50, "y": 50, "width": 1}, "blur", ["noise"], kind="keypointlabels"),
        "unknown_shape",
    ),
    "doubled": (
        region("a", box(5, 5, 40, 40), "cup") + region("b", box(5, 5, 40, 40), "cup"),
        "duplicate",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_shapes_are_rejects(images, tmp_path, name):
    """What cannot be used is left out with its reason, the rest goes on."""
    results, reason = BAD[name]
    file, out = tmp_path / "e.json", tmp_path / "a"
    file.write_text(json.dumps([task("p0.png", results), task("p1.png", [])]))
    assert run(file, images, out) == ExitStatus.WITH_REJECTS
    rejects = {row["reason"] for row in pq.read_table(out / "rejects.parquet").to_pylist()}
    assert rejects == ({reason} if reason else set())
    pictures = pq.read_table(out / "pictures.parquet").to_pylist()
    assert [picture["flaws"] for picture in pictures] == [[], []]


@pytest.mark.parametrize("name", ["../p0.png", "/etc/passwd", "link.png", "missing.png"])
def test_nothing_outside_the_folder_is_read(images, tmp_path, name):
    """Names are compared with what lies in the folder; links out of it are not followed."""
    outside = tmp_path / "outside.png"
    outside.write_bytes((images / "p0.png").read_bytes())
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "p1.png").write_bytes((images / "p1.png").read_bytes())
    (folder / "link.png").symlink_to(outside)
    assert Photographs(folder).find(name) is None


def test_broken_files_are_one_line(images, spider, tmp_path):
    """Not JSON, not UTF-8, of no known format, an XML bomb, no picture folder."""
    bomb = (
        '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]>'
        "<annotations>&c;</annotations>"
    )
    files = {
        "not valid JSON": b"{",
        "not UTF-8": b'{"a": "\xff"}',
        "no known format": b'{"a": 1}',
        "nested too deep": b"[" * 100_000,
        "not CVAT's XML": b"<svg/>",
        "entities are not read": bomb.encode(),
        "mismatched": b"<annotations><b></annotations>",
    }
    for words, data in files.items():
        file = tmp_path / "f"
        file.write_bytes(data)
        with pytest.raises(ConfigError, match=words) as caught:
            run(file, images, tmp_path / "o")
        assert "\n" not in str(caught.value)
    done = spider("import", file, "--images", images, "--out", tmp_path / "o")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert words in done.stderr
    done = spider("import", file, "--images", tmp_path / "none", "--out", tmp_path / "o")
    assert "no such folder" in done.stderr


def test_other_size_same_photograph(images, spider, tmp_path):
    """Marks made at twice the size come down with the picture; another shape is refused."""
    results = region("a", box(10, 10, 50, 50), "cup")
    for made in results:
        made["original_width"], made["original_height"] = 2 * WIDTH, 2 * HEIGHT
    other = region("b", box(10, 10, 50, 50), "cup")
    for made in other:
        made["original_width"] = 3 * WIDTH
    file, out = tmp_path / "e.json", tmp_path / "a"
    file.write_text(json.dumps([task("p0.png", results), task("p1.png", other)]))
    assert spider("import", file, "--images", images, "--out", out).returncode == 3
    (row,) = pq.read_table(out / "regions.parquet").to_pylist()
    assert decode(row["mask"], HEIGHT, WIDTH).mean() == pytest.approx(0.25, rel=0.02)
    (reject,) = pq.read_table(out / "rejects.parquet").to_pylist()
    assert reject["reason"] == "annotation_size_mismatch"


def test_turned_photographs_are_marked_as_displayed(spider, tmp_path, coffee):
    """Marks fit the picture as its EXIF orientation shows it; unturned ones are refused."""
    from PIL import Image

    folder = tmp_path / "in"
    folder.mkdir()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(np.ascontiguousarray(coffee[:300, :400])).save(folder / "t.jpg", exif=exif)
    shown, stored = region("a", box(0, 0, 100, 50), "cup"), region("b", box(0, 0, 50, 50), "cup")
    for made in shown:
        made["original_width"], made["original_height"] = HEIGHT, WIDTH
    (tmp_path / "e.json").write_text(
        json.dumps([task("t.jpg", shown, 1), task("t.jpg", stored, 2)])
    )
    out = tmp_path / "a"
    done = spider("import", tmp_path / "e.json", "--images", folder, "--out", out)
    assert done.returncode == 3, done.stderr
    (row,) = pq.read_table(out / "regions.parquet").to_pylist()
    assert row["box"] == [0, 0, 300, 200]
    (reject,) = pq.read_table(out / "rejects.parquet").to_pylist()
    assert reject["reason"] == "annotation_size_mismatch"
