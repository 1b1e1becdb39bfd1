"""A simulated study comes out at the agreement it was simulated with."""

from statistics import fmean

import numpy as np
import pytest

from flows.evaluation.intervals import Settings
from flows.looking.study.folder import Item, Study
from flows.looking.study.report import report
from flows.looking.study.sampling import Candidate, assign
from flows.looking.study.store import Said

RATERS = [f"rater-{n:02d}" for n in range(1, 11)]


def simulated(spread_of_rows, spread_of_people, rows=1000, crossed=100, seed=0):
    """Ten people see a row's own quality with noise, on a scale of five."""
    rng = np.random.default_rng(seed)
    candidates = [Candidate(f"r{n}", ("grounding", "", "s")) for n in range(rows)]
    items = [Item(c.row_id, n, f"i{n}", "grounding", "", "s") for n, c in enumerate(candidates)]
    shown = assign(candidates, RATERS, crossed, 1, 0)
    study = Study("", {}, 0, items, shown, [])
    quality = 3 + spread_of_rows * rng.standard_normal((rows, len(study.dimensions)))
    said = [
        Said(
            rater,
            items[n].row_id,
            one.name,
            int(np.clip(np.round(quality[n, d] + spread_of_people * rng.standard_normal()), 1, 5)),
        )
        for rater, own in shown.items()
        for n in own
        for d, one in enumerate(study.dimensions)
    ]
    return report(study, said, Settings(100))


@pytest.mark.parametrize(("rows", "people"), [(0.8, 0.4), (0.6, 0.6), (0.4, 0.8)])
def test_known_agreement_comes_out(rows, people):
    """ICC(2,1) is the rows' share of the variance, ICC(2,k) that of the mean of ten."""
    found = simulated(rows, people)
    # rounding to whole points adds a twelfth to what people differ by
    noise = people**2 + 1 / 12
    single = rows**2 / (rows**2 + noise)
    mean = rows**2 / (rows**2 + noise / len(RATERS))
    agreed = [one["agreement"] for one in found["dimensions"].values()]
    assert [one["icc(2,1)"]["n"] for one in agreed] == [100] * 4
    for name, wanted in (("icc(2,1)", single), ("icc(2,k)", mean)):
        # of four dimensions the mean is half as uncertain as one of them
        assert fmean(one[name]["value"] for one in agreed) == pytest.approx(wanted, abs=0.05)
        assert all(one[name]["low"] < wanted < one[name]["high"] for one in agreed[:1])
    assert fmean(one["alpha_interval"] for one in agreed) == pytest.approx(single, abs=0.05)


def test_chance_is_no_agreement():
    """People who only guess agree by nothing."""
    for one in simulated(0, 1)["dimensions"].values():
        assert abs(one["agreement"]["alpha_interval"]) < 0.05
