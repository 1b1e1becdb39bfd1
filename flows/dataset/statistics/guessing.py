"""Guesses from words alone, checked on photographs that the guesser has not seen.

A linear model learns from bags of words; photographs, with all that was made of them, are dealt to
five folds by key, and each fold is guessed by a model of the other four. Ranks are compared only
inside a fold, since the scores of two models have no common zero. Intervals are percentiles over
photographs drawn with replacement. Models are fitted on one thread: steps of so few numbers are not
shared out, and threads that wait for each other cost twenty times the work.

Source: Hanley and McNeil, The meaning and use of the area under a ROC curve, 1982, for ranks;
Efron and Tibshirani, An Introduction to the Bootstrap, 1993, for the intervals.
"""

import hashlib
import itertools
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from schemas.extras import import_extra
from schemas.streams import derive_key

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

FOLDS = 5
RESAMPLES = 400
PERCENTILES = (2.5, 97.5)
MOST_STEPS = 2000


class Interval(NamedTuple):
    """A value and where 95 % of its resampled values lie."""

    value: float
    low: float
    high: float


class Deal(NamedTuple):
    """How rows are dealt.

    Args:
        group: Number of each row's photograph.
        fold: Fold of each row.
        drawn: How often each photograph was drawn, ``(resamples, photographs)``.
    """

    group: Ints
    fold: Ints
    drawn: Floats


def deal(groups: Sequence[str], seed: int = 0) -> Deal:
    """Deal rows to folds by the photograph each belongs to, and draw photographs.

    Args:
        groups: Of each row, the photograph.
        seed: Of the keyed draws.
    """
    names = sorted(set(groups), key=lambda name: derive_key(seed, "fold", name))
    number = {name: place for place, name in enumerate(names)}
    group = np.asarray([number[name] for name in groups], np.int64)
    return Deal(group, group % FOLDS, _draws(len(names), seed))


def _draws(clusters: int, seed: int) -> Floats:
    drawn = np.zeros((RESAMPLES, clusters))
    for number in range(RESAMPLES):
        key = derive_key(seed, "resample", clusters, number).to_bytes(8, "little")
        raw = np.frombuffer(hashlib.shake_256(key).digest(4 * clusters), "<u4").astype(np.uint64)
        picked = ((raw * np.uint64(clusters)) >> np.uint64(32)).astype(np.int64)
        drawn[number] = np.bincount(picked, minlength=clusters)
    return drawn


def guesses(texts: Sequence[str], answers: Sequence[str], dealt: Deal) -> list[str]:
    """The answer a model of the other folds gives to each text.

    Raises:
        ConfigError: scikit-learn is not installed.
    """
    found = np.asarray(answers, object)
    labels = np.asarray(answers, object)
    for fold, model, words in _models(texts, labels, dealt):
        found[fold] = model.predict(words) if model is not None else words
    return [str(guess) for guess in found]


def scores(texts: Sequence[str], present: Sequence[bool], dealt: Deal) -> Floats:
    """How likely a model of the other folds holds each text to be one with the thing; any unit.

    Raises:
        ConfigError: scikit-learn is not installed.
    """
    found = np.zeros(len(texts))
    for fold, model, words in _models(texts, np.asarray(present, bool), dealt):
        found[fold] = model.decision_function(words) if model is not None else 0.0
    return found


def _models(
    texts: Sequence[str], labels: npt.NDArray[Any], dealt: Deal
) -> "list[tuple[npt.NDArray[np.bool_], Any, Any]]":
    """For each fold its rows, a model of the others and the fold's words.

    Where the others know one answer only there is no model, and that answer instead of words.
    """
    linear = import_extra("sklearn.linear_model", "guessing from words", "evaluate")
    bags = import_extra("sklearn.feature_extraction.text", "guessing from words", "evaluate")
    threads = import_extra("threadpoolctl", "guessing from words", "evaluate")
    bag = bags.CountVectorizer(binary=True, analyzer=_parts)
    words = bag.fit_transform(texts)
    made = []
    for number in range(FOLDS):
        fold = dealt.fold == number
        known = labels[~fold]
        if not fold.any() or not len(known):
            continue
        if len(set(known)) < 2:
            made.append((fold, None, known[0]))
            continue
        with threads.threadpool_limits(1):
            model = linear.LogisticRegression(max_iter=MOST_STEPS).fit(words[~fold], known)
        made.append((fold, model, words[fold]))
    return made


def _parts(text: str) -> list[str]:
    """Words, and pairs of neighbouring words."""
    words = [word.strip(",.;:?!") for word in text.split()]
    return [*words, *(f"{a} {b}" for a, b in itertools.pairwise(words))]


def share(right: Sequence[bool] | Floats, dealt: Deal) -> Interval:
    """Mean of rows, e.g. of right guesses, with its interval."""
    values, photographs = np.asarray(right, np.float64), dealt.drawn.shape[1]
    top = dealt.drawn @ np.bincount(dealt.group, values, photographs)
    below = dealt.drawn @ np.bincount(dealt.group, minlength=photographs)
    resampled = top[below > 0] / below[below > 0]
    return Interval(float(values.mean()), *_percentiles(resampled))


class Ranks(NamedTuple):
    """Pairs of a row with the thing and one without: those ranked rightly, and all of them.

    Args:
        right: Of the rows as they are, then of each resample; ties count a half.
        pairs: As ``right``.
    """

    right: Floats
    pairs: Floats

    def plus(self, other: "Ranks") -> "Ranks":
        """The pairs of both."""
        return Ranks(self.right + other.right, self.pairs + other.pairs)

    @property
    def auc(self) -> Interval | None:
        """Area under the ROC curve; ``None`` where there is no pair."""
        if self.pairs[0] == 0:
            return None
        known = self.pairs > 0
        areas = self.right[known] / self.pairs[known]
        return Interval(float(areas[0]), *_percentiles(areas[1:]))


def ranked(score: Floats, present: Sequence[bool], dealt: Deal) -> Ranks:
    """Count pairs inside each fold.

    Args:
        score: Of each row.
        present: Whether the row has the thing.
        dealt: Folds and resamples.
    """
    drawn = np.vstack([np.ones(dealt.drawn.shape[1]), dealt.drawn])
    there = np.asarray(present, bool)
    right, pairs = np.zeros(len(drawn)), np.zeros(len(drawn))
    for number in range(FOLDS):
        rows = np.flatnonzero(dealt.fold == number)
        if not len(rows):
            continue
        rows = rows[np.argsort(score[rows], kind="stable")]
        starts = np.flatnonzero(np.diff(score[rows], prepend=-np.inf))
        weights = drawn[:, dealt.group[rows]]
        with_it = np.add.reduceat(weights * there[rows], starts, axis=1)
        without = np.add.reduceat(weights * ~there[rows], starts, axis=1)
        below = np.cumsum(without, axis=1) - without
        right += (with_it * (below + without / 2)).sum(axis=1)
        pairs += with_it.sum(axis=1) * without.sum(axis=1)
    return Ranks(right, pairs)


def _percentiles(values: Floats) -> tuple[float, float]:
    low, high = np.percentile(values, PERCENTILES)
    return float(low), float(high)
