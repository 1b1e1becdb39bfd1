"""Every example runs as its README says."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from schemas.settings.config import RunConfig

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "examples"


def run(*arguments, cwd, **more):
    """Run Python on an example."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)} | more
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


def test_notebook_and_loading(tmp_path):
    """The notebook goes from a picture to rows; what it built loads with no code of ours."""
    pytest.importorskip("datasets")
    shutil.copy(ROOT / "flows" / "api.py", tmp_path / "iqa_spider.py")  # as the wheel carries it
    places = os.pathsep.join([str(tmp_path), str(ROOT)])
    quiet = {"PREFECT_HOME": str(tmp_path / "prefect"), "HF_HOME": str(tmp_path / "hf")}
    done = run(EXAMPLES / "notebook.py", cwd=tmp_path, PYTHONPATH=places, **quiet)
    assert done.returncode == 0, done.stderr
    changed, built, *rows = done.stdout.splitlines()
    assert changed.endswith("pixels of the face changed")
    assert built.startswith("2 degraded pictures")
    assert len(rows) == 9
    assert done.stderr == ""
    done = run(EXAMPLES / "load_dataset.py", "notebook-dataset", cwd=tmp_path, **quiet)
    assert done.returncode == 0, done.stderr
    assert "pixels in the region" in done.stdout


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
    """The README of the examples, or of the folder it lies in, names every file."""
    for path in (path for path in EXAMPLES.rglob("*.*") if path.suffix != ".pyc"):
        own = path.parent / "README.md"
        readme = (own if own.is_file() else EXAMPLES / "README.md").read_text()
        assert path.name == "README.md" or path.name.startswith("_") or f"`{path.name}`" in readme
    every = (EXAMPLES / "README.md").read_text()
    assert all(f"`{path.name}/`" in every for path in EXAMPLES.iterdir() if path.is_dir())


def test_the_page_about_boxes():
    """Every command of the page exists with every option it is given; its mixture is valid."""
    import re
    import tomllib

    from typer.main import get_command

    from flows.cli import app
    from schemas.settings.training import MixConfig

    page = (EXAMPLES / "giqa.md").read_text()
    commands = get_command(app).commands
    lines = re.findall(r"^    iqa-spider (\S+) (.*)$", page, re.MULTILINE)
    assert {name for name, _ in lines} >= {"ground", "build", "export", "sft", "evaluate"}
    for name, rest in lines:
        known = {flag for parameter in commands[name].params for flag in parameter.opts}
        assert set(re.findall(r"--[a-z-]+", rest)) <= known, name
    (mix,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    assert len(MixConfig.parse(tomllib.loads(mix)).source) == 3


def test_the_recipe_is_sound():
    """Its files are valid, its models train with our own rates, its commands know their options."""
    import re

    from typer.main import get_command

    from flows.cli import app
    from schemas.settings.training import MixConfig, PointConfig, SftConfig, TuneConfig

    folder = EXAMPLES / "iqa-spider-33k"
    run = RunConfig.load(folder / "run.toml", {"plan.profile": "paper"})
    assert run.plan.order_profile == "paper"
    assert PointConfig.load(folder / "point.toml").segmenter
    mixes = [MixConfig.load(folder / f"mix_{name}.toml") for name in ("I", "II", "III", "IV")]
    assert [len(mix.source) for mix in mixes] == [1, 2, 2, 3]
    assert len({mix.evaluation for mix in mixes}) == 1
    for file in folder.glob("sft_*.toml"):
        sft = SftConfig.load(file)
        assert sft.tune == TuneConfig()
        assert 8 * sft.batch * sft.accumulate == 128
    script = (folder / "commands.sh").read_text().replace("\\\n", " ")
    assert subprocess.run(["bash", "-n", folder / "commands.sh"], check=False).returncode == 0
    commands = get_command(app).commands
    lines = re.findall(r"^ *(?:once \S+ |\S+ \|\| )?(?:spider|train) (.*)$", script, re.MULTILINE)
    assert len(lines) > 20
    for line in lines:
        name = line.split()[0] if not line.startswith("--") else "sft"
        command = commands[name]
        if hasattr(command, "commands"):
            command = command.commands[line.split()[1]]
        known = {flag for parameter in command.params for flag in parameter.opts}
        assert set(re.findall(r"(?<!\S)--[a-z-]+", line)) <= known, line
