"""The README's code does what the text around it says, block by block."""

import importlib.util
import os
import re
import subprocess
import sys

import pytest

from tests.conftest import ROOT

README = (ROOT / "distortions" / "README.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
PLUGINS = {m[1]: b for b in BLOCKS if (m := re.match(r"# (\w+\.py)\n", b))}
CHECK = (
    "import sys; from distortions.plugins import load_plugins;"
    "from distortions.testing import check_distortion;"
    "[print(check_distortion(name)) for name in load_plugins([sys.argv[1]])[sys.argv[1]]]"
)


def python(*arguments, cwd):
    environment = os.environ | {"PYTHONPATH": str(ROOT), "NO_ALBUMENTATIONS_UPDATE": "1"}
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_there_are_four_plugins():
    """A random type, a family, a foreign function and a foreign library are shown."""
    assert list(PLUGINS) == ["stray.py", "scratches.py", "foreign.py", "camera.py"]


@pytest.mark.parametrize("name", PLUGINS)
def test_plugin_keeps_the_contract(name, tmp_path):
    """Saved as it stands and loaded as a plugin, it brings one type that keeps the contract."""
    if "albumentations" in PLUGINS[name] and not importlib.util.find_spec("albumentations"):
        pytest.skip("albumentations is not installed")
    file = tmp_path / name
    file.write_text(PLUGINS[name])
    done = python("-c", CHECK, file, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"\w+: 9 checks passed\n", done.stdout)


def test_other_code_runs(tmp_path):
    """What is shown beside plugins runs as it stands."""
    others = [block for block in BLOCKS if block not in PLUGINS.values()]
    assert others
    for block in others:
        done = python("-c", block, cwd=tmp_path)
        assert done.returncode == 0, done.stderr


def test_commands_exist(tmp_path):
    """The commands shown beside the first plugin check it and draw it."""
    from skimage import data

    from flows.store.png import write_png

    write_png(tmp_path / "photo.jpg", data.astronaut()[:200, :200])
    (tmp_path / "stray.py").write_text(PLUGINS["stray.py"])
    commands = re.findall(r"^    iqa-spider (distortions .*)$", README, re.MULTILINE)
    assert len(commands) == 2
    for command in commands:
        done = python("-m", "flows", *command.split(), cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert "stray_pixels: 9 checks passed" in done.stdout
    assert (tmp_path / "sheet.png").stat().st_size > 10_000
