"""What a plugin does wrong is one line with its place, whenever and wherever it does it."""

import pickle
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest

from annotators.answers.registry import WRITERS
from distortions import get
from distortions.guard import call_outside, reach_outside
from distortions.plugins import blamed, load_plugins
from distortions.site import Site
from schemas.errors import ConfigError, PluginError

IMAGE = np.full((20, 30, 3), 90, np.uint8)
SITE = Site.whole(IMAGE)


def called(function, **params):
    return call_outside("mine", function, IMAGE, params, SITE)


def line_of(function, offset=1):
    return f"test_guard.py:{function.__code__.co_firstlineno + offset}"


def raising(image, site, factor):
    raise RuntimeError("two\nlines")


def exiting(image, site):
    raise SystemExit(0)


def writing(image, site):
    image[0, 0] = 0
    return image


def nested(image, site):
    return np.reshape(image, (7, 7))


@pytest.mark.parametrize(
    ("function", "params", "problem"),
    [
        (raising, {"factor": 0.5}, "RuntimeError: two lines (at factor=0.5)"),
        (exiting, {}, "it calls sys.exit; raise an error or return a picture"),
        (writing, {}, "it writes into its input"),
        (nested, {}, "ValueError: cannot reshape array"),
    ],
)
def test_failure_names_the_line_that_failed(function, params, problem):
    """What a plugin raises, sys.exit included, names type, file and the failing line of it."""
    with pytest.raises(PluginError) as caught:
        called(function, **params)
    assert caught.value.problem.startswith(problem)
    assert caught.value.place.endswith(line_of(function))
    assert caught.value.type_name == "mine"
    assert "\n" not in str(caught.value)
    assert IMAGE.min() == 90


@pytest.mark.parametrize(
    ("result", "problem"),
    [
        (None, "returned None, expected a picture; is a return missing?"),
        ([[0]], "returned list, expected a numpy array of uint8"),
        (IMAGE * 0.5, "returned float64, expected uint8; end with np.clip"),
        (IMAGE[:5], "returned shape (5, 30, 3), expected (20, 30, 3)"),
        (IMAGE[..., 0], "returned shape (20, 30), expected (20, 30, 3)"),
    ],
)
def test_wrong_result_names_the_function(result, problem):
    """What a plugin returns wrongly names the function's first line and how to mend it."""

    def returning(image, site):
        return result

    with pytest.raises(PluginError) as caught:
        called(returning)
    assert caught.value.problem.startswith(problem)
    assert caught.value.place.endswith(line_of(returning, 0))


def test_ctrl_c_is_no_failure_of_a_plugin():
    """Ctrl-C inside a plugin stays Ctrl-C."""

    def interrupted(image, site):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        called(interrupted)


def test_compiled_code_is_named_by_its_module():
    """A function without Python code of its own is named by its module."""
    with pytest.raises(PluginError) as caught:
        called(np.copyto)
    assert caught.value.place == "numpy"


@pytest.mark.parametrize(
    ("halo", "problem"),
    [
        (lambda sigma: sigma * 1.5, "halo: TypeError: 'float' object cannot be interpreted"),
        (lambda radius: 3, "halo: TypeError"),
        (-1, "halo must be 0 pixels or more, got -1"),
        (2.5, "halo: TypeError"),
    ],
)
def test_halo_that_is_no_number_of_pixels(halo, problem):
    """A halo that fails, or is no whole number from 0 on, is the plugin's error, too."""
    with pytest.raises(PluginError) as caught:
        reach_outside("mine", raising, halo, {"sigma": 2.0})
    assert caught.value.problem.startswith(problem)


def test_good_halo():
    """Whole numbers, numpy's as well, and the whole picture pass."""
    assert reach_outside("mine", raising, lambda sigma: np.int64(4 * sigma), {"sigma": 2}) == 8
    assert reach_outside("mine", raising, 5, {}) == 5
    assert reach_outside("mine", raising, None, {}) is None


BREAKS_LATE = '''
import numpy as np
from distortions import distortion

@distortion(family="darken", levels=(0.9, 0.8, 0.7, 0.6, 0.5))
def breaks_late(image, factor, site):
    """Less light, evenly, but not on large pictures.

    Source: our own.
    """
    if image.shape[0] > 300:
        raise OverflowError("too large for me")
    return np.round(image * factor).astype(np.uint8)
'''


def degrade(file, height):
    load_plugins([file])
    return get("breaks_late")(np.full((height, 10, 3), 90, np.uint8), 2).max()


def test_failure_in_a_worker_process_arrives_whole(tmp_path):
    """A failure in a worker process, late, arrives as the same error with type, file and line."""
    file = tmp_path / "late.py"
    file.write_text(BREAKS_LATE)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        assert pool.submit(degrade, str(file), 20).result() == 72
        with pytest.raises(PluginError) as caught:
            pool.submit(degrade, str(file), 400).result()
    line = 1 + BREAKS_LATE.splitlines().index('        raise OverflowError("too large for me")')
    assert isinstance(caught.value, ConfigError)
    assert str(caught.value) == (
        f"plugin {file}:{line}: breaks_late: OverflowError: too large for me (at factor=0.8)"
    )
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


ELSEWHERE = """
from annotators import writer

def fails(number):
    return 1 / number

@writer("fails_elsewhere")
def make(config):
    return fails
"""


def test_who_is_to_blame(tmp_path):
    """An error out of a plugin's code is the plugin's, one out of ours is ours, meant ones stay."""
    file = tmp_path / "elsewhere.py"
    file.write_text(ELSEWHERE)
    load_plugins([str(file)])
    fails = WRITERS["fails_elsewhere"](None)
    del WRITERS._parts["fails_elsewhere"]  # no other test shall find it
    with pytest.raises(ZeroDivisionError) as caught:
        fails(0)
    found = blamed(caught.value)
    assert str(found) == f"plugin {file}:5: ZeroDivisionError: division by zero"
    assert str(found.on("a/b.png")).endswith("division by zero; on a/b.png")
    assert found.without_folder().startswith("plugin elsewhere.py:5: ")
    with pytest.raises(TypeError) as caught:
        load_plugins(7)
    assert blamed(caught.value) is None
    assert blamed(PluginError("x.py:1", "no")).place == "x.py:1"
    assert blamed(ConfigError("a mistake")) is None
