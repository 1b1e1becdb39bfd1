"""Which of the possible questions are asked, so that kinds come in the shares that are wanted.

Every draw is keyed by the question itself, or by its kind and picture, so that what happens to one
depends on nothing outside of its picture.
"""

from collections import Counter
from collections.abc import Callable, Sequence

from annotators.facts import Ask, PictureFacts
from schemas.settings.config import QuestionConfig
from schemas.streams import Stream

BOUND = ("global_description", "local_description", "short", "long")
"""What comes in a ratio to grounding: tasks, and the sub-tasks of referring."""


def thinned(
    asks: Sequence[Ask],
    facts: PictureFacts,
    config: QuestionConfig,
    stream_for: Callable[[str], Stream],
) -> tuple[list[Ask], Counter[str]]:
    """The questions that are asked, in their order, and how many were left out.

    Args:
        asks: All that the picture allows.
        facts: The picture.
        config: Chances and ratios.
        stream_for: A purpose to its stream.

    What people said of a picture is never left out.
    """
    if facts.origin == "human":
        return list(asks), Counter()
    kept = [ask for ask in asks if _is_kept(ask, config, stream_for)]
    if "grounding" not in config.tasks:
        return kept, Counter()
    grounding = float(sum(ask.task == "grounding" for ask in kept))
    if facts.uniform or not facts.degraded:
        grounding = config.ratios.elsewhere
    for kind in BOUND:
        ratio = getattr(config.ratios, kind)
        if ratio is not None:
            kept = _bound(kept, kind, ratio * grounding, stream_for(f"ratio {kind}"))
    return kept, Counter({"thinned": len(asks) - len(kept)})


def _is_kept(ask: Ask, config: QuestionConfig, stream_for: Callable[[str], Stream]) -> bool:
    keep = config.keep
    chances = {
        "hybrid_intensity": keep.least if ask.form == "least" else keep.most,
        "single_intensity": keep.single,
        "accumulation_order": keep.order,
    }
    chance = chances.get(ask.sub_task, 1.0)
    target = ask.target.region_id if ask.target else ""
    purpose = f"keep {ask.sub_task} {ask.form} {ask.family} {target}"
    return chance >= 1 or stream_for(purpose).chance(chance)


def _bound(asks: list[Ask], kind: str, wanted: float, stream: Stream) -> list[Ask]:
    """At most so many of a kind; the fraction is a chance of one more."""
    places = [number for number, ask in enumerate(asks) if kind in (ask.task, ask.sub_task)]
    number = int(wanted) + stream.chance(wanted - int(wanted))
    dropped = set(stream.shuffled(places)[number:])
    return [ask for place, ask in enumerate(asks) if place not in dropped]
