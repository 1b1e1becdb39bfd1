"""A distortion that is called, and functions of other libraries made into types."""

import cv2
import numpy as np
import pytest

from distortions import DISTORTIONS, from_function, get
from distortions.chain import Link
from distortions.plan import link_chain
from distortions.region import composite, degrade_region
from distortions.testing import check_distortion
from schemas.errors import ConfigError, ContractError, PluginError

pytestmark = pytest.mark.usefixtures("forgetful")


@pytest.mark.parametrize("name", sorted(DISTORTIONS))
def test_call_gives_the_pixels_of_a_chain(name, coffee):
    """Called with a mask, every type gives what a chain of one with the same seed gives."""
    photo = coffee[:240, :300]
    mask = np.zeros(photo.shape[:2], np.uint8)
    cv2.circle(mask, (190, 120), 70, 1, -1)
    mask = mask.astype(np.bool_)
    expected = composite(photo, [degrade_region(photo, mask, link_chain([(get(name), 3)], 5))])
    assert np.array_equal(get(name)(photo, severity=3, seed=5, mask=mask), expected)
    whole = np.ones_like(mask)
    expected = composite(photo, [degrade_region(photo, whole, link_chain([(get(name), 3)], 0))])
    assert np.array_equal(get(name)(photo, 3), expected)


@pytest.mark.parametrize("severity", [0, 6, 2.0, "3", None, True])
def test_bad_severity_is_named(severity, astronaut):
    """Anything but a whole number from 1 to 5 is refused and shown."""
    with pytest.raises(ConfigError, match=f"1, 2, 3, 4 or 5, got {severity!r}"):
        get("gaussian_blur")(astronaut, severity=severity)


def test_severity_of_numpy_is_a_number(astronaut):
    """A whole number of numpy counts as one."""
    blur = get("gaussian_blur")
    assert np.array_equal(blur(astronaut, np.int64(2)), blur(astronaut, 2))


@pytest.mark.parametrize(
    ("image", "mask", "message"),
    [
        (np.zeros((9, 9, 3)), None, "image: expected a uint8 array, got float64"),
        ([[1]], None, "image: expected a uint8 array, got list"),
        (np.zeros((9, 9), np.uint8), None, r"expected shape \(height, width, 3\)"),
        (np.zeros((9, 9, 3), np.uint8), np.ones((9, 9)), "mask: expected a bool array"),
        (np.zeros((9, 9, 3), np.uint8), np.ones((9, 8), np.bool_), r"expected shape \(9, 9\)"),
        (np.zeros((9, 9, 3), np.uint8), np.zeros((9, 9), np.bool_), "an empty mask"),
    ],
)
def test_bad_arrays_are_named(image, mask, message):
    """Arrays of another type or shape, and a mask of nothing, are refused in one line."""
    with pytest.raises(ContractError, match=message):
        get("gaussian_blur")(image, severity=3, mask=mask)


def test_foreign_function_keeps_the_contract():
    """A function that writes into its input and knows no site becomes a type that passes."""

    def lower(image, by):
        image -= np.minimum(image, by)
        return image

    entry = from_function(
        "lowered", "darken", (10, 20, 30, 40, 50), lower, summary="All is darker.", source="us"
    )
    assert entry is get("lowered")
    assert str(check_distortion("lowered")) == "lowered: 9 checks passed"
    photo = np.full((5, 6, 3), 35, np.uint8)
    assert entry(photo, 2).max() == 15
    assert photo.min() == 35


def test_foreign_random_function_is_seeded_by_the_key():
    """A random function gets a seed below 2**32 that depends on the key and on nothing else."""
    seeds = []

    def grain(image, sigma, seed):
        seeds.append(seed)
        noise = np.random.default_rng(seed).normal(0, sigma, image.shape)
        return np.clip(image + noise, 0, 255).astype(np.uint8)

    from_function(
        "grain", "noise", (5, 10, 15, 20, 25), grain, random=True, summary="There is grain."
    )
    check_distortion("grain")
    photo = np.full((5, 6, 3), 90, np.uint8)
    seeds.clear()
    for seed in (1, 1, 2):
        get("grain")(photo, 1, seed=seed)
    assert seeds[0] == seeds[1] != seeds[2]
    assert all(0 <= seed < 2**32 for seed in seeds)


def test_foreign_failure_names_the_function():
    """What a wrapped function does wrong is told with its own file and line."""

    def halves(image, factor):
        return image * factor

    from_function("halves", "darken", (0.9, 0.8, 0.7, 0.6, 0.5), halves, summary="Darker.")
    line = halves.__code__.co_firstlineno
    with pytest.raises(PluginError, match=rf"test_calling\.py:{line}: halves: returned float64"):
        check_distortion("halves")


@pytest.mark.parametrize(
    ("function", "random", "message"),
    [
        (lambda image, sigma: image, True, "last parameter must be called seed"),
        (lambda image, *levels: image, False, r"expected a function \(image, parameter, ...\)"),
        (lambda: None, False, "expected a function"),
        (lambda image, one, two: image, False, r"five rows of 2 number\(s\) \(one, two\)"),
        (cv2.blur, False, "wrap it in a lambda"),
    ],
)
def test_function_that_does_not_fit(function, random, message):
    """A function whose parameters do not fit is refused when it is registered."""
    with pytest.raises(ConfigError, match=message):
        from_function("odd", "noise", (1, 2, 3, 4, 5), function, summary="Odd.", random=random)
    assert "odd" not in DISTORTIONS


def test_types_from_here_are_told_from_ours():
    """Built-in types are ours, whatever else is registered comes from outside."""
    assert not any(entry.outside for entry in DISTORTIONS.values() if entry.dq495k)


def test_link_and_call_refuse_the_same_severity():
    """The one rule about severities holds for chains as well."""
    with pytest.raises(ConfigError, match="got 6"):
        _ = Link(get("jitter"), 6, 1).params
