"""Names out of files that somebody else made lead nowhere but where they belong."""

import json
import os
import shutil

import cv2
import numpy as np
import pyarrow.parquet as pq
import pytest

from flows.dataset.export import export
from flows.regions.choose import chosen_source
from flows.store.inside import file_stem, read_inside
from schemas.errors import ConfigError, PictureError
from schemas.settings.config import RegionConfig
from tests.doubles.records import picture


def altered(dataset, folder, **values):
    """A copy of a dataset whose first row holds other values."""
    shutil.copytree(dataset, folder)
    file = sorted((folder / "data").glob("train-*"))[0]
    table = pq.read_table(file)
    rows = table.to_pylist()
    rows[0].update(values)
    pq.write_table(table.from_pylist(rows, schema=table.schema), file)
    return folder


@pytest.mark.parametrize("kind", ["sharegpt", "swift", "llava", "jsonl"])
def test_export_writes_nothing_outside_its_folder(dataset, tmp_path, kind):
    """A picture whose name climbs is one line, and no file of it is anywhere."""
    bad = altered(dataset, tmp_path / "bad", image_id="../../pwned")
    with pytest.raises(ConfigError, match="image_id: expected"):
        export(bad, tmp_path / "a" / "b" / "out", kind)
    made = {path.name for path in tmp_path.rglob("*") if "bad" not in path.parts}
    assert not [name for name in made if "pwned" in name]


def test_export_writes_no_other_bytes(dataset, tmp_path):
    """What is no PNG does not become a file, whatever the row calls it."""
    evil = {"bytes": b"#!/bin/sh evil", "path": "x"}
    bad = altered(dataset, tmp_path / "bad", image=evil)
    with pytest.raises(ConfigError, match="its picture is no PNG"):
        export(bad, tmp_path / "out", "llava")


def test_export_of_what_is_no_dataset_is_one_line(dataset, tmp_path):
    """A file without our columns, and one that is cut, are named."""
    shutil.copytree(dataset, tmp_path / "bad")
    file = sorted((tmp_path / "bad" / "data").glob("train-*"))[0]
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ConfigError, match="its train files cannot be read"):
        export(tmp_path / "bad", tmp_path / "o", "llava")
    file.write_bytes(whole)
    pq.write_table(pq.read_table(file).drop_columns(["image_id"]), file)
    with pytest.raises(ConfigError, match="no column image_id"):
        export(tmp_path / "bad", tmp_path / "o", "llava")


def test_stems():
    """Ours and plain ones are taken as they are; paths, blanks, odd kinds and long ones are not."""
    for name in ("0123456789abcdef-v1", "A_b-9"):
        assert file_stem(name, "x") == name
    for name in ("../a", "/a", "a/b", "", "a\nb", "x" * 300, "..", "a.b", "-rf", "\u00e4", None, 3):
        with pytest.raises(ConfigError, match="what: expected"):
            file_stem(name, "what")


def test_only_plain_files_inside_a_folder_are_read(tmp_path):
    """Climbing, absolute, linked, endless, piped, large and unnamed: each is an OSError at once."""
    folder = tmp_path / "in"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "a.png").write_bytes(b"inside")
    (tmp_path / "secret").write_bytes(b"outside")
    (folder / "link").symlink_to(tmp_path / "secret")
    (folder / "large").write_bytes(bytes(101))
    os.mkfifo(folder / "pipe")
    (folder / "zero").symlink_to("/dev/zero")
    assert read_inside(folder, "sub/../sub/a.png") == b"inside"
    for name in (
        "../secret",
        str(tmp_path / "secret"),
        "link",
        "large",
        "pipe",
        "zero",
        "sub",
        "",
        "../../../../dev/zero",
        "sub/a\0.png",
        "a\n",
        "gone",
        "x" * 400,
        "half of a character \ud800",
    ):
        with pytest.raises(OSError, match=r".+") as caught:
            read_inside(folder, name, 100)
        assert caught.value.strerror


@pytest.mark.parametrize("way", ["climb", "absolute", "pipe"])
def test_a_panoptic_file_reads_label_maps_of_its_own_folder_only(tmp_path, way):
    """Anything else is a reject of that picture, with no wait and nothing read."""
    folder = tmp_path / "coco"
    folder.mkdir()
    names = {"climb": "../map.png", "absolute": str(tmp_path / "map.png"), "pipe": "pipe.png"}
    cv2.imwrite(str(tmp_path / "map.png"), np.full((8, 8, 3), (0, 0, 7), np.uint8))
    os.mkfifo(folder / "pipe.png")
    annotation = {
        "image_id": 1,
        "file_name": names[way],
        "segments_info": [{"id": 7, "category_id": 1}],
    }
    document = {
        "images": [{"id": 1, "file_name": "a.png", "width": 8, "height": 8}],
        "categories": [{"id": 1, "name": "dog"}],
        "annotations": [annotation],
    }
    (folder / "pan.json").write_text(json.dumps(document))
    source = chosen_source(RegionConfig(source=f"coco:{folder / 'pan.json'}"))
    with pytest.raises(PictureError, match=r"annotation_unreadable: label map .*(leads|name|file)"):
        source.find(np.zeros((8, 8, 3), np.uint8), picture("a.png", 8, 8))


def test_annotations_that_are_nested_without_end_are_one_line(tmp_path):
    """A document of brackets is no bug of ours."""
    (tmp_path / "deep.json").write_text("[" * 100_000)
    with pytest.raises(ConfigError, match="nested too deeply"):
        chosen_source(RegionConfig(source=f"coco:{tmp_path / 'deep.json'}"))
