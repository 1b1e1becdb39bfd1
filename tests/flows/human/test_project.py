"""The round trip: project, a person's work in the tool's own export, import."""

import json
import os
import re
import struct
import subprocess
import sys
import xml.etree.ElementTree as ET
import zlib
from importlib.resources import files

import cv2
import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotators.human.shapes import brush, inside_box
from annotators.human.tool_projects import box_runs, brush_runs, veil
from distortions.registry import FAMILIES, types_of
from flows.human import project
from schemas.masks import decode, iou
from schemas.settings.config import RunConfig


@pytest.fixture(scope="module")
def pictures(coffee, astronaut, tmp_path_factory):
    """Two photographs."""
    folder = tmp_path_factory.mktemp("pictures")
    for name, image in (("coffee", coffee), ("astronaut", astronaut)):
        cv2.imwrite(str(folder / f"{name}.png"), np.ascontiguousarray(image[..., ::-1]))
    return folder


def submitted(tasks):
    """What Label Studio exports after a person accepted the predictions and named one flaw."""
    exported = []
    for number, task in enumerate(tasks):
        results = [dict(result) for result in task["predictions"][0]["result"]]
        first = results[0]
        flaw = {
            **first,
            "type": "choices",
            "from_name": "sharpness distortion",
            "value": {"choices": ["blur"]},
        }
        annotation = {
            "id": number,
            "completed_by": 7,
            "was_cancelled": False,
            "result": [*results, flaw],
        }
        exported.append(
            {
                "id": number,
                "data": task["data"],
                "annotations": [annotation],
                "predictions": task["predictions"],
            }
        )
    return exported


def stored(pictures, spider, out):
    """Proposals of the pictures by name, as ``segment`` stores them."""
    assert spider("segment", pictures, "--out", out).returncode in (0, 3)
    names = {
        row["picture_id"]: row
        for row in pq.read_table(out / "regions" / "pictures-00000.parquet").to_pylist()
    }
    found = {}
    for row in pq.read_table(out / "regions" / "proposals-00000.parquet").to_pylist():
        picture = names[row["picture_id"]]
        mask = decode(row["mask"], picture["height"], picture["width"])
        if mask.mean() >= 0.01:
            found.setdefault(row["picture_id"], []).append((row["label"], mask))
    return found


def test_projects_are_small_and_keep_files(coffee, tmp_path, spider):
    """A JPEG goes in as it is, run lengths stand there once, and a README says how to begin."""
    folder, project = tmp_path / "in", tmp_path / "p"
    folder.mkdir()
    cv2.imwrite(str(folder / "a #1&é.jpg"), np.ascontiguousarray(coffee[..., ::-1]))
    done = spider("annotate-project", folder, "--tool", "labelstudio", "--out", project)
    assert (done.returncode, done.stderr) == (0, "")
    (picture,) = (project / "images").iterdir()
    assert picture.name.endswith("-a _1__.jpg")
    assert picture.samefile(folder / "a #1&é.jpg")
    assert (project / "names.csv").read_text() == (
        f"file,original\nimages/{picture.name},a #1&é.jpg\n"
    )
    text = (project / "tasks.json").read_text()
    (task,) = json.loads(text)
    results = task["predictions"][0]["result"]
    names = [r["value"]["brushlabels"] for r in results if "rle" in r["value"]]
    assert text.count('"rle":[') == len(names)
    assert names == [[label["value"]] for label in task["data"]["regions"]]
    colours = {label["background"] for label in task["data"]["regions"]}
    assert len(colours) == len({name for (name,) in names}) == len(names)
    says = {r["id"]: r["value"]["text"] for r in results if r["type"] == "textarea"}
    assert says
    assert set(map(tuple, says.values())) <= set(map(tuple, names))
    assert str(project / "load.py") in done.stdout
    assert f"LOCAL_FILES_DOCUMENT_ROOT={project.resolve()} label-studio start" in done.stdout
    assert "LOCAL_FILES_SERVING_ENABLED=true" in (project / "README.md").read_text()
    told = (project / "instructions.html").read_text()
    shown = {f"examples/{file.name}" for file in (project / "examples").iterdir()}
    assert set(re.findall('src="([^"]+)"', told)) == shown
    assert len(shown) > 12
    examples = (project / "flaws.html").read_text()
    assert all(f'value="{name}"' in examples for name in FAMILIES if types_of(name))
    assert all(f", {word}" in examples for word in ("mild", "moderate", "severe"))


