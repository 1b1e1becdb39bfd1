"""Box-Merge: boxes of one phrase that are pieces of each other become one.

Source: Grounding-IQA (arXiv 2411.17237), Box-Merge, with its overlap threshold of .95. Its area
threshold is printed as 0.256; as a share of the picture that makes one box of any two neighbours of
a class, so the default reads it as a percentage, 0.00256. See the table of ``README.md``.
"""

from collections.abc import Sequence

from annotators.language.grid import Shares

PRINTED = 0.256
"""The area threshold as it stands in the paper."""


def merged(boxes: Sequence[Shares], area: float, cover: float = 0.95) -> list[Shares]:
    """Boxes after merging, the same whatever order they come in.

    While a box is smaller than ``area`` and touches another, or lies inside another with more than
    ``cover`` of itself, both become their bounding box.

    Args:
        boxes: Of one phrase, shares of width and height.
        area: Share of the picture below which a box that touches another is a piece of it.
        cover: Share of a box that must lie inside another.
    """
    left = sorted(set(boxes), key=_size_and_place)
    while True:
        pair = next(
            (
                (i, j)
                for i, one in enumerate(left)
                for j, other in enumerate(left)
                if i != j and _pieces(one, other, area, cover)
            ),
            None,
        )
        if pair is None:
            return sorted(left, key=lambda box: (box[1], box[0], box[3], box[2]))
        i, j = pair
        whole = _hull(left[i], left[j])
        left = sorted(
            {whole, *(box for place, box in enumerate(left) if place not in pair)},
            key=_size_and_place,
        )


def area_of(box: Shares) -> float:
    """Share of the picture."""
    return max(0.0, box[2] - box[0]) * max(0.0, box[3] - box[1])


def _size_and_place(box: Shares) -> tuple[float, Shares]:
    return area_of(box), box


def _pieces(one: Shares, other: Shares, area: float, cover: float) -> bool:
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    if width < 0 or height < 0:
        return False
    own = area_of(one)
    return own < area or (own > 0 and width * height / own > cover)


def _hull(one: Shares, other: Shares) -> Shares:
    return (
        min(one[0], other[0]),
        min(one[1], other[1]),
        max(one[2], other[2]),
        max(one[3], other[3]),
    )
