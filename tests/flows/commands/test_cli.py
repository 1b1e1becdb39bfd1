"""The command line's surface: what answers at once, and which status means what."""

import json
import re
import subprocess
import sys
from importlib.metadata import version

import pytest

from schemas.settings.config import RunConfig

HEAVY = ("prefect", "torch", "numba", "pyarrow", "cv2", "skimage")
COMMANDS = (
    "demo",
    "doctor",
    "config",
    "build",
    "segment",
    "look",
    "stats",
    "show",
    "validate",
    "subset",
    "merge",
    "distortions",
    "annotate-project",
    "import",
    "study",
    "export",
    "push",
    "sft",
    "point",
    "evaluate",
)
CONFIGURED = ("build", "segment", "annotate-project", "import", "doctor", "config", "sft", "point")


def test_help_names_every_command(spider):
    """``--help`` lists the commands door by door and ends with status 0."""
    done = spider("--help")
    assert done.returncode == 0
    places = [done.stdout.index(f" {command} ") for command in COMMANDS]
    assert places == sorted(places)
    doors = [done.stdout.index(f"Door {number}:") for number in ("one", "two", "three")]
    assert doors == sorted(doors)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(spider, command):
    """Each command explains itself without its heavy imports failing it."""
    done = spider(command, "--help")
    assert done.returncode == 0
    assert "Usage" in done.stdout
    assert ("--set" in done.stdout) == (command in CONFIGURED)


@pytest.mark.parametrize("arguments", [["--help"], ["build", "--help"]])
def test_help_loads_nothing_heavy(environment, arguments):
    """Help loads neither Prefect nor anything that touches pixels or tables."""
    code = (
        "import sys; from flows import cli\n"
        f"sys.argv = ['iqa-spider', *{arguments!r}]\n"
        "try: cli.main()\n"
        f"except SystemExit: sys.stderr.write(' '.join(m for m in {HEAVY!r} if m in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True
    )
    assert done.stderr == ""


@pytest.mark.parametrize(
    "arguments",
    [["bild"], ["build"], ["build", "x", "--out", "y", "--worker", "2"], ["stats"], ["show", "d"]],
)
def test_wrong_usage_is_status_2(spider, tmp_path, arguments):
    """A command, argument or option that does not exist, or is missing, is a mistake."""
    done = spider(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "arguments", [["stats", "gone"], ["validate", "gone"], ["show", "gone", "0", "--out", "p.png"]]
)
def test_folder_that_is_no_dataset(spider, tmp_path, arguments):
    """Looking at what is no dataset is one line and status 2."""
    done = spider(*arguments, cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert "not a dataset of ours" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("error", "status"),
    [
        ("schemas.errors.ConfigError('mine')", 2),
        ("schemas.errors.StorageError('disk')", 2),
        ("KeyboardInterrupt()", 130),
    ],
)
def test_errors_become_a_status(environment, error, status):
    """The user's mistake and a full disk are 2, Ctrl-C is 130, all without a traceback."""
    code = (
        "import sys, schemas.errors; from flows import cli\n"
        f"def fail(): raise {error}\n"
        "for command in cli.app.registered_commands:\n"
        "    command.callback = fail if command.name == 'stats' else command.callback\n"
        "sys.argv = ['iqa-spider', 'stats']; cli.main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr


def test_bug_keeps_its_traceback(environment):
    """What is nobody's mistake but ours shows where it happened, with status 1."""
    code = (
        "import sys, schemas.errors; from flows import cli\n"
        "def fail(): raise schemas.errors.ContractError('broken promise')\n"
        "for command in cli.app.registered_commands:\n"
        "    command.callback = fail if command.name == 'stats' else command.callback\n"
        "sys.argv = ['iqa-spider', 'stats']; cli.main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 1
    assert "ContractError: broken promise" in done.stderr


def test_version(spider):
    """``--version`` says what the package's metadata says."""
    done = spider("--version")
    assert (done.returncode, done.stdout) == (0, f"iqa-spider {version('iqa-spider')}\n")


def test_completion(spider):
    """A shell that asks how a word goes on is told."""
    asked = {"COMP_WORDS": "iqa-spider an", "COMP_CWORD": "1"}
    done = spider(**asked, _IQA_SPIDER_COMPLETE="complete_bash")
    assert done.stdout.split() == ["annotate-project"], done.stderr


def test_config_prints_a_file_to_begin_with(spider, tmp_path):
    """What ``config`` prints, given back, is the same configuration; every key is explained."""
    first = spider("config", "--set", "plan.min_regions=3", "--set", "regions.source=ssa")
    assert first.returncode == 0, first.stderr
    assert "# Fewest degraded regions per picture.\nmin_regions = 3\n" in first.stdout
    file = tmp_path / "run.toml"
    file.write_text(first.stdout)
    config = RunConfig.load(file)
    assert config == RunConfig.parse({"plan": {"min_regions": 3}, "regions": {"source": "ssa"}})
    assert spider("config", "--config", file).stdout == first.stdout
    schema = json.loads(spider("config", "--schema", "--of", "sft").stdout)
    assert schema["properties"]["epochs"]["description"] == "Times the mixture is seen."


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--set", "plan.min_regions"], "expected section.key=value"),
        (["--set", "plan.min_region=2"], "unknown key 'plan.min_region'"),
        (["--set", "plan.min_regions=two"], "plan.min_regions: .*integer.* got 'two'"),
        (["--set", "plan.families=[blur"], "is not a TOML value"),
        (["--set", "seed=1", "--set", "seed=2"], "--set seed: given twice"),
        (["--set", "seed.deep=1"], "seed: .*integer"),
        (["--set", "run=5"], "run: expected a table, got 5"),
        (["--of", "bild"], "did you mean build"),
    ],
)
def test_mistakes_of_settings(spider, arguments, message):
    """A setting that cannot be is one line and status 2."""
    done = spider("config", *arguments)
    assert done.returncode == 2
    assert re.search(message, done.stderr), done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_section_that_is_no_table(spider, tmp_path):
    """``run = 5`` under a flag of that section, and a flag beside its own ``--set``: one line."""
    file = tmp_path / "run.toml"
    file.write_text("run = 5\n")
    folder = ("x", "--out", "y", "--workers", 2)
    for more in (("--config", file), ("--set", "run.workers=3")):
        done = spider("build", *folder, *more, cwd=tmp_path)
        assert done.returncode == 2
        assert len(done.stderr.strip().splitlines()) == 1
    assert "say it once" in done.stderr
