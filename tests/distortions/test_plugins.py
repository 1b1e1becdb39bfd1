"""Distortions from outside: an installed package and a single file, as a user adds them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

TEN_LINES = '''
import numpy as np
from distortions import distortion

@distortion(family="darken", levels=(0.9, 0.8, 0.7, 0.6, 0.5))
def dim(image, factor, site):
    """Less light, evenly.

    Source: our own.
    """
    return np.round(image * factor).astype(np.uint8)
'''


def run(*arguments, path=""):
    """The command line as a user types it."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, [str(path), str(ROOT)]))}
    command = [sys.executable, "-m", "flows", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Folder into which pip has installed the plugin package."""
    target = tmp_path_factory.mktemp("site")
    package = ROOT / "tests" / "plugin_package"
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "-q",
        "--no-deps",
        "--no-build-isolation",
        "--target",
        str(target),
        str(package),
    ]
    subprocess.run(command, check=True, capture_output=True)
    return target


def test_installed_package_is_listed(installed):
    """One entry-point line in a stranger's package adds a family and a type."""
    done = run("distortions", "list", path=installed)
    assert done.returncode == 0, done.stderr
    assert "lens_raindrops" in done.stdout
    assert "raindrops  (raindrops)" in done.stdout


def test_installed_package_keeps_the_contract_and_its_row(installed):
    """The stranger's type passes the public contract, and its order row is in every profile."""
    code = (
        "from distortions.plugins import load_plugins; load_plugins();"
        "from distortions.testing import check_distortion; check_distortion('lens_raindrops');"
        "from distortions.order import get_profile, allows; from distortions import FAMILIES;"
        "p = get_profile('restored', {}, FAMILIES);"
        "print(allows(p, ['blur', 'raindrops', 'noise']), allows(p, ['noise', 'raindrops']))"
    )
    environment = os.environ | {"PYTHONPATH": f"{installed}{os.pathsep}{ROOT}"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "True False"


def test_single_file(tmp_path):
    """``--plugin my_distortion.py`` adds a type in ten lines."""
    file = tmp_path / "my_distortion.py"
    file.write_text(TEN_LINES)
    done = run("distortions", "show", "dim", "--plugin", file)
    assert done.returncode == 0, done.stderr
    assert "Less light, evenly." in done.stdout


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("import no_such_module", ".py:1: ModuleNotFoundError: No module named 'no_such_module'"),
        ("import sys\nsys.exit(0)", ".py:2: it calls sys.exit while it is imported"),
        ("x = 1\nx = (", ".py:2: SyntaxError: '(' was never closed"),
        ("x = 1", "registered nothing"),
        (TEN_LINES.replace("darken", "darkness"), "did you mean darken"),
        (TEN_LINES.replace("def dim(", "def gaussian_blur("), "registered twice"),
        (TEN_LINES.replace("0.9, ", ""), "levels must be five rows of 1 number(s) (factor)"),
        (TEN_LINES.replace("0.9, ", "'weak', "), "levels must be five rows of 1 number(s)"),
        (TEN_LINES.replace("levels=", "domain='regoin', levels="), "did you mean region"),
        (TEN_LINES.replace("levels=", "visible_from=0, levels="), "visible_from must be 1 to 5"),
        (TEN_LINES.replace("levels=", "draws={'angle': (0, 1)}, levels="), "draws of dim"),
    ],
)
def test_broken_plugin_is_one_line(tmp_path, source, message):
    """A plugin that fails stops the command with one clear line and exit status 2."""
    file = tmp_path / "broken.py"
    file.write_text(source)
    done = run("distortions", "list", "--plugin", file)
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_file_that_is_no_python_file(tmp_path):
    """A plugin file of another kind is told what is expected."""
    (tmp_path / "mine.txt").write_text(TEN_LINES)
    done = run("distortions", "list", "--plugin", tmp_path / "mine.txt")
    assert done.returncode == 2
    assert "mine.txt: its name must end with .py" in done.stderr


def test_file_that_brings_another_part(tmp_path):
    """A plugin need not bring a distortion: a region source alone is enough."""
    file = tmp_path / "thirds.py"
    file.write_text(
        "from annotators import region_source\n\n\n"
        "@region_source('thirds')\ndef thirds(request):\n    return None\n"
    )
    code = (
        "import sys, annotators.regions.registry; from distortions.plugins import load_plugins;"
        "print(load_plugins([sys.argv[1]])[sys.argv[1]])"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code, file],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "['region source thirds']"


def test_missing_plugin_file():
    """A plugin file that is not there is named."""
    done = run("distortions", "list", "--plugin", "nowhere.py")
    assert done.returncode == 2
    assert "nowhere.py: no such file" in done.stderr
