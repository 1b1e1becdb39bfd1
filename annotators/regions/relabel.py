"""Semantic labels corrected by a model that looks at the region: keep, rename or abstain."""

import json
import re
from typing import Any, NamedTuple

import numpy as np

from annotators.chat.prompts import filled
from annotators.chat.protocol import (
    ChatModel,
    ChatRequest,
    EncodePng,
    data_url,
    picture_part,
    text_part,
)
from annotators.language.positions import place_phrase
from annotators.regions.partition import NAMELESS
from schemas.arrays import Image
from schemas.boxes import Box
from schemas.errors import AnnotationError
from schemas.records import Region

MOST_CHARACTERS = 40
CONTEXT = 0.2
"""Share of the box's sides that is shown around it."""
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "decision": {"type": "string", "enum": ["keep", "rename", "abstain"]},
        "label": {"type": "string", "maxLength": MOST_CHARACTERS},
    },
    "required": ["decision", "label"],
    "additionalProperties": False,
}
_NAME = re.compile(r"[a-z][a-z' -]*[a-z]")
# Words that speak of quality or place and name no thing.
_NOT_NAMES = re.compile(
    r"\b(blur\w*|nois\w*|dark\w*|bright\w*|pixel\w*|compress\w*|quality|distort\w*|degrad\w*|left|"
    r"right|top|bottom|upper|lower|centre|center|region|image|picture|photo\w*)\b"
)


class Refined(NamedTuple):
    """A region's label, and what was decided: keep, rename, abstain, or why nothing could be."""

    label: str
    decision: str


class Refiner:
    """Asks about the crop of each region; the same crop is asked about once a run (the ledger).

    Args:
        model: Whom it asks.
        encode_png: A crop to PNG.
    """

    def __init__(self, model: ChatModel, encode_png: EncodePng) -> None:
        self._model, self._encode = model, encode_png

    def refine(self, image: Image, region: Region) -> Refined:
        """The label after refinement; the old one unless the model gives a name that can be used.

        Args:
            image: The pristine picture; a degraded thing is still that thing.
            region: With the label before, and the other names that were considered.
        """
        line = self._model.line()
        try:
            found = line.complete(self._request(image, region))
            decision, label = read_decision(found.text)
        except AnnotationError as error:
            return Refined(region.label, error.reason)
        finally:
            line.close()
        return Refined(label if decision == "rename" else region.label, decision)

    def _request(self, image: Image, region: Region) -> ChatRequest:
        height, width = image.shape[:2]
        url, uuid = data_url(self._encode(context_crop(image, Box(*region.box))))
        others = [name for name in region.proposals if name != region.label]
        words = f" It also considered: {', '.join(others)}." if others else ""
        place = place_phrase(Box(*region.box), width, height)
        text = filled("refine", place=place, label=region.label, others=words)
        content = [picture_part(url, uuid), text_part(text)]
        return ChatRequest([{"role": "user", "content": content}], SCHEMA, max_tokens=60)


def context_crop(image: Image, box: Box) -> Image:
    """The box and ``CONTEXT`` of its sides around it."""
    x, y = round(box.width * CONTEXT), round(box.height * CONTEXT)
    rows = slice(max(0, box.y0 - y), box.y1 + y)
    return np.ascontiguousarray(image[rows, max(0, box.x0 - x) : box.x1 + x])


def read_decision(text: str) -> tuple[str, str]:
    """The decision and the label.

    Raises:
        AnnotationError: ``no_json``, ``wrong_json``, or ``bad_label``: no name of a thing.
    """
    try:
        found = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        raise AnnotationError("no_json", f"expected a JSON object, got {text[:60]!r}") from None
    decision = found.get("decision") if isinstance(found, dict) else None
    if decision not in ("keep", "rename", "abstain"):
        raise AnnotationError("wrong_json", f"no decision in {text[:60]!r}")
    label = re.sub(r"^(?:the|an?) ", "", " ".join(str(found.get("label", "")).lower().split()))
    if decision == "rename" and not is_name(label):
        raise AnnotationError("bad_label", f"{label!r} names no thing")
    return decision, label


def is_name(label: str) -> bool:
    """Whether a label is a short noun phrase that says nothing of quality or place."""
    return bool(
        _NAME.fullmatch(label)
        and len(label.split()) <= 4
        and label not in NAMELESS
        and not _NOT_NAMES.search(label)
    )
