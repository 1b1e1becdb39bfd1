"""Runs code that is not ours: what it does wrong is one line with its file and line.

The author of a plugin, not a developer of this project, has to mend it, so whatever it raises
or wrongly returns becomes a ``PluginError``, at the first picture or at the last.
"""

import inspect
import operator
import traceback
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from distortions.site import Site
from schemas.arrays import Image
from schemas.errors import PluginError

Code = Callable[..., Any]


def call_outside(
    name: str, function: Code, image: Image, params: Mapping[str, float | int], site: Site
) -> Image:
    """``function(image, **params, site=site)``, the image read-only.

    Raises:
        PluginError: It raises, calls ``sys.exit``, writes into its input, or returns anything but
            a uint8 array of the input's shape.
    """
    view = image.view()
    view.flags.writeable = False
    try:
        result = function(view, **params, site=site)
    except (Exception, SystemExit) as error:  # a stranger's code may raise anything
        raise PluginError(failed_at(function, error), _said(error, params), name) from error
    problem = _wrong(result, image)
    if problem:
        raise PluginError(place_of(function), problem, name)
    return np.asarray(result)


def reach_outside(
    name: str,
    function: Code,
    halo: int | Callable[..., int] | None,
    params: Mapping[str, float | int],
) -> int | None:
    """The halo in pixels; raises ``PluginError`` when it is no whole number from 0 on."""
    if halo is None:
        return None
    try:
        pixels = operator.index(halo(**params) if callable(halo) else halo)
    except (Exception, SystemExit) as error:  # as above
        place = failed_at(halo, error) if callable(halo) else place_of(function)
        raise PluginError(place, f"halo: {_said(error, params)}", name) from error
    if pixels < 0:
        raise PluginError(place_of(function), f"halo must be 0 pixels or more, got {pixels}", name)
    return pixels


def place_of(function: Code) -> str:
    """File and line in which a function begins, as far as Python knows them."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    if code is None:  # compiled code, or an object that is called
        return str(getattr(function, "__module__", type(function).__module__))
    return f"{code.co_filename}:{code.co_firstlineno}"


def failed_at(function: Code, error: BaseException) -> str:
    """The last line of the function's own file on the way to the error."""
    file = place_of(function).rpartition(":")[0]
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == file]
    return f"{file}:{lines[-1]}" if lines else place_of(function)


def _said(error: BaseException, params: Mapping[str, float | int]) -> str:
    if isinstance(error, SystemExit):
        return "it calls sys.exit; raise an error or return a picture"
    text = " ".join(str(error).split())
    if "read-only" in text or "readonly" in text:
        return f"it writes into its input ({text}); work on image.copy()"
    at = ", ".join(f"{key}={value:g}" for key, value in params.items())
    return f"{type(error).__name__}: {text}{at and f' (at {at})'}"


def _wrong(result: object, image: Image) -> str:
    if result is None:
        return "returned None, expected a picture; is a return missing?"
    if not isinstance(result, np.ndarray):
        return f"returned {type(result).__name__}, expected a numpy array of uint8"
    if result.dtype != np.uint8:
        mend = "np.clip(np.rint(result), 0, 255).astype(np.uint8)"
        return f"returned {result.dtype}, expected uint8; end with {mend}"
    if result.shape != image.shape:
        return f"returned shape {result.shape}, expected {image.shape}, that of its input"
    return ""
