"""Referring: which distortions a region has, held against its chain.

Accuracy is the partial credit of DepictQA's scorer for several distortions: 1 where the sets are
equal, else ``|P and G| / max(|P|, |G|)``. Beside it stand exact sets, Jaccard, the chain in its
order, precision, recall and F1 by family, and how well grades are told. A row without a prediction
names nothing.

Source: metrics specification, section 4.1; You et al., DepictQA, ``cal_acc_multi_distortion.py``.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from flows.evaluation.intervals import Estimate, Settings, mean, ratio
from flows.evaluation.predictions import Predictions
from flows.evaluation.texts import GRADES, claims, names, says_order
from flows.evaluation.truth import Bench
from flows.training.extras import quadratic_kappa
from schemas.records import Sample

SUB_TASKS = ("short", "long")


class ReferringItem(NamedTuple):
    """One row, scored.

    Args:
        row_id: Row.
        cluster: Source picture.
        group: short or long.
        form: single or multi.
        truth: Families of the chain.
        said: Families the answer asserts.
        ordered: Whether the chain is told in its order; ``None`` where it has none (people).
        grades: (true, said) per family that is there and was named; said may be empty.
        graded: Families that are there with a grade.
    """

    row_id: str
    cluster: str
    group: str
    form: str
    truth: frozenset[str]
    said: frozenset[str]
    ordered: bool | None
    grades: tuple[tuple[str, str], ...]
    graded: int

    @property
    def partial(self) -> float:
        """Partial credit, 0 to 1."""
        return partial_credit(self.said, self.truth)

    @property
    def jaccard(self) -> float:
        """Intersection over union of the sets; 1 when both are empty."""
        union = self.said | self.truth
        return len(self.said & self.truth) / len(union) if union else 1.0


def partial_credit(said: frozenset[str], truth: frozenset[str]) -> float:
    """1 for equal sets, else the common ones over the size of the larger set."""
    if said == truth:
        return 1.0
    return len(said & truth) / max(len(said), len(truth))


def items(bench: Bench, predictions: Predictions) -> list[ReferringItem]:
    """Every referring row of the bench, scored."""
    phrases = bench.phrases()
    return [
        item(
            sample,
            predictions[sample.row_id].answer if sample.row_id in predictions else "",
            bench,
            phrases,
        )
        for sample in bench.samples
        if sample.task == "referring"
    ]


def item(
    sample: Sample, answer: str, bench: Bench, phrases: Mapping[str, Mapping[str, str]]
) -> ReferringItem:
    """One row, scored; ``phrases`` as ``Bench.phrases`` gives them."""
    said = claims(answer, bench.families, names(sample, bench, phrases))
    truth = {step.family: step.grade for step in sample.chain}
    ordered = None if sample.origin == "human" else says_order(answer, said, sample.chain)
    return ReferringItem(
        row_id=sample.row_id,
        cluster=sample.picture_id,
        group=sample.sub_task,
        form=sample.form,
        truth=frozenset(truth),
        said=frozenset(said.families),
        ordered=ordered,
        grades=tuple(
            (grade, said.grades.get(family, ""))
            for family, grade in truth.items()
            if grade and family in said.families
        ),
        graded=sum(bool(grade) for grade in truth.values()),
    )


def summary(found: Sequence[ReferringItem], settings: Settings) -> dict[str, Any]:
    """Group (short, short.single, ... and all) to its metrics; groups without rows are absent."""
    groups: dict[str, list[ReferringItem]] = {}
    for one in found:
        for name in (one.group, f"{one.group}.{one.form}", "all"):
            groups.setdefault(name, []).append(one)
    return {name: metrics(groups[name], settings) for name in sorted(groups)}


def metrics(found: Sequence[ReferringItem], settings: Settings) -> dict[str, Any]:
    """All metrics of some rows."""
    clusters = [one.cluster for one in found]
    ordered = [one for one in found if one.ordered is not None]
    families = by_family(found)
    scores = [entry["f1"] for entry in families.values()]
    return {
        "accuracy": mean([one.partial for one in found], clusters, settings),
        "exact": mean([float(one.said == one.truth) for one in found], clusters, settings),
        "jaccard": mean([one.jaccard for one in found], clusters, settings),
        "ordered": mean(
            [float(bool(one.ordered)) for one in ordered], [o.cluster for o in ordered], settings
        ),
        "micro_f1": ratio(
            [2.0 * len(one.said & one.truth) for one in found],
            [float(len(one.said) + len(one.truth)) for one in found],
            clusters,
            settings,
        ),
        "macro_f1": Estimate(sum(scores) / len(scores) if scores else None, n=len(found)),
        **_grades(found, settings),
        "families": families,
    }


def by_family(found: Iterable[ReferringItem]) -> dict[str, dict[str, float]]:
    """Family to precision, recall, F1 and support; what cannot be divided is 0."""
    found = list(found)
    table = {}
    for family in sorted({name for one in found for name in one.said | one.truth}):
        right = sum(family in one.said and family in one.truth for one in found)
        said = sum(family in one.said for one in found)
        support = sum(family in one.truth for one in found)
        table[family] = {
            "precision": right / said if said else 0.0,
            "recall": right / support if support else 0.0,
            "f1": 2 * right / (said + support),
            "support": support,
        }
    return table


def _grades(found: Sequence[ReferringItem], settings: Settings) -> dict[str, Estimate]:
    """Grades of families that were rightly named, and of all that are there.

    A grade that is not told is wrong; the mean error (grades 1 to 3) and kappa need both.
    """
    pairs = [(one.cluster, *pair) for one in found for pair in one.grades]
    told = [(cluster, GRADES[true], GRADES[said]) for cluster, true, said in pairs if said]
    hits = [float(true == said) for _, true, said in pairs]
    clusters = [cluster for cluster, _, _ in told]
    kappa = quadratic_kappa([true for _, true, _ in told], [said for _, _, said in told])
    return {
        "grade": mean(hits, [cluster for cluster, _, _ in pairs], settings),
        "family_and_grade": ratio(
            [float(sum(true == said for true, said in one.grades)) for one in found],
            [float(one.graded) for one in found],
            [one.cluster for one in found],
            settings,
        ),
        "grade_error": mean([abs(float(a - b)) for _, a, b in told], clusters, settings),
        "grade_kappa": Estimate(kappa, n=len(told)),
    }


def agreement(bench: Bench) -> float | None:
    """Share of referring rows from whose own answer the extractor reads the recorded chain."""
    phrases = bench.phrases()
    rows = [sample for sample in bench.samples if sample.task == "referring"]
    right = [
        one.said == one.truth
        for one in (item(sample, sample.answer, bench, phrases) for sample in rows)
    ]
    return sum(right) / len(right) if right else None
