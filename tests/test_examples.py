"""Every example runs as its README says."""

import os
import subprocess
import sys
from pathlib import Path

from schemas.config import RunConfig

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "examples"


def run(*arguments, cwd):
    """Run Python on an example."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


def test_quickstart(tmp_path):
    """The quickstart writes a degraded picture and prints what it measured."""
    done = run(EXAMPLES / "quickstart.py", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "degraded.png").stat().st_size > 10_000
    assert "SSIM 0." in done.stdout


def test_my_distortion(tmp_path):
    """The ten-line distortion keeps the contract."""
    code = (
        "from distortions.plugins import load_plugins;"
        f"load_plugins([{str(EXAMPLES / 'my_distortion.py')!r}]);"
        "from distortions.testing import check_distortion; check_distortion('dim')"
    )
    done = run("-c", code, cwd=tmp_path)
    assert done.returncode == 0, done.stderr


def test_configuration():
    """The example configuration is valid."""
    assert RunConfig.load(EXAMPLES / "run.toml").plan.generate_profile == "dq495k"


def test_every_example_is_listed():
    """The README of the examples names every file."""
    readme = (EXAMPLES / "README.md").read_text()
    for path in EXAMPLES.iterdir():
        assert path.name == "README.md" or path.name.startswith("_") or f"`{path.name}`" in readme
