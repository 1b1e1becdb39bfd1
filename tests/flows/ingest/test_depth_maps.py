"""Depth maps beside photographs: found, read, refused, and what haze makes of them."""

import json

import cv2
import numpy as np
import pyarrow.parquet as pq
import pytest

from flows.ingest.depth_maps import DepthMaps
from flows.store.identity import settings_hash
from schemas.errors import ConfigError, PictureError
from schemas.settings.config import IngestConfig, RunConfig, SourcesConfig
from tests.doubles.records import picture


def written(path, depth):
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), depth)


def of(folder, near="dark"):
    return DepthMaps(folder, near, IngestConfig())


def named(path, size=(120, 80)):
    return picture().model_copy(update={"path": path, "width": size[0], "height": size[1]})


def test_maps_are_found_by_name_and_stretched(tmp_path):
    """Beside the same path or the bare name; of the picture's size, its farthest place at 65535."""
    slope = np.tile(np.linspace(1000, 5000, 60).astype(np.uint16), (40, 1))
    written(tmp_path / "a" / "one.png", slope)
    written(tmp_path / "two.png", slope)
    for path in ("a/one.jpg", "elsewhere/two.png", "two.jpeg"):
        found = of(tmp_path).find(named(path))
        assert (found.shape, found.dtype) == ((80, 120), np.uint16)
        assert found.max() == 65535
        assert 0.19 < found[0, 0] / 65535 < 0.21
    inverse = of(tmp_path, "bright").find(named("two.png"))
    assert (inverse[0, 0], inverse[0, -1]) == (65535, 0)
    assert of(tmp_path).find(named("three.png")) is None
    assert of(tmp_path / "a").find(named("../two.png")) is None


@pytest.mark.parametrize(
    ("depth", "words"),
    [
        (np.zeros((40, 60), np.uint8), "16 bits"),
        (np.zeros((40, 60, 3), np.uint16), "one channel"),
        (np.zeros((60, 40), np.uint16), "no map of 120x80"),
        (b"no png", "UnidentifiedImageError"),
    ],
)
def test_what_is_no_map_is_said(tmp_path, depth, words):
    """A map of 8 bits, of colour, of another shape, or no picture at all, is named."""
    if isinstance(depth, bytes):
        (tmp_path / "one.png").write_bytes(depth)
    else:
        written(tmp_path / "one.png", depth)
    with pytest.raises(PictureError, match=words) as refused:
        of(tmp_path).find(named("one.png"))
    assert refused.value.reason == "bad_depth"
    assert "one.png" in str(refused.value)


def test_a_folder_without_maps_is_a_mistake(tmp_path):
    """One clear line, before anything is built; and no folder at all is the default."""
    assert DepthMaps.of(SourcesConfig(), IngestConfig()) is None
    with pytest.raises(ConfigError, match="no folder with depth maps"):
        DepthMaps.of(SourcesConfig(depth=str(tmp_path)), IngestConfig())


def test_only_a_folder_of_maps_changes_the_hash(tmp_path):
    """Without maps the settings are those of before; another map is another run."""
    written(tmp_path / "one.png", np.zeros((4, 6), np.uint16))
    base, maps = RunConfig(), RunConfig.parse({"sources": {"depth": str(tmp_path)}})
    assert settings_hash(base) == settings_hash(RunConfig.parse({"sources": {}}))
    before = settings_hash(maps)
    assert before != settings_hash(base)
    written(tmp_path / "two.png", np.zeros((4, 6), np.uint16))
    assert settings_hash(maps) != before


def test_haze_of_a_build_follows_the_maps(spider, photos, tmp_path):
    """Where a map says near, a hazed picture is as it was; counts say how many had a map."""
    near_left = np.zeros((270, 360), np.uint16)
    near_left[:, 180:] = 60000
    for number in range(3):
        written(tmp_path / "maps" / f"photo{number}.png", near_left)
    written(tmp_path / "maps" / "photo3.png", near_left[:, :90])
    whole = ("plan.uniform_share=1", "plan.clean_share=0")
    wanted = [f"--set={one}" for one in (*whole, f"sources.depth={tmp_path / 'maps'}")]
    out = tmp_path / "out"
    done = spider("build", photos, "--out", out, "--types", "haze", "--limit", 5, *wanted)
    assert done.returncode == 3, done.stderr
    counts = json.loads((out / "manifest.json").read_text())["counts"]
    assert counts["all"]["depth.read"] == 3
    assert counts["all"]["depth.missing"] == 1
    rejects = pq.read_table(out / "rejects").to_pylist()
    assert [r["detail"] for r in rejects if r["reason"] == "bad_depth"] == [
        "photo3.png: 90x270 is no map of 360x270"
    ]
    seen = set()
    for file in (out / "data").iterdir():
        for row in pq.read_table(file, columns=["image", "source_path"]).to_pylist():
            source = cv2.imread(str(photos / row["source_path"]))
            image = cv2.imdecode(np.frombuffer(row["image"]["bytes"], np.uint8), 1)
            near = np.array_equal(image[:, :170], source[:, :170])
            assert near == (row["source_path"] != "photo4.png")
            assert not np.array_equal(image[:, 190:], source[:, 190:])
            seen.add(row["source_path"])
    assert len(seen) > 2
