"""Agreement against Shrout and Fleiss' own table, and correlations with their intervals."""

import math

import pytest
from scipy import stats

from flows.evaluation.benchmarks.raters import Rating, evaluate, fisher, read_ratings, with_judge
from flows.evaluation.intervals import Settings
from schemas.errors import ConfigError

TABLE = ((9, 2, 5, 8), (6, 1, 3, 2), (8, 4, 6, 8), (7, 1, 2, 6), (10, 5, 6, 9), (6, 2, 4, 7))
"""Six targets by four judges, Shrout and Fleiss 1979, table 2."""
RATINGS = [
    Rating(f"t{i}", f"r{j}", float(x)) for i, row in enumerate(TABLE) for j, x in enumerate(row)
]


def test_shrout_and_fleiss():
    """ICC(2,1) is .29, ICC(2,k) .62 and ICC(3,k) .91, with the intervals R's psych gives."""
    found = evaluate(RATINGS, Settings(0))["all"]
    expected = {
        "icc(2,1)": (0.29, 0.019, 0.76),
        "icc(2,k)": (0.62, 0.071, 0.93),
        "icc(3,k)": (0.91, 0.676, 0.99),
    }
    for name, (value, low, high) in expected.items():
        estimate = found[name]
        assert round(estimate.value, 2) == value
        assert round(estimate.low, 3) == pytest.approx(low, abs=1e-3)
        assert round(estimate.high, 2) == high
    assert (found["targets"], found["raters"], found["dropped_for_icc"]) == (6, 4, 0)


def test_incomplete_targets_are_dropped_and_counted():
    """A target that one rater left out does not enter ICC, but enters everything else."""
    more = [*RATINGS, Rating("t9", "r0", 4.0)]
    found = evaluate(more, Settings(0))["all"]
    assert found["dropped_for_icc"] == 1
    assert found["icc(2,1)"].value == evaluate(RATINGS, Settings(0))["all"]["icc(2,1)"].value
    assert found["mean"] == pytest.approx((sum(map(sum, TABLE)) + 4) / 25)


def test_plain_numbers_by_hand():
    """Share from 4 and agreement within one, over all pairs of raters of a target."""
    ratings = [Rating("a", "x", 5), Rating("a", "y", 4), Rating("a", "z", 2), Rating("b", "x", 3)]
    found = evaluate(ratings, Settings(0))["all"]
    assert (found["share_from_4"], found["within_1"]) == (2 / 4, 1 / 3)
    assert found["icc(2,1)"].value is None


def test_agreeing_raters():
    """Raters who always say the same have full agreement."""
    same = [Rating(f"t{i}", f"r{j}", float(i)) for i in range(6) for j in range(3)]
    found = evaluate(same, Settings(0))["all"]
    assert found["within_1"] == found["alpha_interval"] == 1
    assert found["icc(2,1)"].value == pytest.approx(1)


def test_alpha_by_hand():
    """Interval alpha of two units by its definition: 1 - D_o / D_e."""
    ratings = [Rating("a", "x", 1), Rating("a", "y", 2), Rating("b", "x", 3), Rating("b", "y", 3)]
    # within units: one gap of 1 among 4 values, each counted twice over 1; over all pairs 11 of 12
    observed, expected = 2 * 1 / 4, 2 * (1 + 4 + 4 + 1 + 1) / 12
    alpha = evaluate(ratings, Settings(0))["all"]["alpha_interval"]
    assert alpha == pytest.approx(1 - observed / expected)


def test_fisher_interval():
    """The interval of r = .69 over 100 targets by hand, and as scipy has it for PLCC."""
    found = fisher(0.69, 100)
    half = 1.959964 / math.sqrt(97)
    bounds = (math.tanh(math.atanh(0.69) - half), math.tanh(math.atanh(0.69) + half))
    assert (found.low, found.high) == pytest.approx(bounds, abs=1e-6)
    x, y = [1.0, 2, 3, 4, 5, 6], [2.0, 1, 4, 3, 7, 5]
    theirs = stats.pearsonr(x, y)
    ours = fisher(theirs.statistic, 6)
    assert (ours.low, ours.high) == pytest.approx(tuple(theirs.confidence_interval()), abs=1e-6)


@pytest.mark.parametrize(("value", "number"), [(None, 9), (0.5, 3)])
def test_no_interval(value, number):
    """Without a value, or from three targets, there is no interval of width."""
    found = fisher(value, number)
    assert found.value == value
    assert found.low == found.high


def test_judge_against_people():
    """SRCC and PLCC of the judge are scipy's over the targets' means."""
    judge = [6.5, 3.0, 5.0, 4.5, 8.0, 4.0]
    rated = [one._replace(judge=judge[int(one.target[1:])]) for one in RATINGS]
    found = evaluate(rated, Settings(200))["all"]["judge"]
    means = [sum(row) / 4 for row in TABLE]
    srcc, plcc = stats.spearmanr(means, judge).statistic, stats.pearsonr(means, judge).statistic
    assert found["srcc"]["bootstrap"].value == pytest.approx(srcc)
    assert found["plcc"]["fisher"].value == pytest.approx(plcc)
    for both in found.values():
        for estimate in both.values():
            assert estimate.low <= estimate.value <= estimate.high


def test_constant_judge():
    """A judge who always says the same correlates with nobody."""
    found = with_judge([1.0, 2.0, 3.0, 4.0], [3.0] * 4, Settings(20))
    assert found["srcc"]["bootstrap"].value is None
    assert found["plcc"]["fisher"].value is None


def test_tasks_are_apart(tmp_path):
    """With a task column every task has its own numbers; quotes and commas are CSV's."""
    path = tmp_path / "r.csv"
    path.write_text('target,rater,score,judge,task\n"a,1",x,4,3.5,global\n"a,1",x,2,,local\n')
    ratings = read_ratings(path)
    assert ratings[0] == Rating("a,1", "x", 4.0, 3.5, "global")
    assert [evaluate(ratings, Settings(0))[task]["mean"] for task in ("global", "local")] == [4, 2]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no column rater, score, target"),
        ("target,score\na,1\n", "no column rater"),
        ("target,rater,score\na,x,high\n", "line 2: expected a number, got 'high'"),
        ("target,rater,score\na,x,inf\n", "line 2: 'inf' is not a finite number"),
        ("target,rater,score\na,x,1\na,x,2\n", "line 3: 'x' rates 'a' twice"),
        ("target,rater,score,judge\na,x,1,1\na,y,1,2\n", "line 3: the judge has two scores"),
    ],
)
def test_broken_ratings(tmp_path, text, message):
    """Broken ratings are one line."""
    (tmp_path / "r.csv").write_text(text)
    with pytest.raises(ConfigError, match=message):
        read_ratings(tmp_path / "r.csv")
