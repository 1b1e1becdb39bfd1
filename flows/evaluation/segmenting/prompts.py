"""Which words of a grounding answer a segmenter gets: all, where it is, or what it is.

Source: the paper's comparison of its text-to-point road with a segmenter under three prompts, the
whole answer, its spatial part and its semantic part.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from annotators.language.positions import WHOLE_IMAGE
from flows.evaluation.predictions import Predictions
from flows.evaluation.truth import Bench
from schemas.records import Sample

PROMPTS = ("whole", "spatial", "semantic", "label")
"""``label`` is the region's true name alone, for comparison: what a segmenter does with the best
of words."""
PAPER_PROMPTS = PROMPTS[:3]

_PLACE = re.compile(
    rf"\s*((?:(?:top|bottom|upper|lower|left|right|cent(?:re|er)|middle)\b[ -]*){{1,3}}\."
    rf"|{re.escape(WHOLE_IMAGE)})\s*",
    re.IGNORECASE,
)


class Parts(NamedTuple):
    """A grounding answer taken apart; either part may be empty."""

    spatial: str
    semantic: str


def parts(answer: str) -> Parts:
    """The sentence of places that an answer begins with, and what comes after it.

    >>> parts("Top left. Mild blur affects the dog.")
    Parts(spatial='Top left.', semantic='Mild blur affects the dog.')
    >>> parts("It is the dog in the top left.")
    Parts(spatial='', semantic='It is the dog in the top left.')
    """
    found = _PLACE.match(answer)
    if not found:
        return Parts("", answer.strip())
    return Parts(found[1], answer[found.end() :].strip())


def texts(bench: Bench, given: Predictions | None, prompt: str) -> Mapping[str, str]:
    """Row id to what a segmenter is given, for the grounding rows.

    Args:
        bench: The rows.
        given: A model's answers, as in the paper; ``None`` takes the dataset's own. A row without
            a prediction, or without this part, has an empty text.
        prompt: One of ``PROMPTS``.
    """
    rows = [sample for sample in bench.samples if sample.task == "grounding"]
    return {sample.row_id: _text(sample, given, prompt) for sample in rows}


def _text(sample: Sample, given: Predictions | None, prompt: str) -> str:
    if prompt == "label":
        return sample.label_refined
    if given is None:
        spatial, semantic = Parts(sample.spatial_answer, sample.semantic_answer)
        answer = sample.answer
    else:
        said = given.get(sample.row_id)
        answer = said.answer.strip() if said else ""
        spatial, semantic = parts(answer)
    return {"whole": answer, "spatial": spatial, "semantic": semantic}[prompt]
