"""The command line's surface: what answers at once, and which status means what."""

import subprocess
import sys

import pytest

HEAVY = ("prefect", "torch", "numba", "pyarrow", "cv2", "skimage")
COMMANDS = ("build", "demo", "stats", "validate", "show", "distortions")


def test_help_names_every_command(spider):
    """``--help`` lists the commands and ends with status 0."""
    done = spider("--help")
    assert done.returncode == 0
    for command in COMMANDS:
        assert command in done.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(spider, command):
    """Each command explains itself without its heavy imports failing it."""
    done = spider(command, "--help")
    assert done.returncode == 0
    assert "Usage" in done.stdout


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
    assert "no dataset of ours" in done.stderr
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
