"""Which region is degraded most or least: questions whose answer is certain.

Sums of severities are not comparable between families, so a question over all distortions is
asked only where the sum and the measured change pick the same region, both by a margin. A
question about one distortion compares the same type, by severity and by what is left to see of it.

Source: dataset rules, section 6 (HyD-G, SiD-G).
"""

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple, TypeAlias

from annotators.facts import PictureFacts
from schemas.config import GateConfig
from schemas.records import DegradedRegion, Step

Polarity: TypeAlias = Literal["most", "least"]
# Mean colour difference that weighs as much as losing all structure.
DELTA_E_SCALE = 40.0


class Pick(NamedTuple):
    """A region that is certain to be the answer, or the reason why none is.

    Args:
        region: The answer.
        dropped: Slug when there is none.
        pool: Pool whose wording asks for it.
        family: The distortion asked about, for single-intensity questions.
    """

    region: DegradedRegion | None
    dropped: str = ""
    pool: str = ""
    family: str = ""


def measured_change(region: DegradedRegion) -> float:
    """How far a region is from its pristine self: structure lost plus colour moved; 0 if clean."""
    if region.scores is None:
        return 0.0
    return (1 - region.scores.ssim) + region.scores.delta_e / DELTA_E_SCALE


def step_change(step: Step) -> float:
    """The same for one step, against the stage before it."""
    return (1 - step.ssim) + step.delta_e / DELTA_E_SCALE


def shown_change(region: DegradedRegion, step: Step) -> float:
    """What is left to see of a step: its own change, or less where later steps took it back.

    Noise that a blur wiped out afterwards moved its region far, but the region as a whole ended
    nearer to its pristine self; the smaller of the two changes counts.
    """
    own = step_change(step)
    return own if step is region.chain[-1] else min(own, measured_change(region))


def severity_sum(region: DegradedRegion) -> int:
    """Sum of severities over the chain; 0 when clean."""
    return sum(step.severity for step in region.chain)


def pick_hybrid(facts: PictureFacts, polarity: Polarity, gate: GateConfig) -> Pick:
    """The most or least degraded region of a picture.

    A clean region competes for least when it is the only one. Among several none is the least,
    and where none is annotated the background may still be clean, so that there only the
    degraded ones compete, in words that say so.
    """
    degraded, clean = facts.degraded, facts.clean
    if len(facts.regions) < 2 or not degraded:
        return Pick(None, "hybrid_too_few_regions")
    if polarity == "most" or len(clean) == 1:
        return _by_both([*degraded, *clean], polarity, gate, f"hybrid_{polarity}")
    if len(degraded) < 2:
        return Pick(None, "hybrid_least_not_unique")
    return _by_both(degraded, polarity, gate, "hybrid_least_degraded")


def _by_both(
    regions: Sequence[DegradedRegion], polarity: Polarity, gate: GateConfig, pool: str
) -> Pick:
    """The region that is extreme by severities and by measure, each by its margin."""
    by_sum, next_sum = _extremes(regions, severity_sum, polarity)
    by_score, next_score = _extremes(regions, measured_change, polarity)
    if abs(severity_sum(by_sum) - severity_sum(next_sum)) < gate.sum_margin:
        return Pick(None, "hybrid_sum_too_close")
    if by_sum.region_id != by_score.region_id:
        return Pick(None, "hybrid_sum_and_score_disagree")
    low, high = sorted((measured_change(by_score), measured_change(next_score)))
    # Put so that a tie, or a score that is not a number, never passes whatever the margin.
    if not (high > low and high - low >= gate.score_margin * high):
        return Pick(None, "hybrid_score_too_close")
    return Pick(by_sum, pool=pool)


def _extremes(
    regions: Sequence[DegradedRegion], value: Callable[[DegradedRegion], float], polarity: Polarity
) -> tuple[DegradedRegion, DegradedRegion]:
    """The extreme region and the runner-up."""
    ranked = sorted(regions, key=value, reverse=polarity == "most")
    return ranked[0], ranked[1]


def worst_region(regions: Sequence[DegradedRegion]) -> DegradedRegion | None:
    """The region that is worst by two measures, each by 30 %, or ``None`` where none is."""
    degraded = [region for region in regions if region.scores is not None]
    if len(degraded) < 2:
        return None
    picks = []
    for value in (measured_change, lambda one: one.scores.gmsd if one.scores else 0.0):
        first, second = _extremes(degraded, value, "most")
        if value(first) - value(second) < 0.3 * value(first) or value(first) <= 0:
            return None
        picks.append(first)
    return picks[0] if picks[0] is picks[1] else None


def single_families(facts: PictureFacts) -> list[str]:
    """Families that two or more regions carry, in order of first appearance."""
    carried = [family for region in facts.degraded for family in dict.fromkeys(_families(region))]
    return [family for family in dict.fromkeys(carried) if carried.count(family) > 1]


def _families(region: DegradedRegion) -> list[str]:
    return [step.family for step in region.chain]


def pick_single(facts: PictureFacts, family: str, polarity: Polarity, by: str) -> Pick:
    """The region with the most or least of one distortion.

    Args:
        facts: The picture.
        family: The distortion's family.
        polarity: most or least.
        by: ``type``: all must carry the same type, since the question names no more than the
            family; ``family``: types of a family compete.
    """
    if any(_families(region).count(family) > 1 for region in facts.degraded):
        return Pick(None, "single_repeated")
    carrying = [
        (region, step)
        for region in facts.degraded
        for step in region.chain
        if step.family == family
    ]
    if len(carrying) < 2:
        return Pick(None, "single_too_few_regions")
    if by == "type" and len({step.type for _, step in carrying}) > 1:
        return Pick(None, "single_mixed_types")
    ranked = sorted(carrying, key=lambda pair: pair[1].severity, reverse=polarity == "most")
    (region, step), (_, runner_up) = ranked[:2]
    if step.severity == runner_up.severity:
        return Pick(None, "single_severity_tied")
    if facts.origin == "human":  # people say how strong a flaw is; nothing was measured
        if not all(step.severity for _, step in carrying):
            return Pick(None, "single_severity_not_given")
        return Pick(region, pool=f"single_{polarity}", family=family)
    seen, *others = [shown_change(*pair) for pair in ranked]
    agrees = seen > max(others) if polarity == "most" else seen < min(others)
    if not agrees:
        return Pick(None, "single_measure_disagrees")
    return Pick(region, pool=f"single_{polarity}", family=family)
