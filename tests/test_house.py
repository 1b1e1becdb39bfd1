"""The rules of the house that a program can check."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("schemas", "distortions", "annotators", "flows")
SOURCES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_file_length(path):
    """No source file is longer than 300 lines."""
    assert len(path.read_text().splitlines()) <= 300


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_global_randomness_and_no_assert(path):
    """No global random generator, no assert on input, no bare except, no print."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        assert not isinstance(node, ast.Assert), f"assert in line {node.lineno}"
        if isinstance(node, ast.ExceptHandler):
            assert node.type is not None, f"bare except in line {node.lineno}"
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            assert name != "print", f"print in line {node.lineno}"
            forbidden = ("np.random.", "numpy.random.", "random.", "cv2.randn", "cv2.randu")
            assert not name.startswith(forbidden), f"{name} in line {node.lineno}"


def test_every_file_is_named_in_a_readme():
    """Each file is named in the README of its room or of a folder in it, or its folder is."""
    for room in ROOMS:
        said = "".join(readme.read_text() for readme in (ROOT / room).rglob("README.md"))
        for file in (ROOT / room).rglob("*.py"):
            names = (f"`{file.name}`", f"`{file.parent.name}/`")
            known = file.name.startswith("__") or any(name in said for name in names)
            assert known, f"{file.relative_to(ROOT)} is in no README"


def test_folders_can_be_read_as_a_list():
    """No folder holds more than seventeen files that a reader has to know."""
    for room in ROOMS:
        folders = {file.parent for file in (ROOT / room).rglob("*.py")}
        for folder in folders:
            files = [file for file in folder.glob("*.py") if not file.name.startswith("__")]
            assert len(files) <= 17, f"{folder.relative_to(ROOT)}: {len(files)} files"


def test_rooms_have_a_readme_and_are_typed():
    """Each room says what belongs there, and ships its types."""
    for room in ROOMS:
        assert (ROOT / room / "README.md").stat().st_size > 500
        assert (ROOT / room / "py.typed").exists()


def test_wheel_holds_exactly_the_four_packages(tmp_path):
    """The built wheel has the four rooms, their data files, the front door, and nothing else."""
    import zipfile

    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "-q",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        str(tmp_path),
        str(ROOT),
    ]
    subprocess.run(command, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("iqa_spider-*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names if ".dist-info/" not in name}
    assert tops == {*ROOMS, "iqa_spider.py"}
    for room in ROOMS:
        assert f"{room}/py.typed" in names
    data = {p.relative_to(ROOT).as_posix() for r in ROOMS for p in (ROOT / r).rglob("*.toml")}
    assert data
    assert data <= set(names)


def test_gallery_is_fresh():
    """distortions/README.md holds the generated table; rebuild with ``python -m distortions``."""
    from distortions.__main__ import gallery

    assert gallery() in (ROOT / "distortions" / "README.md").read_text()


def test_names_are_public_for_ever():
    """No built-in type or family disappears or changes its family or levels unnoticed."""
    import json

    from distortions import DISTORTIONS
    from distortions.plan import fingerprint

    golden = json.loads((ROOT / "tests" / "golden" / "names.json").read_text())
    built_in = {name for name, entry in DISTORTIONS.items() if not entry.outside}
    assert {k: v for k, v in fingerprint().items() if k in built_in} == golden


def test_import_law_is_kept():
    """flows, then distortions and annotators, then schemas; only flows knows Prefect."""
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_readme_commands_exist():
    """The two commands of the README are what the package and CI offer."""
    readme = (ROOT / "README.md").read_text()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert "pip install -e . && iqa-spider demo" in readme
    assert 'pip install -e ".[test]" && pytest' in readme
    assert project["scripts"] == {"iqa-spider": "flows.__main__:main"}
    assert 'pip install -q -e ".[test]"' in (ROOT / ".ci" / "run").read_text()
