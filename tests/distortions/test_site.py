"""Numbers by place: a crop has those of the picture, and they are as random as they say."""

import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from distortions import Site
from schemas.errors import ContractError

HEIGHT, WIDTH = 400, 500
KEYS = st.integers(0, 2**64 - 1)
PURPOSES = st.one_of(st.text(max_size=5), st.integers())


def site(key=3, x=0, y=0):
    return Site(key, x, y, WIDTH, HEIGHT)


@st.composite
def crops(draw):
    """A picture's size and a box inside it: (height, width), (x0, y0, x1, y1)."""
    height, width = draw(st.integers(1, 90)), draw(st.integers(1, 90))
    x0, y0 = draw(st.integers(0, width - 1)), draw(st.integers(0, height - 1))
    x1, y1 = draw(st.integers(x0 + 1, width)), draw(st.integers(y0 + 1, height))
    return (height, width), (x0, y0, x1, y1)


@settings(max_examples=150, deadline=None)
@given(
    crop=crops(),
    key=KEYS,
    purpose=PURPOSES,
    kind=st.sampled_from(["uniform", "normal"]),
    more=st.lists(st.integers(1, 3), max_size=2),
)
def test_any_crop_has_the_numbers_of_its_place(crop, key, purpose, kind, more):
    """Whatever the picture, the crop and the channels, numbers belong to places of the picture."""
    (height, width), (x0, y0, x1, y1) = crop
    whole = getattr(Site(key, 0, 0, width, height), kind)((height, width, *more), purpose=purpose)
    there = Site(key, x0, y0, width, height)
    part = getattr(there, kind)((y1 - y0, x1 - x0, *more), purpose=purpose)
    assert part.shape == (y1 - y0, x1 - x0, *more)
    assert np.array_equal(part, whole[y0:y1, x0:x1])


def test_uniform_is_uniform():
    """600,000 numbers are even over [0, 1), in mean, variance and distribution function."""
    numbers = site().uniform((HEIGHT, WIDTH, 3))
    assert numbers.dtype == np.float64
    assert numbers.min() >= 0
    assert numbers.max() < 1
    assert stats.kstest(numbers.ravel(), "uniform").pvalue > 0.001
    assert numbers.var() == pytest.approx(1 / 12, rel=0.005)


def test_normal_is_normal():
    """600,000 numbers have mean 0, deviation 1, no skew, no excess, and end before 4.13."""
    numbers = site().normal((HEIGHT, WIDTH, 3)).ravel()
    assert stats.kstest(numbers, "norm").pvalue > 0.001
    assert abs(numbers.mean()) < 0.005
    assert numbers.std() == pytest.approx(1, abs=0.005)
    assert abs(stats.skew(numbers)) < 0.015
    assert abs(stats.kurtosis(numbers)) < 0.03
    assert 3.7 < np.abs(numbers).max() < 4.13


@pytest.mark.parametrize("kind", ["uniform", "normal"])
def test_streams_are_independent(kind):
    """Channels, neighbours, purposes, keys and the two kinds do not go together."""
    draw = getattr(site(), kind)
    other_kind = site().normal if kind == "uniform" else site().uniform
    first = draw((HEIGHT, WIDTH, 2))
    others = {
        "channel": first[..., 1],
        "right": np.roll(first[..., 0], 1, axis=1),
        "below": np.roll(first[..., 0], 1, axis=0),
        "purpose": draw((HEIGHT, WIDTH), purpose="other"),
        "number": draw((HEIGHT, WIDTH), purpose=0),
        "key": getattr(site(4), kind)((HEIGHT, WIDTH)),
        "kind": other_kind((HEIGHT, WIDTH)),
    }
    for what, other in others.items():
        correlation = np.corrcoef(first[..., 0].ravel(), other.ravel())[0, 1]
        assert abs(correlation) < 0.01, what


def test_a_second_call_gives_the_same_numbers():
    """A call leaves nothing behind: the same purpose gives the same numbers again."""
    place = site()
    first = place.uniform((20, 30), purpose="a")
    place.uniform((20, 30), purpose="b")
    assert np.array_equal(first, place.uniform((20, 30), purpose="a"))


def test_one_number_a_pixel_is_the_first_channel():
    """``image.shape[:2]`` draws what ``image.shape`` draws for the first channel."""
    place = site(x=7, y=9)
    assert np.array_equal(place.normal((20, 30)), place.normal((20, 30, 3))[..., 0])


@pytest.mark.parametrize(
    ("kind", "digest"),
    [("uniform", "0751625f13a84f62"), ("normal", "962c0e0738ae64e9")],
)
def test_bytes_are_for_ever(kind, digest):
    """The numbers of a key are the same on every machine and in every version."""
    numbers = getattr(Site(2**63 + 5, 101, 77, 640, 480), kind)((64, 80, 3), purpose="golden")
    assert hashlib.sha256(numbers.astype("<f8").tobytes()).hexdigest()[:16] == digest


@pytest.mark.parametrize("shape", [5, (5,), [5, 6], ()])
def test_shape_that_has_no_rows_and_columns(shape):
    """A shape that is not rows and columns is refused with what is expected."""
    with pytest.raises(ContractError, match=r"image\.shape or image\.shape\[:2\]"):
        site().uniform(shape)
