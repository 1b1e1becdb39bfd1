"""A detector and a filter that know the truth and make errors as told, for measuring the road."""

from collections.abc import Sequence
from typing import NamedTuple

from annotators.language.grid import Shares
from flows.grounding.detectors import Hit
from flows.grounding.merge import area_of
from schemas.streams import Stream


class Errors(NamedTuple):
    """How often, and how far, the oracle errs.

    Args:
        miss: Share of boxes that are not found.
        jitter: Most that a side moves, share of the box's own side.
        fragment: Share of boxes found in two halves.
        inner: Share of boxes with a second one inside them.
        twin: Share of boxes with a second one on another thing.
        filter: Share of the filter's answers that are wrong.
    """

    miss: float = 0.10
    jitter: float = 0.03
    fragment: float = 0.20
    inner: float = 0.10
    twin: float = 0.10
    filter: float = 0.10


class Claim(NamedTuple):
    """A box that the oracle gives.

    Args:
        hit: The box.
        true: Whether it lies on a thing with the quality that the text speaks of.
    """

    hit: Hit
    true: bool


def found_by_oracle(
    boxes: Sequence[Shares], others: Sequence[Shares], errors: Errors, stream: Stream
) -> list[Claim]:
    """What a detector with these errors gives for a phrase.

    Args:
        boxes: Of the thing.
        others: Of other things in the picture.
        errors: How it errs.
        stream: Of this phrase.
    """
    claims: list[Claim] = []
    for box in boxes:
        if stream.chance(errors.miss):
            continue
        seen = _moved(box, errors.jitter, stream)
        parts = _halves(seen) if stream.chance(errors.fragment) else [seen]
        if stream.chance(errors.inner):
            parts.append(_moved(_inside(seen), 0.0, stream))
        claims += [Claim(Hit(part, stream.uniform(0.4, 0.9)), True) for part in parts]
        if others and stream.chance(errors.twin):
            wrong = _moved(stream.choice(others), errors.jitter, stream)
            claims.append(Claim(Hit(wrong, stream.uniform(0.35, 0.7)), False))
    return claims


def passes(claim: Claim, errors: Errors, stream: Stream) -> bool:
    """What a filter that errs so often says of a box."""
    return claim.true != stream.chance(errors.filter)


def _moved(box: Shares, jitter: float, stream: Stream) -> Shares:
    width, height = box[2] - box[0], box[3] - box[1]
    x0, y0, x1, y1 = (
        min(1.0, max(0.0, side + stream.uniform(-jitter, jitter) * length))
        for side, length in zip(box, (width, height, width, height), strict=True)
    )
    return (x0, y0, x1, y1) if area_of((x0, y0, x1, y1)) > 0 else box


def _halves(box: Shares) -> list[Shares]:
    """The box cut through the middle of its longer side; the halves share an edge."""
    x0, y0, x1, y1 = box
    if x1 - x0 >= y1 - y0:
        middle = (x0 + x1) / 2
        return [(x0, y0, middle, y1), (middle, y0, x1, y1)]
    middle = (y0 + y1) / 2
    return [(x0, y0, x1, middle), (x0, middle, x1, y1)]


def _inside(box: Shares) -> Shares:
    """Six tenths of the box, from its middle."""
    x0, y0, x1, y1 = box
    dx, dy = 0.2 * (x1 - x0), 0.2 * (y1 - y0)
    return x0 + dx, y0 + dy, x1 - dx, y1 - dy
