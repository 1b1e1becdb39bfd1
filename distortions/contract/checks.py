"""The promises every distortion type keeps, one function each, and how to mend a broken one."""

import inspect
import itertools
from collections.abc import Callable
from typing import NoReturn

import numpy as np

from distortions.chain import Link
from distortions.contract.pictures import edge_pictures, sample_masks, sample_picture
from distortions.guard import place_of
from distortions.region import composite, degrade_region
from distortions.registry import SEVERITIES, Distortion
from distortions.site import Site
from schemas.arrays import Image, require_image
from schemas.errors import ContractError, PluginError
from schemas.streams import derive_key

KEY = derive_key("contract")
DRAW = "site.uniform(image.shape) or site.normal(image.shape)"


def promise_of(check: Callable[[Distortion], None]) -> str:
    """The sentence that a check asks about."""
    return (inspect.getdoc(check) or "").split("\n", 1)[0]


def _fail(entry: Distortion, message: str) -> NoReturn:
    if entry.outside:
        raise PluginError(place_of(entry.function), message, entry.name)
    raise ContractError(f"{entry.name}: {message}")


def _run(entry: Distortion, image: Image, severity: int, key: int = KEY) -> Image:
    result = entry.apply(image, entry.resolve(severity, key), Site.whole(image, key))
    require_image(result, entry.name)
    if result.shape != image.shape:
        _fail(entry, f"shape {image.shape} became {result.shape}")
    return result


def check_summary(entry: Distortion) -> None:
    """Its docstring begins with a sentence that says what a viewer sees."""
    if not entry.summary.endswith("."):
        _fail(
            entry,
            f"the docstring's first line must say what a viewer sees, as a sentence "
            f"with a full stop; got {entry.summary!r}",
        )


def check_source(entry: Distortion) -> None:
    """Its docstring says where formula and levels come from."""
    if "Source:" not in (entry.function.__doc__ or ""):
        _fail(entry, "the docstring needs a line like 'Source: our own.' or one with a citation")


def check_picture(entry: Distortion) -> None:
    """At every severity it returns a new uint8 array of its input's shape."""
    image = sample_picture()
    for severity in SEVERITIES:
        result = _run(entry, image, severity)
        if np.shares_memory(result, image):
            _fail(
                entry,
                f"severity {severity}: the result shares memory with its input; "
                "return a new array, image.copy() where nothing changes",
            )


def check_odd_pictures(entry: Distortion) -> None:
    """It takes pictures of one pixel or one row, flat, black, white, two-valued, and views."""
    for what, image in edge_pictures():
        for severity in (1, 5):
            try:
                _run(entry, image, severity)
            except PluginError as error:
                said = f"on a picture that is {what}: {error.problem}"
                raise PluginError(error.place, said, entry.name) from error


def check_input(entry: Distortion) -> None:
    """It leaves its input as it was, also one that is read-only."""
    image = sample_picture()
    before = image.copy()
    image.flags.writeable = False
    for severity in SEVERITIES:
        _run(entry, image, severity)
    if not np.array_equal(before, image):
        _fail(entry, "the input was changed; work on image.copy()")


def check_repeatable(entry: Distortion) -> None:
    """The same key gives the same bytes."""
    image = sample_picture()
    if not np.array_equal(_run(entry, image, 3), _run(entry, image, 3)):
        _fail(
            entry,
            f"the same key gave different results; draw with {DRAW}, "
            "never from a global generator or the clock",
        )


def check_key(entry: Distortion) -> None:
    """Another key gives other bytes exactly when the type is declared random."""
    image = sample_picture()
    changes = not np.array_equal(_run(entry, image, 3), _run(entry, image, 3, KEY + 1))
    declared = entry.random or bool(entry.draws)
    if changes and not declared:
        _fail(entry, "another key changes the result; say random=True in @distortion")
    if declared and not changes:
        said = "random=True" if entry.random else f"draws={dict(entry.draws)}"
        _fail(
            entry,
            f"declared {said}, but another key changes nothing; draw with {DRAW}, "
            "or leave the declaration out",
        )


def check_monotone(entry: Distortion) -> None:
    """Every severity is further from the source than the one below (mean absolute error)."""
    image = sample_picture(240, 320)
    far = [_error(image, _run(entry, image, severity)) for severity in SEVERITIES]
    if far[0] <= 0 or any(b <= a for a, b in itertools.pairwise(far)):
        shown = ", ".join(f"{value:.3g}" for value in far)
        mend = "order the levels from weak to strong" if far[0] > 0 else "severity 1 does nothing"
        _fail(entry, f"mean absolute error must grow with severity, got {shown} levels; {mend}")


def _error(first: Image, second: Image) -> float:
    return float(np.abs(first.astype(np.int16) - second).mean())


def check_crop(entry: Distortion) -> None:
    """On a region it gives the pixels that the whole picture has under the mask."""
    image = sample_picture()
    for severity in SEVERITIES:
        link = Link(entry, severity, KEY)
        for mask in sample_masks(*image.shape[:2]):
            result = composite(image, [degrade_region(image, mask, [link])])
            if entry.domain == "crop":  # the crop is its definition
                continue
            domain = mask if entry.domain == "region" else None
            whole = entry.apply(image, link.params, Site.whole(image, KEY, domain))
            wrong = int(np.any(result != whole, axis=2)[mask].sum())
            if wrong:
                _fail(
                    entry,
                    f"severity {severity}: {wrong} pixels differ between crop and "
                    f"whole; {_mend_crop(entry)}",
                )


def _mend_crop(entry: Distortion) -> str:
    place = "lay patterns out by site.x and site.y"
    if entry.random:
        return (
            f"draw noise with {DRAW}, which a crop has as the whole picture does "
            f"(or draw for the whole picture and slice at site.y, site.x), and {place}"
        )
    return (
        "say how many pixels an output pixel looks far (halo=8, or halo=None for all of them), "
        f"take statistics over site.domain and say domain='region', and {place}"
    )


CHECKS: tuple[Callable[[Distortion], None], ...] = (
    check_summary,
    check_source,
    check_picture,
    check_odd_pictures,
    check_input,
    check_repeatable,
    check_key,
    check_monotone,
    check_crop,
)
"""Cheap ones first; the first that fails is what is said."""
