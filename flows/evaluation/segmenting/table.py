"""The table of text-prompted segmenters: the paper's comparison of words as prompts."""

from collections.abc import Mapping
from typing import Any

from flows.evaluation.grounding import AVERAGE, SUB_TASKS
from flows.evaluation.markdown import ABSENT, number, table

HEADS = ("HyD-G", "SiD-G", "DAO-G", "Average", "tolerant", "cut", "no words", "nothing found")


def section(
    systems: Mapping[str, Any], counts: Mapping[str, Mapping[str, int]], first: str
) -> list[str]:
    """Masks by sub-task (gIoU), of the first system (the model's own masks) and of every segmenter.

    Args:
        systems: Name to metrics.
        counts: Segmenter and prompt to what became of its texts.
        first: The system whose words the segmenters are given, or a segmenter itself.
    """
    names = [first, *(name for name in counts if name != first)]
    rows = []
    for name in names:
        found = systems[name]["grounding"]
        scores = [found.get(group, {}).get("giou") for group in (*SUB_TASKS, AVERAGE)]
        tolerant = found.get(AVERAGE, {}).get("giou_tolerant")
        said = counts.get(name)
        more = [str(said[key]) if said else ABSENT for key in ("cut", "wordless", "empty")]
        interval = [number(scores[-1], interval=True), number(tolerant)]
        rows.append([name, *(number(score) for score in scores[:-1]), *interval, *more])
    told = (
        "gIoU. A segmenter is given the whole answer, its sentence of places, or the rest of it; "
        "`label` is the region's true name. Texts that are longer than a segmenter reads are cut; "
        "a row without words, or in which nothing is found, has an empty mask."
    )
    return ["## Text-prompted segmenters", "", told, "", *table(["", *HEADS], rows)]
