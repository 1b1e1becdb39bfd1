"""What is true of a question, as rewards need it: a column of ``export --format grpo``."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, NamedTuple, Self

from annotators.questions.vida.perception import options_of
from annotators.questions.vida.syntax import SCALE
from flows.training.rewards.reading import (
    plain_answer,
    read_boxes,
    read_chain,
    read_levels,
    read_points,
)
from schemas import masks
from schemas.boxes import iou
from schemas.errors import ConfigError

Kind = Literal["boxes", "description", "chain", "choice", "point"]
Box = tuple[int, int, int, int]
WHOLE = "The whole image."
POINT = "Answer with one point (x, y) inside it, in thousandths of the picture's width and height."
NEAR = 0.3
"""Least IoU of a box on a grid with the exact one."""


@dataclass(frozen=True)
class Solution:
    """The truth behind a question.

    Args:
        kind: What an answer consists of.
        size: Width and height of the picture, pixels.
        boxes: In thousandths, ``x0, y0, x1, y1``.
        classes: Class of each box, or the families of a chain in their order.
        severities: Word for each of them; empty where it may not be told.
        ordered: Whether ``classes`` have an order that can be seen.
        level: Of the whole picture.
        answer: Letter of the right option, or the short answer itself, in lower case.
        options: Letter to option, in lower case.
        mask: COCO compressed run lengths of the region to be pointed at.
        names: Phrases that name regions and claim nothing.
        beyond: Families beyond the published twelve that texts of the run may name.
    """

    kind: Kind
    size: tuple[int, int]
    boxes: tuple[Box, ...] | None = None
    classes: tuple[str, ...] | None = None
    severities: tuple[str, ...] | None = None
    ordered: bool = False
    level: str | None = None
    answer: str | None = None
    options: Mapping[str, str] | None = None
    mask: str | None = None
    names: tuple[str, ...] = ()
    beyond: tuple[str, ...] = ()

    def to_json(self) -> str:
        """As the column has it; what does not apply is absent."""
        found = {name: value for name, value in asdict(self).items() if value is not None}
        for name in ("ordered", "names", "beyond"):
            if not found[name]:
                del found[name]
        return json.dumps(found, ensure_ascii=False, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Back from the column.

        Raises:
            ConfigError: It is no such JSON.
        """
        try:
            table: dict[str, Any] = json.loads(text)
            for name in ("boxes", "classes", "severities", "names", "beyond", "size"):
                if name in table:
                    table[name] = tuple(table[name])
            if "boxes" in table:
                table["boxes"] = tuple((x0, y0, x1, y1) for x0, y0, x1, y1 in table["boxes"])
            return cls(**table)
        except (ValueError, TypeError, RecursionError) as error:
            raise ConfigError(f"no solution of a question: {text!r:.80}: {error}") from None


class Solved(NamedTuple):
    """A question that rewards can be given for.

    Args:
        solution: Its truth.
        reference: An answer that every reward gives 1.
        instruction: What must be said of the form of an answer, beside the question.
    """

    solution: Solution
    reference: str
    instruction: str = ""


def solved(row: Mapping[str, Any], beyond: tuple[str, ...] = ()) -> Solved | None:
    """The truth of a row of the dataset with its ``boxes``.

    Args:
        row: The row.
        beyond: Families beyond the published twelve that texts of the run may name.

    ``None`` where an answer has nothing to count (free descriptions), and where the row's own
    answer does not read as its truth.
    """
    make = _KINDS.get((row["task"], row["sub_task"]))
    return make({**row, "beyond": beyond}) if make else None


def _size(row: Mapping[str, Any]) -> tuple[int, int]:
    return int(row["width"]), int(row["height"])


def _boxes(row: Mapping[str, Any]) -> Solved | None:
    """Boxes of an answer in the shape of ViDA-UGC; those of ``refer`` have no class."""
    found, malformed = read_boxes(row["answer"], _size(row))
    levels = read_levels(row["answer"]) if row["sub_task"] == "assess" else []
    described = row["task"] == "vida_description"
    if malformed or (described and not found) or (row["sub_task"] == "assess" and not levels):
        return None
    named = row["sub_task"] != "refer"
    return Solved(
        Solution(
            kind="description" if described else "boxes",
            size=_size(row),
            boxes=tuple(one.box for one in found),
            classes=tuple(one.distortion for one in found) if named else None,
            severities=tuple(one.severity for one in found) if named else None,
            level=levels[-1] if levels else None,
        ),
        row["answer"],
    )


