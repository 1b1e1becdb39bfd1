"""Which region is degraded most or least: questions whose answer is certain.

A region is certainly the worst, or the least damaged, where two measures of different make, GMSD
and HaarPSI, single it out by a margin, and the visible damage by more than it may be wrong. With
``[questions] intensity = "severity"`` it is the sum of severities and the measured change, as in
the paper, although sums are not comparable between families. A question about one distortion
compares the same type, by severity and by what is left to see of it.

Source: dataset rules, section 6 (HyD-G, SiD-G). The margin: of pairs of KADID-10k's cells whose
opinion scores differ by half a point, the two measures agreeing by 30 % order 97.5 % rightly.
"""

from collections.abc import Callable, Sequence
from typing import Final, Literal, NamedTuple, TypeAlias, TypeVar

from annotators.facts import PictureFacts
from schemas.records import DegradedRegion, Scores, Step
from schemas.settings.config import GateConfig, QuestionConfig

Polarity: TypeAlias = Literal["most", "least"]
MARGIN: Final = 0.3
"""Share of the greater loss by which both measures must single a region out."""
APART: Final = 0.75
"""Points of opinion by which the visible damage must single it out as well: twice the error of that
scale on a type it was not fitted to. A referee orders 98.0 % of pairs of regions of the shared
photographs alike where all three agree, 96.0 % where only the two do; on COCO 99.2 and 98.4 %."""
# Mean colour difference that weighs as much as losing all structure.
DELTA_E_SCALE = 40.0
_Thing = TypeVar("_Thing")


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


class Losses(NamedTuple):
    """What was lost, by three measures; 0 where nothing was.

    Args:
        gmsd: Gradient magnitude similarity deviation.
        haar: 1 minus HaarPSI.
        damage: On the scale of opinions.
    """

    gmsd: float
    haar: float
    damage: float


def losses(region: DegradedRegion) -> Losses | None:
    """Of a region against its pristine self; ``None`` where it was not measured."""
    if not region.chain:
        return Losses(0.0, 0.0, 0.0)
    return _losses(region.scores) if region.scores else None


def step_losses(step: Step) -> Losses | None:
    """Of a finished region against itself without one step; ``None`` as above."""
    return _losses(step)


def _losses(measured: Scores | Step) -> Losses | None:
    gmsd, haar, damage = measured.gmsd, measured.haarpsi, measured.damage
    if gmsd is None or haar is None or damage is None:
        return None
    return Losses(gmsd, 1 - haar, damage)


def worst_region(
    regions: Sequence[DegradedRegion], margin: float = MARGIN
) -> DegradedRegion | None:
    """The region that is certainly damaged most, or ``None``.

    Args:
        regions: All that compete, clean ones too.
        margin: Share of the greater loss by which both measures must single it out.
    """
    return extreme_region(regions, "most", margin)


def least_region(
    regions: Sequence[DegradedRegion], margin: float = MARGIN
) -> DegradedRegion | None:
    """The region that is certainly damaged least, or ``None``; as ``worst_region``."""
    return extreme_region(regions, "least", margin)


def extreme_region(
    regions: Sequence[DegradedRegion], polarity: Polarity, margin: float = MARGIN
) -> DegradedRegion | None:
    """The certain end of ``regions``; one alone is no end."""
    measured = [(region, lost) for region in regions if (lost := losses(region)) is not None]
    if len(measured) < len(regions) or len(regions) < 2:
        return None
    return _certain(measured, polarity, margin)[0]


def _certain(
    measured: Sequence[tuple[_Thing, Losses]], polarity: Polarity, margin: float
) -> tuple[_Thing | None, str]:
    """What both measures single out, else why there is nothing."""
    ranked = [
        sorted(measured, key=lambda one: one[1][which], reverse=polarity == "most")
        for which in range(len(Losses._fields))
    ]
    thing = ranked[0][0][0]
    if any(order[0][0] is not thing for order in ranked[1:]):
        return None, "measures_disagree"
    for which, order in enumerate(ranked[:2]):
        low, high = sorted(lost[which] for _, lost in order[:2])
        # Put so that a tie, or a measure that is not a number, never passes whatever the margin.
        if not (high > low and high - low >= margin * high):
            return None, "too_close"
    first, second = (lost.damage for _, lost in ranked[2][:2])
    # Beside what has no damage at all, any that is seen is enough.
    if margin > 0 and min(first, second) > 0 and abs(first - second) < APART:
        return None, "too_close"
    return thing, ""


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


