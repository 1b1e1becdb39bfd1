"""A model at an endpoint that is asked for boxes, as detector and as judge of quality."""

import json
from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

from annotators.chat.prompts import filled
from annotators.chat.protocol import (
    ChatMessage,
    ChatModel,
    ChatRequest,
    Connection,
    data_url,
    picture_part,
    text_part,
)
from annotators.language.grid import Shares
from flows.grounding.asking import each, read_list
from flows.grounding.detectors import Hit, Looked
from flows.store.png import encode_png
from schemas.arrays import Image
from schemas.errors import AnnotationError
from schemas.settings.grounding import FilterConfig

SHORTEST, SHOWN = 32, 224
"""A crop shorter than the first is enlarged to the second, pixels."""
CHOICES, EVEN = ("yes", "no"), 0.5
_SIDE = {"type": "integer", "minimum": 0, "maximum": 1000}
_BOXES = {
    "type": "object",
    "properties": {
        "boxes": {
            "type": "array",
            "maxItems": 10,
            "items": {"type": "array", "items": _SIDE, "minItems": 4, "maxItems": 4},
        }
    },
    "required": ["boxes"],
    "additionalProperties": False,
}
_YES_NO = {
    "type": "object",
    "properties": {"answer": {"enum": list(CHOICES)}},
    "required": ["answer"],
    "additionalProperties": False,
}


class EndpointDetector:
    """A vision model that gives boxes in thousandths; implements ``Detector``.

    Args:
        model: Whom to ask.
        at_once: Requests in flight.
    """

    def __init__(self, model: ChatModel, at_once: int) -> None:
        self.name, self._model, self._at_once = model.name, model, at_once

    def find(self, asked: Sequence[Looked]) -> list[list[Hit]]:
        """See ``Detector``; a reply that cannot be read finds nothing."""
        return each(asked, self._one, self._model, self._at_once)

    def _one(self, asked: Looked, line: Connection) -> list[Hit]:
        prompt = filled("giqa_boxes", phrase=asked.phrase)
        try:
            reply = line.complete(ChatRequest([shown(asked.image, prompt)], _BOXES, 300))
            boxes = read_list(reply.text, "boxes")
        except AnnotationError:
            return []
        return [Hit(box, 1.0) for box in map(_read, boxes) if box is not None]


class Seen(NamedTuple):
    """What a model says of a box.

    Args:
        kept: Whether it has the quality.
        p_yes: Probability of yes; ``None`` where the server does not say.
    """

    kept: bool
    p_yes: float | None = None


def asks_for(view: Image, name: str, quality: str, config: FilterConfig, line: Connection) -> Seen:
    """Whether a model finds a quality in what it is shown; its probability decides where known.

    Args:
        view: The crop, or the picture with the box drawn.
        name: Of the thing.
        quality: The word.
        config: Which of both it is.
        line: To the model.

    Raises:
        AnnotationError: No answer that can be read.
    """
    what = "this picture" if config.view == "crop" else "the red box in this picture"
    prompt = filled("giqa_filter", view=what, quality=quality, thing=name)
    choices = CHOICES if config.p_yes else ()
    reply = line.complete(ChatRequest([shown(view, prompt)], _YES_NO, 20, choices=choices))
    text = reply.text
    try:
        answer = json.loads(text, strict=False)["answer"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise AnnotationError("no_json", f"expected yes or no, got {text[:60]!r}") from None
    if answer not in CHOICES:
        raise AnnotationError("wrong_json", f"expected yes or no, got {answer!r:.60}")
    if reply.likely:
        return Seen(reply.likely[0] >= EVEN, reply.likely[0])
    return Seen(answer == "yes")


def view_of(image: Image, box: Shares, config: FilterConfig) -> Image:
    """What the model is shown of a box: the crop, grown and enlarged, or the picture with it."""
    height, width = image.shape[:2]
    x0, y0, x1, y1 = box
    if config.view == "crop":
        dx, dy = config.grow * (x1 - x0), config.grow * (y1 - y0)
        x0, y0, x1, y1 = x0 - dx, y0 - dy, x1 + dx, y1 + dy
    left, top = max(0, int(x0 * width)), max(0, int(y0 * height))
    right, bottom = min(width, int(np.ceil(x1 * width))), min(height, int(np.ceil(y1 * height)))
    right, bottom = max(right, left + 1), max(bottom, top + 1)
    if config.view == "picture":
        drawn = image.copy()
        thick = max(2, min(width, height) // 150)
        cv2.rectangle(drawn, (left, top), (right - 1, bottom - 1), (255, 0, 0), thick)
        return drawn
    crop = image[top:bottom, left:right]
    short = min(crop.shape[:2])
    if short >= SHORTEST:
        return np.ascontiguousarray(crop)
    scale = SHOWN / short
    size = (round(crop.shape[1] * scale), round(crop.shape[0] * scale))
    return np.asarray(cv2.resize(crop, size, interpolation=cv2.INTER_LANCZOS4), np.uint8)


def shown(image: Image, text: str) -> ChatMessage:
    """A picture with a question as a message."""
    url, uuid = data_url(encode_png(image))
    return {"role": "user", "content": [picture_part(url, uuid), text_part(text)]}


def _read(box: object) -> Shares | None:
    """A box in thousandths as shares; ``None`` for what is none."""
    if not isinstance(box, list) or len(box) != 4 or not all(type(n) is int for n in box):
        return None
    x0, y0, x1, y1 = (min(1000, max(0, n)) / 1000 for n in box)
    return (x0, y0, x1, y1) if x0 < x1 and y0 < y1 else None