def _level(row: Mapping[str, Any]) -> Solved | None:
    levels = read_levels(row["answer"])
    if not levels:
        return None
    return Solved(Solution("description", _size(row), level=levels[-1]), row["answer"])


def _cited(row: Mapping[str, Any]) -> Solved | None:
    """Regions that an answer names with their boxes; held against the exact ones."""
    found, malformed = read_boxes(row["answer"], _size(row))
    width, height = _size(row)
    exact = [box["box"] for box in row["boxes"] if box["part"] == "answer"]
    sides = (width, height, width, height)
    shares = [[SCALE * v / side for v, side in zip(box, sides, strict=True)] for box in exact]
    near = len(found) == len(exact) and all(
        iou(one.box, box) >= NEAR for one, box in zip(found, shares, strict=True)
    )
    if malformed or not found or not near:
        return None
    return Solved(Solution("boxes", (width, height), tuple(f.box for f in found)), row["answer"])


def _chain(row: Mapping[str, Any]) -> Solved | None:
    """The distortions of one region in their order; of people's no order is known."""
    steps = row["chain"]
    families = tuple(step["family"] for step in steps)
    names = tuple(n for n in (row["reference"], row["label_refined"]) if n)
    said = read_chain(row["answer"], names, row["beyond"])
    grades = {step["family"]: step["grade"] for step in steps}
    told = tuple(one.family for one in said)
    false = any(one.grade and grades.get(one.family) not in ("", one.grade) for one in said)
    if len(grades) != len(steps) or sorted(told) != sorted(families) or false:
        return None
    ordered = len(families) > 1 and row["origin"] == "synthetic" and told == families
    severities = tuple(one.grade for one in said)  # what the answer leaves open is not asked for
    return Solved(
        Solution(
            "chain",
            _size(row),
            classes=told,
            severities=severities if any(severities) else None,
            ordered=ordered,
            names=names,
            beyond=row["beyond"],
        ),
        row["answer"],
    )


def _choice(row: Mapping[str, Any]) -> Solved | None:
    """A letter where there are options, else a short answer that is right or wrong."""
    options = {k: plain_answer(v) for k, v in options_of(row["question"]).items()}
    answer = row["answer"].strip().rstrip(".")
    if options and answer not in options:
        return None
    right = answer if options else plain_answer(answer)
    return Solved(
        Solution("choice", _size(row), answer=right, options=options or None), row["answer"]
    )


def _point(row: Mapping[str, Any]) -> Solved | None:
    """A point in the region that is asked for; the whole picture cannot be missed."""
    if not row["mask"] or row["spatial_answer"] == WHOLE:
        return None
    width, height = _size(row)
    x, y = row["point"]
    reference = f"({round(SCALE * x / width)}, {round(SCALE * y / height)})"
    solution = Solution("point", (width, height), mask=row["mask"])
    if not inside(read_points(reference)[0], solution):
        return None  # thinner than a thousandth
    return Solved(solution, reference, POINT)


def inside(point: tuple[float, float], solution: Solution) -> bool:
    """Whether a point in thousandths lies on the region that is asked for."""
    width, height = solution.size
    x, y = (int(share * side / SCALE) for share, side in zip(point, solution.size, strict=True))
    if solution.mask is None or not (x < width and y < height):
        return False
    return bool(masks.decode(solution.mask, height, width)[y, x])


_KINDS: Mapping[tuple[str, str], Callable[[Mapping[str, Any]], Solved | None]] = {
    **{("vida_grounding", name): _boxes for name in ("detect", "detect_one", "refer", "region")},
    **{("vida_description", name): _boxes for name in ("assess", "single")},
    ("vida_description", "brief"): _level,
    ("vida_perception", "choice"): _choice,
    ("vida_perception", "open"): _choice,
    ("giqa", "giqa_yes_no"): _choice,
    ("giqa", "giqa_what"): lambda row: _cited(row) if row["form"] == "grounding" else _chain(row),
    ("local_description", ""): _chain,
    ("referring", "short"): _chain,
    ("referring", "long"): _chain,
    **{
        ("grounding", name): _point
        for name in ("hybrid_intensity", "single_intensity", "accumulation_order")
    },
}
"""Task and sub-task to what makes its solution; free descriptions of a picture have none."""
