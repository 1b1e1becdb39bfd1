"""How well answers can be guessed without the picture.

A dataset that teaches seeing must not be solvable by reading: from a question's words, the name of
a region, where regions lie, or which distortions each has without their order. Each probe guesses
one thing from one of these and stands beside what is reached by always giving the commonest answer,
or by picking one of the degraded regions blindly.

Source: dataset rules, section 6.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from flows.dataset.statistics.guessing import Interval, Ranks, guesses, ranked, scores, share
from flows.dataset.statistics.unseen import (
    Facts,
    Row,
    candidates,
    families_of,
    holdings,
    holds,
    looks,
    name_of,
    read_facts,
)
from schemas.errors import ConfigError

FEWEST_ROWS = 50
"""Rows, or regions with a family, below which nothing is said."""
POLAR = ("Yes", "No")


class Probe(NamedTuple):
    """How well one thing can be guessed.

    Args:
        task: Task or sub-task whose answers are guessed.
        guessed: What of them.
        source: From what.
        rows: Questions.
        right: Share of right guesses.
        blind: Share reached by the commonest answer, or by picking a region blindly.
    """

    task: str
    guessed: str
    source: str
    rows: int
    right: Interval
    blind: float


class Shortcuts(NamedTuple):
    """All probes of a dataset.

    Args:
        photographs: They were measured on.
        probes: See ``Probe``.
        settled_orders: Share of order questions that the families each region has settle; ``None``
            without such questions.
        names: Family to the number of regions that have it and the area under the ROC curve of
            telling them from other degraded regions by name.
        pooled: The same over all families.
    """

    photographs: int
    probes: list[Probe]
    settled_orders: float | None
    names: dict[str, tuple[int, Interval]]
    pooled: Interval | None

    def plain(self) -> dict[str, Any]:
        """As JSON, three decimals."""
        return {
            "photographs": self.photographs,
            "probes": [
                probe._asdict() | {"right": _rounded(probe.right), "blind": round(probe.blind, 3)}
                for probe in self.probes
            ],
            "settled_orders": _rounded(self.settled_orders),
            "names": {n: [count, *_rounded(auc)] for n, (count, auc) in self.names.items()},
            "pooled": _rounded(self.pooled),
        }

    def lines(self) -> dict[str, tuple[str, ...]]:
        """What is guessed to questions, guesses that were right, and what a blind guesser has."""
        found: dict[str, tuple[str, ...]] = {
            f"{probe.task.replace('_', ' ')}: {probe.guessed}, from {probe.source}": (
                str(probe.rows),
                in_percent(probe.right),
                f"{probe.blind:.0%}",
            )
            for probe in self.probes
        }
        if self.settled_orders is not None:
            key = "accumulation order: settled by the families that each region has"
            found[key] = ("", f"{self.settled_orders:.0%}", "")
        return found

    def areas(self) -> dict[str, tuple[str, ...]]:
        """Family to regions that have it, and how well names tell them, as areas."""
        found: dict[str, tuple[str, ...]] = {
            name: (str(n), as_area(auc)) for name, (n, auc) in self.names.items()
        }
        return found | ({"all families": ("", as_area(self.pooled))} if self.pooled else {})


def in_percent(found: Interval) -> str:
    """``52% (47% to 58%)``."""
    return f"{found.value:.0%} ({found.low:.0%} to {found.high:.0%})"


def as_area(found: Interval) -> str:
    """``.52 (.47 to .58)``."""
    value, low, high = (f"{part:.2f}".removeprefix("0") for part in found)
    return f"{value} ({low} to {high})"


def _rounded(found: "Interval | float | None") -> Any:
    if found is None or isinstance(found, float):
        return found if found is None else round(found, 3)
    return [round(value, 3) for value in found]


def measure(out: Path) -> Shortcuts:
    """Probe a finished dataset.

    Raises:
        ConfigError: Too few photographs, or scikit-learn is not installed.
    """
    return probed(read_facts(out))


def measured(out: Path) -> Shortcuts | None:
    """The same; ``None`` where it cannot be told."""
    try:
        return measure(out)
    except ConfigError:
        return None


def probed(facts: Facts) -> Shortcuts:
    """Guess everything that is to be guessed.

    Raises:
        ConfigError: scikit-learn is not installed.
    """
    names, pooled = _families_by_name(facts)
    probes = [probe for probe in (*_by_words(facts), *_by_region(facts)) if probe is not None]
    return Shortcuts(facts.photographs, probes, _settled(facts), names, pooled)


def _by_words(facts: Facts) -> Iterator[Probe | None]:
    """What the words of questions, and the names in them, give away."""
    degraded = {region["image_id"] for region in facts.regions if region["chain"]}

    def asked(task: str, guessed: str, answer: Callable[[Row], object]) -> Probe | None:
        rows = [row for row in facts.rows if row["task"] == task]
        texts = [row["question"].lower() for row in rows]
        return _guessed((task, guessed, "the question"), rows, texts, answer, facts)

    yield asked("global_description", "degraded or not", lambda row: row["image_id"] in degraded)
    yield asked("local_description", "degraded or not", lambda row: bool(row["chain"]))
    yield asked("referring", "how many distortions", lambda row: len(row["chain"]))
    yield asked("referring", "which families", families_of)
    yield asked("grounding", "the place", lambda row: row["spatial_answer"])
    regions = [region for region in facts.regions if region["role"] != "whole"]
    names = [name_of(region) for region in regions]
    kinds = ("region", "degraded or not", "its name")
    yield _guessed(kinds, regions, names, lambda region: bool(region["chain"]), facts)
    polar = [row for row in facts.rows if row["answer"].startswith(POLAR)]
    texts = [row["question"].lower() for row in polar]
    yield _guessed(
        ("yes or no", "which", "the question"), polar, texts, lambda r: r["answer"][:2], facts
    )


def _guessed(
    kind: tuple[str, str, str],
    rows: Sequence[Row],
    texts: Sequence[str],
    answer: Callable[[Row], object],
    facts: Facts,
) -> Probe | None:
    """Guess ``answer`` of each row from a text; ``None`` where there is too little."""
    if len(rows) < FEWEST_ROWS:
        return None
    dealt = facts.dealt(rows)
    answers = [str(answer(row)) for row in rows]
    right = [a == b for a, b in zip(guesses(texts, answers, dealt), answers, strict=True)]
    commonest = Counter(answers).most_common(1)[0][1]
    return Probe(*kind, len(rows), share(right, dealt), commonest / len(rows))


def _by_region(facts: Facts) -> Iterator[Probe | None]:
    """Which of the degraded regions is asked for, by what is known of them without looking."""
    for sub_task in ("hybrid_intensity", "single_intensity", "accumulation_order"):
        rows = [row for row in facts.rows if row["sub_task"] == sub_task]
        for source, words in (
            ("names, places, sizes", looks),
            ("families each has", holdings),
        ):
            yield _picked((sub_task, "which region", source), rows, words, facts)


def _picked(
    kind: tuple[str, str, str],
    rows: Sequence[Row],
    words: Callable[[Row, Facts], list[str]],
    facts: Facts,
) -> Probe | None:
    """Pick each row's region among the degraded ones that it might be asked for."""
    choices = [(row, candidates(row, facts)) for row in rows]
    asked = [(row, regions) for row, regions in choices if len(regions) > 1]
    if len(asked) < FEWEST_ROWS:
        return None
    each = [(row, region) for row, regions in asked for region in regions]
    texts = [" ".join(f"{row['form']}/{word}" for word in words(r, facts)) for row, r in each]
    dealt = facts.dealt([row for row, _ in each])
    score = scores(texts, [r["region_id"] == row["region_id"] for row, r in each], dealt)
    right, start = [], 0
    for row, regions in asked:
        mine = score[start : start + len(regions)]
        best = np.flatnonzero(mine == mine.max())
        # one of several that seem equally likely is as good as another
        hits = [regions[place]["region_id"] == row["region_id"] for place in best]
        right.append(sum(hits) / len(hits))
        start += len(regions)
    blind = float(np.mean([1 / len(regions) for _, regions in asked]))
    found = share(np.asarray(right), facts.dealt([row for row, _ in asked]))
    return Probe(*kind, len(asked), found, blind)


def _settled(facts: Facts) -> float | None:
    """Share of order questions whose families no other region has."""
    rows = [row for row in facts.rows if row["sub_task"] == "accumulation_order"]
    alone = [len(candidates(row, facts)) == 1 for row in rows]
    return float(np.mean(alone)) if alone else None


def _families_by_name(facts: Facts) -> tuple[dict[str, tuple[int, Interval]], Interval | None]:
    """How well a region's name tells each family, beside other degraded regions."""
    regions = [r for r in facts.regions if r["chain"] and r["role"] != "whole"]
    if len(regions) < FEWEST_ROWS:
        return {}, None
    texts, dealt = [name_of(region) for region in regions], facts.dealt(regions)
    every = Counter(family for region in regions for family in holds(region))
    found: dict[str, tuple[int, Interval]] = {}
    pooled: Ranks | None = None
    for family, number in every.most_common():
        there = [family in holds(region) for region in regions]
        if number < FEWEST_ROWS or all(there):
            continue
        ranks = ranked(scores(texts, there, dealt), there, dealt)
        pooled = ranks if pooled is None else pooled.plus(ranks)
        if ranks.auc is not None:
            found[family] = number, ranks.auc
    return found, pooled.auc if pooled else None
