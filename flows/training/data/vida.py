"""ViDA-UGC's training records: which task a conversation is of, and whether its boxes are boxes.

The files are LLaVA conversations, one file a task, and ``combined.json`` with all of them. Where
neither the file's name nor the record names the task, its form does.

Source: ViDA-UGC (arXiv 2508.12605); detailed assessment rules, section 2.
"""

import re

from annotators.questions.vida.item import DESCRIPTION, GROUNDING, PERCEPTION
from annotators.questions.vida.syntax import END_OF_TURN, SCALE, read_boxes
from schemas.errors import ConfigError

FILES = {
    "dist_detect": f"{GROUNDING}.detect",
    "ref-grounding": f"{GROUNDING}.refer",
    "reg-perception": f"{GROUNDING}.region",
    "mcq": f"{PERCEPTION}.choice",
    "qa": f"{PERCEPTION}.open",
    "score": f"{PERCEPTION}.score",
    "assess": f"{DESCRIPTION}.assess",
    "brief_assess": f"{DESCRIPTION}.brief",
    "dist_assess": f"{DESCRIPTION}.single",
}
_BOX, _GROUP = "<|box_start|>", "<|object_ref_start|>"
_MARKUP = re.compile(
    r"^[\w -]+:|<\|object_ref_start\|>[^<]*<\|object_ref_end\|>|<\|box_start\|>[^<]*<\|box_end\|>"
    r"|[.,;]",
    re.MULTILINE,
)
"""All that an answer holds which only lists distortions."""
_OPTIONS = re.compile(r"^\(?A[.):]", re.MULTILINE)
_LEVEL = re.compile(r"the quality of the image is \w+\.?\s*$", re.IGNORECASE)
BRIEF = 3
"""A description of at most so many lines has only its last two parts."""


def vida_row(
    stem: str, turns: list[tuple[str, str]], where: str
) -> tuple[str, list[tuple[str, str]]]:
    """Task and turns of a record, without the mark that ends a turn.

    Args:
        stem: Name of the file without its ending.
        turns: Questions and answers.
        where: File and record, for messages.

    Raises:
        ConfigError: A box that is none.
    """
    found = [(question, answer.replace(END_OF_TURN, "").rstrip()) for question, answer in turns]
    for text in (part for turn in found for part in turn):
        boxes = read_boxes(text)
        if len(boxes) != text.count(_BOX):
            raise ConfigError(f"{where}: a box that cannot be read in {text!r:.80}")
        for x0, y0, x1, y1 in boxes:
            if not (x0 <= x1 <= SCALE and y0 <= y1 <= SCALE):
                raise ConfigError(
                    f"{where}: box ({x0},{y0}),({x1},{y1}): corners go from top left to bottom "
                    f"right within 0 to {SCALE}"
                )
    return FILES.get(stem) or _form(*found[-1]), found


def _form(question: str, answer: str) -> str:
    """The task by what question and answer look like."""
    if _LEVEL.search(answer) and len(answer.split()) > BRIEF * 5:
        lines = [line for line in answer.split("\n") if line.strip()]
        return FILES["brief_assess" if len(lines) < BRIEF else "assess"]
    if _OPTIONS.search(question):
        return FILES["mcq"]
    if _BOX in question:
        return FILES["reg-perception"]
    if _GROUP in answer:
        return FILES["dist_assess" if _MARKUP.sub(" ", answer).split() else "dist_detect"]
    if _BOX in answer:
        return FILES["ref-grounding"]
    return FILES["score" if len(answer.split()) == 1 else "qa"]