def pick_hybrid(
    facts: PictureFacts, polarity: Polarity, config: QuestionConfig, gate: GateConfig
) -> Pick:
    """The most or least degraded region of a picture.

    A clean region competes for least when it is the only one. Among several none is the least,
    and where none is annotated the background may still be clean, so that there only the
    degraded ones compete, in words that say so.
    """
    degraded, clean = facts.degraded, facts.clean
    if len(facts.regions) < 2 or not degraded:
        return Pick(None, "hybrid_too_few_regions")
    regions, pool = [*degraded, *clean], f"hybrid_{polarity}"
    if polarity == "least" and len(clean) != 1:
        regions, pool = list(degraded), "hybrid_least_degraded"
    if len(regions) < 2:
        return Pick(None, "hybrid_least_not_unique")
    if config.intensity == "severity":
        return _by_sum_and_change(regions, polarity, gate, pool)
    measured = [(region, lost) for region in regions if (lost := losses(region)) is not None]
    if len(measured) < len(regions):
        return Pick(None, "hybrid_not_measured")
    found, why = _certain(measured, polarity, config.intensity_margin)
    return Pick(found, f"hybrid_{why}" if why else "", pool)


def _by_sum_and_change(
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


def single_families(facts: PictureFacts) -> list[str]:
    """Families that two or more regions carry, in order of first appearance."""
    carried = [family for region in facts.degraded for family in dict.fromkeys(_families(region))]
    return [family for family in dict.fromkeys(carried) if carried.count(family) > 1]


def _families(region: DegradedRegion) -> list[str]:
    return [step.family for step in region.chain]


def pick_single(
    facts: PictureFacts, family: str, polarity: Polarity, config: QuestionConfig
) -> Pick:
    """The region with the most or least of one distortion.

    Args:
        facts: The picture.
        family: The distortion's family.
        polarity: most or least.
        config: Whether all must carry the same type, since the question names no more than the
            family, and by what strength is told.
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
    if config.single_intensity_by == "type" and len({step.type for _, step in carrying}) > 1:
        return Pick(None, "single_mixed_types")
    ranked = sorted(carrying, key=lambda pair: pair[1].severity, reverse=polarity == "most")
    (region, step), (_, runner_up) = ranked[:2]
    if step.severity == runner_up.severity:
        return Pick(None, "single_severity_tied")
    why = _contradicted(ranked, polarity, config, facts.origin)
    return Pick(None, why) if why else Pick(region, pool=f"single_{polarity}", family=family)


def _contradicted(
    ranked: Sequence[tuple[DegradedRegion, Step]],
    polarity: Polarity,
    config: QuestionConfig,
    origin: str,
) -> str:
    """Why the first of ``ranked``, extreme by severity, is not certain to be so by sight."""
    if origin == "human":  # people say how strong a flaw is; nothing was measured
        return "" if all(step.severity for _, step in ranked) else "single_severity_not_given"
    if config.intensity == "severity":
        seen, *others = [shown_change(*pair) for pair in ranked]
        agrees = seen > max(others) if polarity == "most" else seen < min(others)
        return "" if agrees else "single_measure_disagrees"
    measured = [(step, lost) for _, step in ranked if (lost := step_losses(step)) is not None]
    if len(measured) < len(ranked):
        return "single_not_measured"
    found, why = _certain(measured, polarity, config.intensity_margin)
    if found is not None and found is not ranked[0][1]:
        return "single_measure_disagrees"
    return f"single_{why}" if why else ""
