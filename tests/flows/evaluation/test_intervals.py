"""Means and intervals, held against scipy and against what must be true of any bootstrap."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from flows.evaluation.intervals import Estimate, Settings, draws, mean, ratio, resampled, rounded

VALUES = [0.1, 0.9, 0.4, 0.4, 0.75, 0.2, 0.6, 1.0, 0.0, 0.35, 0.5, 0.81]


def test_mean_and_interval_as_scipy():
    """Value and percentile interval of independent rows are scipy's up to resampling noise."""
    ours = mean(VALUES, range(len(VALUES)), Settings(9999, 1))
    theirs = stats.bootstrap((VALUES,), np.mean, n_resamples=9999, method="percentile", rng=1)
    assert ours.value == pytest.approx(np.mean(VALUES))
    assert ours.low == pytest.approx(theirs.confidence_interval.low, abs=0.01)
    assert ours.high == pytest.approx(theirs.confidence_interval.high, abs=0.01)


def test_copies_within_a_picture_add_no_certainty():
    """Each row ten times, always in its own picture, leaves the interval where it was."""
    settings = Settings(500, 3)
    once = mean(VALUES, range(len(VALUES)), settings)
    names = [name for name in range(len(VALUES)) for _ in range(10)]
    often = mean([VALUES[name] for name in names], names, settings)
    assert often[:3] == pytest.approx(once[:3])
    apart = mean([VALUES[name] for name in names], range(len(names)), settings)
    assert apart.high - apart.low < (once.high - once.low) / 2


def test_ratio_by_hand():
    """A ratio is sum over sum, not the mean of ratios."""
    found = ratio([1, 9], [2, 10], ["a", "b"], Settings(50))
    assert found.value == pytest.approx(10 / 12)
    assert (found.low, found.high) == pytest.approx((0.5, 0.9))


def test_seed_decides():
    """The same seed gives the same interval, another one another."""

    def high(seed):
        return mean(VALUES, range(len(VALUES)), Settings(200, seed)).high

    assert high(1) == high(1)
    assert high(1) != high(2)


def test_resampled_mean_is_mean():
    """The slow way for any measure agrees with the fast way for means."""
    array, names = np.asarray(VALUES), [index // 2 for index in range(len(VALUES))]
    slow = resampled(lambda rows: float(array[rows].mean()), names, Settings(300))
    assert slow == pytest.approx(mean(VALUES, names, Settings(300)))


@pytest.mark.parametrize(
    ("values", "names", "resamples", "expected"),
    [
        ([], [], 100, Estimate(None, n=0)),
        ([1.0, 0.0], ["a", "a"], 100, Estimate(0.5, n=2)),
        ([1.0, 0.0], ["a", "b"], 0, Estimate(0.5, n=2)),
    ],
)
def test_without_interval(values, names, resamples, expected):
    """Nothing measured has no value; one picture or no resampling has no interval."""
    assert mean(values, names, Settings(resamples)) == expected


@given(st.lists(st.floats(0, 1), min_size=2, max_size=30))
def test_bounds(values):
    """An interval lies within the range of the values."""
    found = mean(values, range(len(values)), Settings(40))
    slack = 1e-9
    assert min(values) - slack <= found.low <= found.high <= max(values) + slack


def test_draws_are_even():
    """Every cluster is drawn about equally often."""
    counts = np.bincount(np.concatenate(list(draws(7, Settings(4000)))), minlength=7)
    assert stats.chisquare(counts).pvalue > 1e-3


def test_rounding():
    """Six decimals, no negative zero, no NaN."""
    assert [rounded(v) for v in (0.12345678, -1e-9, float("nan"), 3)] == [0.123457, 0, None, 3]
    assert str(rounded(-1e-9)) == "0.0"
