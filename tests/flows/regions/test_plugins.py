"""Region sources and writers from outside, as a user brings them."""

import os
import re
import subprocess
import sys

import pyarrow.parquet as pq
import pytest

from tests.conftest import ROOT

SMALL = ("--limit", 3, "--seed", 4)


def readme_file(name):
    """A file that the README of the annotators shows."""
    text = (ROOT / "annotators" / "README.md").read_text()
    (block,) = re.findall(rf"```python\n# {name}\n(.*?)```", text, re.DOTALL)
    return block


def rows(folder, columns):
    """Columns of every row of a dataset."""
    tables = [pq.read_table(f, columns=columns) for f in sorted((folder / "data").glob("*"))]
    return [row for table in tables for row in table.to_pylist()]


@pytest.fixture(scope="module")
def brought(tmp_path_factory):
    """The README's region source and writer as files."""
    folder = tmp_path_factory.mktemp("brought")
    for name in ("thirds.py", "terse.py"):
        (folder / name).write_text(readme_file(name))
    return folder


def test_readmes_source_and_writer_build(brought, photos, spider, tmp_path):
    """What the README shows in fifteen lines cuts the regions and writes the answers."""
    plugins = ("--plugin", brought / "thirds.py", "--plugin", brought / "terse.py")
    done = spider(
        "build",
        photos,
        "--out",
        tmp_path / "d",
        *SMALL,
        *plugins,
        "--regions",
        "thirds",
        "--answers",
        "terse",
    )
    assert done.returncode in (0, 3), done.stderr
    found = rows(tmp_path / "d", ["label", "writer", "answer"])
    assert {row["label"] for row in found} & {"left third", "middle third", "right third"}
    assert "terse" in {row["writer"] for row in found}
    assert {row["writer"] for row in found} <= {"terse", "template"}


def test_source_from_outside_can_be_a_stage(brought, photos, spider, tmp_path):
    """A region source of a plugin is segmented once and read again."""
    config = tmp_path / "run.toml"
    config.write_text(f'plugins = ["{brought / "thirds.py"}"]\n')
    stage = tmp_path / "stage"
    done = spider(
        "segment", photos, "--out", stage, "--limit", 3, "--regions", "thirds", "--config", config
    )
    assert done.returncode in (0, 3), done.stderr
    labels = pq.read_table(next((stage / "regions").glob("proposals-*")))["label"].to_pylist()
    assert sorted(set(labels)) == ["left third", "middle third", "right third"]


def test_installed_package_takes_a_file(photos, environment, tmp_path):
    """One entry-point line brings a source that is typed ``name:FILE``."""
    site, names = tmp_path / "site", tmp_path / "names.txt"
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "-q",
        "--no-deps",
        "--no-build-isolation",
        "--target",
        str(site),
        str(ROOT / "tests" / "plugin_regions"),
    ]
    subprocess.run(command, check=True, capture_output=True)
    names.write_text("first strip\nsecond strip")
    path = os.pathsep.join([str(site), environment["PYTHONPATH"]])

    def build(regions):
        build = [
            sys.executable,
            "-m",
            "flows",
            "build",
            photos,
            "--out",
            tmp_path / "d",
            *SMALL,
            "--regions",
            regions,
        ]
        return subprocess.run(
            [*map(str, build)],
            capture_output=True,
            text=True,
            check=False,
            env=environment | {"PYTHONPATH": path},
        )

    refused = build("columns")
    assert refused.returncode == 2
    assert "expected columns:FILE" in refused.stderr
    done = build(f"columns:{names}")
    assert done.returncode in (0, 3), done.stderr
    labels = {row["label"] for row in rows(tmp_path / "d", ["label"])}
    assert labels & {"first strip", "second strip"}


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--regions", "thrids"), "unknown region source 'thrids'"),
        (("--regions", "coco"), "expected coco:FILE"),
        (("--regions", "segments:x"), "expected segments"),
        (("--answers", "tersely"), "unknown writer 'tersely'"),
    ],
)
def test_unknown_names_are_one_line(photos, spider, tmp_path, flags, message):
    """A name that nobody registered, or one without its file, is refused in one line."""
    done = spider("build", photos, "--out", tmp_path / "d", *flags)
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "d").exists()
