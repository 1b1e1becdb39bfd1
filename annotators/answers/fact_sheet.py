"""The facts of one question in plain words, for a model to write from: those it may state."""

from annotators.facts import Ask, PictureFacts
from annotators.language.phrases import step_phrase
from annotators.language.positions import place_phrase
from annotators.questions.most_least import worst_region
from schemas.boxes import Box
from schemas.records import DegradedRegion


def fact_sheet(ask: Ask, facts: PictureFacts) -> str:
    """Lines that begin with a dash.

    Args:
        ask: The question.
        facts: What is known of the picture.
    """
    if ask.task == "global_description":
        return "\n".join(_global(facts))
    if ask.target is None:
        return "- none"
    lines = [_region(ask.target, facts)]
    if ask.task == "grounding":
        lines.append(_why(ask, facts))
    return "\n".join(lines)


def _global(facts: PictureFacts) -> list[str]:
    if facts.uniform:
        return [f"- The whole picture has {_chain(facts.uniform, facts)}."]
    named = [r for r in facts.degraded if r.region_id in facts.references]
    lines = [_region(region, facts) for region in named]
    unnamed = len(facts.degraded) - len(named)
    if unnamed:
        rest = [r for r in facts.degraded if r.region_id not in facts.references]
        lines += [f"- Another region, {_place(r, facts)}, has {_chain(r, facts)}." for r in rest]
    if not lines:
        return [f"- Nothing in the picture is badly degraded; {_clean(facts)}."]
    worst = worst_region(facts.degraded)
    if worst is not None and worst.region_id in facts.references:
        lines.append(f"- Of all regions, {facts.references[worst.region_id]} has the worst damage.")
    if facts.origin == "human":
        return lines
    elsewhere = "is in good condition" if facts.vouched else "shows no such damage"
    return [*lines, f"- The rest of the picture {elsewhere}."]


def _clean(facts: PictureFacts) -> str:
    """What may be said of what nobody degraded."""
    if facts.vouched:
        return "it is in good condition, without visible flaws"
    return "it has no strong blur, no heavy noise and no blocks from compression"


def _region(region: DegradedRegion, facts: PictureFacts) -> str:
    phrase = facts.references.get(region.region_id, "")
    where = "" if region.role == "whole" else f", {_place(region, facts)},"
    if not region.chain:
        return f"- {phrase}{where} is not degraded: {_clean(facts)}."
    return f"- {phrase}{where} has {_chain(region, facts)}."


def _place(region: DegradedRegion, facts: PictureFacts) -> str:
    return place_phrase(Box(*region.box), facts.width, facts.height)


def _chain(region: DegradedRegion, facts: PictureFacts) -> str:
    steps = [step_phrase(step, facts.families[step.family]) for step in region.chain]
    return (" and " if facts.origin == "human" else ", then ").join(steps)


def _why(ask: Ask, facts: PictureFacts) -> str:
    if ask.order:
        first, last = (facts.families[f].noun if f else "" for f in ask.order[1:])
        words = {
            "pair": f"{first} first and {last} after it",
            "first": f"a beginning with {first}",
            "last": f"an end with {last}",
        }
        return f"- It is the only region with {words[ask.order.form]}."
    if ask.family:
        noun = facts.families[ask.family].noun
        return f"- Of all regions with {noun}, it has the {ask.form} of it."
    return f"- Of all regions it is the {ask.form} degraded one."