def test_only_plain_files_are_linked(coffee, tmp_path, spider):
    """A PNG that is shown pixel by pixel is linked; of one with a gamma a new one is made."""
    folder, project = tmp_path / "in", tmp_path / "p"
    folder.mkdir()
    _, plain = cv2.imencode(".png", np.ascontiguousarray(coffee[..., ::-1]))
    darker = np.ascontiguousarray(coffee[..., ::-1] // 2)
    _, other = cv2.imencode(".png", darker)
    gamma = struct.pack(">I4sI", 4, b"gAMA", 100000)
    gamma += struct.pack(">I", zlib.crc32(gamma[4:]))
    (folder / "plain.png").write_bytes(plain.tobytes())
    (folder / "gamma.png").write_bytes(other.tobytes()[:33] + gamma + other.tobytes()[33:])
    assert spider("annotate-project", folder, "--out", project).returncode == 0
    there = {file.name.split("-")[1]: file for file in (project / "images").iterdir()}
    assert there["plain.png"].samefile(folder / "plain.png")
    assert not there["gamma.png"].samefile(folder / "gamma.png")
    assert b"gAMA" not in there["gamma.png"].read_bytes()
    assert np.array_equal(cv2.imread(str(there["gamma.png"])), darker)


def test_the_loader_says_what_is_wrong(tmp_path):
    """Without a key, with an address that is none, with nobody there: one line, status 1."""
    script = files("flows.human").joinpath("load.py").read_text()
    (tmp_path / "load.py").write_text(script)
    for name in ("config.xml", "instructions.html"):
        (tmp_path / name).touch()
    cases = (
        ("", "http://127.0.0.1:9", "LABEL_STUDIO_API_KEY is empty"),
        ("k", "file:///etc", "is no address"),
        ("k", "http://127.0.0.1:9", "does not answer"),
    )
    for key, address, words in cases:
        done = subprocess.run(
            [sys.executable, tmp_path / "load.py", address],
            env=os.environ | {"LABEL_STUDIO_API_KEY": key},
            capture_output=True,
            text=True,
        )
        assert (done.returncode, done.stdout, words in done.stderr) == (1, "", True)
        assert done.stderr.count("\n") == 1


def test_large_projects_come_in_parts(pictures, tmp_path, monkeypatch):
    """Tasks are split where a file would be too large; workers change nothing."""
    config = RunConfig()
    project.make_project([str(pictures)], tmp_path / "one", "labelstudio", config)
    whole = json.loads((tmp_path / "one" / "tasks.json").read_text())
    monkeypatch.setattr(project, "PART_BYTES", 1000)
    heard = []
    two = RunConfig.parse({"run": {"workers": 2}})
    project.make_project(
        [str(pictures)], tmp_path / "two", "labelstudio", two, lambda *n: heard.append(n)
    )
    parts = sorted((tmp_path / "two").glob("tasks*.json"))
    assert [part.name for part in parts] == ["tasks-001.json", "tasks-002.json"]
    assert [task for part in parts for task in json.loads(part.read_text())] == whole
    assert heard == [(1, 2), (2, 2)]


@pytest.mark.parametrize("tool", ["labelstudio", "cvat"])
def test_what_goes_out_comes_back(pictures, spider, tmp_path, tool):
    """Every proposal comes back with its name and its very pixels, and what a person added."""
    project, out = tmp_path / "p", tmp_path / "a"
    done = spider("annotate-project", pictures, "--tool", tool, "--out", project)
    assert done.returncode == 0, done.stderr
    if tool == "labelstudio":
        export = tmp_path / "export.json"
        export.write_text(json.dumps(submitted(json.loads((project / "tasks.json").read_text()))))
        config = ET.parse(project / "config.xml")
        assert "edge ringing" in {choice.get("value") for choice in config.iter("Choice")}
    else:
        export = project / "annotations.xml"
        labels = json.loads((project / "labels.json").read_text())
        assert [label["name"] for label in labels] == ["region", "picture"]
    done = spider("import", export, "--images", project / "images", "--out", out)
    assert done.returncode == 3, done.stderr  # of most regions nobody said anything
    wanted = stored(pictures, spider, tmp_path / "s")
    rows = pq.read_table(out / "regions.parquet").to_pylist()
    sizes = {
        row["picture_id"]: (row["height"], row["width"])
        for row in pq.read_table(out / "pictures.parquet").to_pylist()
    }
    assert len(rows) == sum(map(len, wanted.values()))
    for row in rows:
        mask = decode(row["mask"], *sizes[row["picture_id"]])
        best = max(wanted[row["picture_id"]], key=lambda pair: iou(pair[1], mask))
        assert np.array_equal(best[1], mask)
        assert row["label"] == best[0]
    flaws = [flaw["family"] for row in rows for flaw in row["flaws"]]
    assert flaws == (["blur"] * 2 if tool == "labelstudio" else [])


@settings(deadline=None)  # the first call compiles
@given(st.integers(0, 2**32), st.floats(0.01, 0.99), st.integers(2, 40), st.integers(2, 40))
def test_runs_come_back(seed, share, height, width):
    """Both tools' run lengths give the mask again, whatever its shape."""
    mask = np.random.default_rng(seed).random((height, width)) < share
    mask[0, 0] = True
    assert np.array_equal(brush(brush_runs(mask), height, width), mask)
    box, runs = box_runs(mask)
    placed = (box.x0, box.y0, box.width, box.height)
    assert np.array_equal(inside_box(runs, placed, height, width), mask)


def test_a_proposal_is_an_outline():
    """In the tool a mask is opaque along its edge and all but transparent inside, nowhere empty."""
    mask = np.zeros((300, 400), np.bool_)
    mask[50:250, 0:200] = True
    shown = veil(mask)
    assert np.array_equal(shown > 0, mask)
    assert (shown[mask] < 20).mean() > 0.9
    assert set(shown[50, :200]) == set(shown[249, :200]) == set(shown[50:250, 199]) == {255}
    assert set(shown[60:240, 0]) == {shown[150, 100]}  # there the picture ends, not the region


def test_long_runs_are_split():
    """A run of more bytes than sixteen bits can say comes back whole."""
    mask = np.zeros((300, 400), np.bool_)
    mask[:250] = True
    assert np.array_equal(brush(brush_runs(mask), 300, 400), mask)


def test_an_unknown_tool_is_one_line(pictures, spider, tmp_path):
    """The tools there are are named; a file is no folder for a project; nothing else is said."""
    (tmp_path / "f").touch()
    cases = {"labelstudio": ("--tool", "paint", "--out", tmp_path / "p")}
    cases["is a file"] = ("--out", tmp_path / "f")
    for words, flags in cases.items():
        done = spider("annotate-project", pictures, *flags)
        assert (done.returncode, words in done.stderr) == (2, True)
        assert done.stderr.startswith("iqa-spider: ")
        assert done.stderr.count("\n") == 1
