"""Quality scores against mean opinions: SRCC, KRCC, PLCC raw and after a logistic, RMSE.

Source: metrics specification, section 4.4. The logistic of four parameters and its start values are
those of DepictQA's voting script: ``(b1-b2)/(1+exp(-(x-b3)/b4))+b2``, started at the largest and
smallest opinion, the mean score and a quarter of the scores' standard deviation. Where it cannot be
fitted, the raw values stand in and the report says so.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from flows.evaluation.benchmarks.opinions import Opinion, orientation
from flows.evaluation.intervals import Estimate, Floats, Settings, resampled
from flows.training.extras import need, quiet
from schemas.errors import ConfigError
from schemas.streams import Stream

MOST_EVALUATIONS = 10_000


def logistic(x: Floats, b1: float, b2: float, b3: float, b4: float) -> Floats:
    """The logistic of four parameters; no overflow warnings far from its middle."""
    return np.asarray((b1 - b2) / (1 + np.exp(np.clip(-(x - b3) / b4, -700, 700))) + b2)


def slopes(x: Floats, b1: float, b2: float, b3: float, b4: float) -> Floats:
    """Derivatives of the logistic by its parameters, ``(n, 4)``.

    Without them the solver measures slopes with steps relative to the start values and never moves
    the middle of scores whose mean is nearly 0.
    """
    share = logistic(x, 1.0, 0.0, b3, b4)
    steep = (b1 - b2) * share * (1 - share) / b4
    return np.stack([share, 1 - share, -steep, -steep * (x - b3) / b4], axis=1)


def fitted(scores: Floats, opinions: Floats) -> Floats | None:
    """Scores mapped to the scale of the opinions; ``None`` where the fit fails.

    Args:
        scores: ``(n,)``.
        opinions: ``(n,)``.
    """
    optimize = need("scipy.optimize", "quality scoring")
    if len(scores) < 5 or np.ptp(scores) == 0 or np.ptp(opinions) == 0:
        return None
    start = [opinions.max(), opinions.min(), scores.mean(), scores.std() / 4]
    try:
        with quiet():
            found, _ = optimize.curve_fit(
                logistic, scores, opinions, p0=start, jac=slopes, maxfev=MOST_EVALUATIONS
            )
            mapped = logistic(scores, *found)
    except (RuntimeError, ValueError):
        return None
    usable = bool(np.isfinite(mapped).all()) and np.ptp(mapped) > 0
    return mapped if usable else None


def correlations(scores: Floats, opinions: Floats) -> dict[str, float | None]:
    """SRCC, KRCC, raw PLCC; ``None`` where a side is constant or there are fewer than three."""
    stats = need("scipy.stats", "quality scoring")
    if len(scores) < 3 or np.ptp(scores) == 0 or np.ptp(opinions) == 0:
        return dict.fromkeys(("srcc", "krcc", "plcc"))
    with quiet():  # scipy warns of nearly constant sides
        found = {
            "srcc": float(stats.spearmanr(scores, opinions).statistic),
            "krcc": float(stats.kendalltau(scores, opinions).statistic),
            "plcc": float(stats.pearsonr(scores, opinions).statistic),
        }
    return {name: value if np.isfinite(value) else None for name, value in found.items()}


def evaluate(
    table: Mapping[str, Opinion], predicted: Mapping[str, float], settings: Settings
) -> dict[str, Any]:
    """A model, chance and the constant, each with all measures.

    Args:
        table: Picture to opinion.
        predicted: Picture to score; pictures of the table without one are counted and left out.
        settings: Of the intervals, which are drawn by reference picture.

    Raises:
        ConfigError: A predicted picture is not in the table, or fewer than three are predicted.
    """
    unknown = sorted(set(predicted) - set(table))
    if unknown:
        raise ConfigError(f"--score-predictions: {unknown[0]} is not in the table of opinions")
    names = sorted(predicted)
    if len(names) < 3:
        raise ConfigError(f"--score-predictions: {len(names)} pictures are too few to correlate")
    opinions = np.asarray([table[name].score for name in names], np.float64)
    references = [table[name].reference for name in names]
    scores = np.asarray([predicted[name] for name in names], np.float64)
    chance = [Stream(settings.seed, "score", name).uniform() for name in names]
    return {
        "pictures": len(names),
        "missing": len(table) - len(names),
        "references": len(set(references)),
        "range": [float(opinions.min()), float(opinions.max())],
        "orientation": orientation(table),
        "systems": {
            "predictions": measures(scores, opinions, references, settings),
            "random": measures(np.asarray(chance), opinions, references, settings),
            "majority": measures(
                np.full(len(names), opinions.mean()), opinions, references, settings
            ),
        },
    }


def measures(
    scores: Floats, opinions: Floats, references: list[str], settings: Settings
) -> dict[str, Any]:
    """All measures of one system; RMSE is on the scale of the opinions, after the logistic."""
    stats = need("scipy.stats", "quality scoring")
    plain = correlations(scores, opinions)
    mapped = fitted(scores, opinions)
    used = mapped if mapped is not None else scores
    after = correlations(used, opinions)
    error = float(np.sqrt(np.mean((used - opinions) ** 2)))
    both = (plain["srcc"], plain["plcc"])
    return {
        "srcc": _with_interval(stats.spearmanr, scores, opinions, references, settings),
        "plcc": _with_interval(stats.pearsonr, scores, opinions, references, settings),
        "krcc": Estimate(plain["krcc"], n=len(scores)),
        "plcc_logistic": Estimate(after["plcc"], n=len(scores)),
        "srcc_logistic": Estimate(after["srcc"], n=len(scores)),
        "mean_of_both": Estimate(
            None if None in both else sum(v for v in both if v is not None) / 2, n=len(scores)
        ),
        "rmse": Estimate(
            error if mapped is not None or _same_scale(scores, opinions) else None, n=len(scores)
        ),
        "srcc_by_reference": Estimate(_by_reference(scores, opinions, references), n=len(scores)),
        "logistic_fitted": mapped is not None,
    }


def _same_scale(scores: Floats, opinions: Floats) -> bool:
    """Whether unmapped scores lie within the opinions' range, so that an error means something."""
    return bool(scores.min() >= opinions.min() and scores.max() <= opinions.max())


def _with_interval(
    measure: Callable[..., Any],
    scores: Floats,
    opinions: Floats,
    references: list[str],
    settings: Settings,
) -> Estimate:
    def chosen(rows: npt.NDArray[np.int64]) -> float | None:
        one, two = scores[rows], opinions[rows]
        if len(rows) < 3 or np.ptp(one) == 0 or np.ptp(two) == 0:
            return None
        return float(measure(one, two).statistic)

    with quiet():
        return resampled(chosen, references, settings)


def _by_reference(scores: Floats, opinions: Floats, references: list[str]) -> float | None:
    """Mean of the SRCC within each reference that has three pictures or more."""
    groups: dict[str, list[int]] = {}
    for index, name in enumerate(references):
        groups.setdefault(name, []).append(index)
    found = [
        value
        for rows in groups.values()
        if (value := correlations(scores[rows], opinions[rows])["srcc"]) is not None
    ]
    return float(np.mean(found)) if found else None
