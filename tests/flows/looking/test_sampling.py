"""Samples are stratified, assignments balanced."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.looking.study.sampling import Candidate, assign, per_task, share_of
from schemas.errors import ConfigError

STRATA = st.lists(st.sampled_from("abcd"), min_size=1, max_size=200)


def rows_of(strata):
    """One candidate a letter."""
    return [Candidate(f"r{n}", (letter, "", "s")) for n, letter in enumerate(strata)]


@given(STRATA, st.floats(0.05, 1), st.integers(0, 5))
def test_every_stratum_gives_its_share(strata, share, seed):
    """The share of each stratum is its own within one row, and none is left out."""
    rows = rows_of(strata)
    chosen = share_of(rows, share, seed)
    assert chosen == sorted(set(chosen))
    found = Counter(rows[n].stratum for n in chosen)
    for stratum, number in Counter(row.stratum for row in rows).items():
        assert max(1, int(share * number)) <= found[stratum] <= share * number + 1


@given(STRATA, st.integers(1, 7), st.integers(0, 20), st.integers(0, 5))
def test_nobody_has_more_to_do(strata, people, crossed, seed):
    """Everybody has the crossed rows; of the others and of each stratum at most one row more."""
    rows, raters = rows_of(strata), [f"p{n}" for n in range(people)]
    shown = assign(rows, raters, crossed, 1, seed)
    common = set.intersection(*map(set, shown.values())) if people > 1 else set()
    sizes = [len(own) for own in shown.values()]
    assert max(sizes) - min(sizes) <= 1
    assert set().union(*shown.values()) == set(range(len(rows)))
    if people > 1:
        assert len(common) == min(crossed, len(rows))
        owned = Counter(n for own in shown.values() for n in own if n not in common)
        assert set(owned.values()) <= {1}
    for stratum in {row.stratum for row in rows}:
        counts = [sum(rows[n].stratum == stratum for n in own) for own in shown.values()]
        assert max(counts) - min(counts) <= 1


@given(STRATA, st.integers(1, 30))
def test_tasks_have_the_number_asked_for(strata, number):
    """Every task has so many rows, or all that it has."""
    rows = rows_of(strata)
    found = Counter(rows[n].stratum[0] for n in per_task(rows, number, 0))
    for task, there in Counter(strata).items():
        assert found[task] == min(number, there)


def test_numbers_that_cannot_be():
    """No share, a share above all, more raters a row than there are."""
    rows = rows_of("aabb")
    for share in (0, -1, 1.1, float("nan")):
        with pytest.raises(ConfigError):
            share_of(rows, share, 0)
    for each in (0, 3):
        with pytest.raises(ConfigError):
            assign(rows, ["p", "q"], 1, each, 0)
