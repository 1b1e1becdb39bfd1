"""Keyed randomness: a draw depends on its key and its number, on nothing else."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.streams import Stream, derive_key


def test_golden_draws():
    """These values never change: data sets made last year must come out the same."""
    stream = Stream(7, "picture", 3, "chain")
    assert derive_key("contract") == 1357703451992897474
    assert [stream.below(1000) for _ in range(6)] == [900, 742, 512, 878, 308, 829]
    assert round(stream.uniform(-90, 90), 9) == -7.286209322


def test_parts_are_told_apart():
    """Kind and boundary of the parts count."""
    keys = {derive_key(1, "2"), derive_key("1", 2), derive_key("12"), derive_key(12)}
    assert len(keys) == 4


@given(st.lists(st.integers(), max_size=30), st.integers(0, 10**6))
def test_shuffle_keeps_the_items(items, key):
    """A shuffled list is a permutation, and the same key gives the same one."""
    shuffled = Stream(key).shuffled(items)
    assert Counter(shuffled) == Counter(items)
    assert shuffled == Stream(key).shuffled(items)


def test_draws_are_even():
    """Ten thousand draws below six hit every face about equally often (chi-square, 5 degrees)."""
    stream = Stream("die")
    counts = Counter(stream.below(6) for _ in range(10_000))
    chi = sum((counts[face] - 10_000 / 6) ** 2 / (10_000 / 6) for face in range(6))
    assert chi < 20.5


def test_uniform_draws_reach_both_ends():
    """From 0 to 1 where nothing else is said; the upper end is never drawn."""
    drawn = [Stream("range", n).uniform() for n in range(2000)]
    assert 0 <= min(drawn) < 0.01
    assert 0.99 < max(drawn) < 1


def test_weighted_never_draws_weight_zero():
    """An item of weight zero is never drawn, also at the end of the list."""
    stream = Stream("weights")
    drawn = Counter(stream.weighted("abc", [1, 3, 0]) for _ in range(4000))
    assert drawn["c"] == 0
    assert 2.6 < drawn["b"] / drawn["a"] < 3.4


def test_small_weights_are_drawn_evenly():
    """Weights are shares of their sum, however small that is."""
    stream = Stream("small")
    drawn = Counter(stream.weighted("ab", [0.1, 0.1]) for _ in range(2000))
    assert 0.85 < drawn["a"] / drawn["b"] < 1.18


def test_bad_bound_raises():
    """There is no draw below zero."""
    with pytest.raises(ValueError, match="at least 1"):
        Stream(1).below(0)
