"""Grounding: masks, points and words of place against the target region.

Conventions, stated in every report:

- IoU of two empty masks is 1, of an empty and a filled one 0. gIoU is the mean over rows, so the
  average over sub-tasks is weighted by their rows; cIoU is summed intersections over summed unions.
- Acc@0.5 and Acc@0.7 count rows with an IoU of at least that.
- A row without a mask counts as an empty mask; status ``whole`` without a mask as the full one.
- A point ``(x, y)`` lies in pixel ``(floor x, floor y)``; it hits when that pixel is in the mask.
  No point, or one outside the picture, misses; status ``whole`` without one hits only the whole.
- The tolerant gIoU leaves out pixels within 0.5 % of the diagonal of the target's edge.

Source: metrics specification, section 4.1; IoU by pycocotools' run lengths.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import cv2
import numpy as np
from pycocotools import mask as coco

from annotators.language.positions import WHOLE_IMAGE
from flows.evaluation.intervals import Estimate, Settings, mean, ratio
from flows.evaluation.predictions import Prediction, Predictions
from flows.evaluation.texts import spot
from flows.evaluation.truth import Bench
from schemas import masks
from schemas.records import Sample

SUB_TASKS = ("hybrid_intensity", "single_intensity", "accumulation_order")
AVERAGE = "average"
BAND = 0.005
THRESHOLDS = (0.5, 0.7)


class Overlap(NamedTuple):
    """Pixels two masks share and cover together."""

    shared: int
    union: int

    @property
    def iou(self) -> float:
        """Intersection over union; 1 for two empty masks."""
        return self.shared / self.union if self.union else 1.0


class GroundingItem(NamedTuple):
    """One row, scored.

    Args:
        row_id: Row.
        cluster: Source picture.
        group: Sub-task.
        overlap: Of the masks.
        tolerant: IoU without the band along the target's edge.
        hit: Whether the point lies in the mask.
        x: Whether the word across is right.
        y: Whether the word down is right.
        sides: (across, down) told by the probabilities are right; ``None`` for the whole image.
    """

    row_id: str
    cluster: str
    group: str
    overlap: Overlap
    tolerant: float
    hit: bool
    x: bool
    y: bool
    sides: tuple[bool, bool] | None


class Measured(NamedTuple):
    """What a system gives at all; what it does not give is not reported, rather than 0.

    Args:
        masks: Whether it gives masks.
        points: Whether it gives points.
        words: Whether it gives words of place.
        sides: Whether it gives probabilities of the sides.
    """

    masks: bool = True
    points: bool = True
    words: bool = True
    sides: bool = False


def measured(predictions: Predictions) -> Measured:
    """What is given by at least one prediction; ``status`` stands for both mask and point."""
    found = list(predictions.values())
    status = any(one.status in ("whole", "point") for one in found)
    return Measured(
        masks=any(one.mask is not None or one.status == "whole" for one in found),
        points=status or any(one.point is not None for one in found),
        words=True,
        sides=any(one.probabilities is not None for one in found),
    )


def overlap(first: str, second: str, height: int, width: int) -> Overlap:
    """Intersection and union of two masks as compressed counts, pixels."""
    one, two = _rle(first, height, width), _rle(second, height, width)
    shared = int(coco.area(coco.merge([one, two], intersect=True)))
    return Overlap(shared, int(coco.area(one)) + int(coco.area(two)) - shared)


def tolerant_iou(said: str, truth: str, height: int, width: int) -> float:
    """IoU without the band along the edge of ``truth``; an empty mask against a filled one is 0."""
    if not masks.area(said, height, width):
        return float(not masks.area(truth, height, width))
    care = _rle(_care(truth, height, width), height, width)
    one, two = _rle(said, height, width), _rle(truth, height, width)
    shared = int(coco.area(coco.merge([one, two, care], intersect=True)))
    union = int(coco.area(coco.merge([coco.merge([one, two]), care], intersect=True)))
    return Overlap(shared, union).iou


def contains(counts: str, height: int, width: int, point: tuple[float, float]) -> bool:
    """Whether the pixel of a point ``x, y`` is in the mask."""
    x, y = int(np.floor(point[0])), int(np.floor(point[1]))
    if not (0 <= x < width and 0 <= y < height):
        return False
    return bool(masks.decode(counts, height, width)[y, x])


def full(height: int, width: int) -> str:
    """The mask of the whole picture."""
    return masks.encode(np.ones((height, width), np.bool_))


def empty(height: int, width: int) -> str:
    """The mask without a pixel."""
    return masks.encode(np.zeros((height, width), np.bool_))


def items(bench: Bench, predictions: Predictions) -> list[GroundingItem]:
    """Every grounding row of the bench, scored."""
    return [
        item(sample, predictions.get(sample.row_id))
        for sample in bench.samples
        if sample.task == "grounding"
    ]


def item(sample: Sample, prediction: Prediction | None) -> GroundingItem:
    """One row, scored; without a prediction all is wrong."""
    given = prediction or Prediction("", status="none")
    height, width, truth = sample.height, sample.width, sample.mask or ""
    said = given.mask
    if said is None:
        said = (full if given.status == "whole" else empty)(height, width)
    place, words = spot(sample.spatial_answer), spot(given.answer)
    return GroundingItem(
        row_id=sample.row_id,
        cluster=sample.picture_id,
        group=sample.sub_task,
        overlap=overlap(said, truth, height, width),
        tolerant=tolerant_iou(said, truth, height, width),
        hit=_hit(sample, given),
        x=words.x == place.x,
        y=words.y == place.y,
        sides=_sides(sample, given),
    )


def summary(found: Sequence[GroundingItem], given: Measured, settings: Settings) -> dict[str, Any]:
    """Sub-task and ``average`` (over all rows) to metrics; empty without rows."""
    groups: dict[str, list[GroundingItem]] = {}
    for one in found:
        for name in (one.group, AVERAGE):
            groups.setdefault(name, []).append(one)
    return {
        name: metrics(groups[name], given, settings)
        for name in (*SUB_TASKS, AVERAGE)
        if name in groups
    }


def metrics(
    found: Sequence[GroundingItem], given: Measured, settings: Settings
) -> dict[str, Estimate]:
    """All metrics of some rows; those that were not given are ``None``."""
    clusters = [one.cluster for one in found]
    sided = [(one.cluster, one.sides) for one in found if one.sides is not None]

    def over(values: list[bool] | list[float], there: bool) -> Estimate:
        return mean([float(v) for v in values], clusters, settings) if there else Estimate(None)

    table = {"giou": over([one.overlap.iou for one in found], given.masks)}
    table["ciou"] = (
        ratio(
            [float(one.overlap.shared) for one in found],
            [float(one.overlap.union) for one in found],
            clusters,
            settings,
        )
        if given.masks
        else Estimate(None)
    )
    for threshold in THRESHOLDS:
        reached = [one.overlap.iou >= threshold for one in found]
        table[f"acc@{threshold}"] = over(reached, given.masks)
    table |= {
        "giou_tolerant": over([one.tolerant for one in found], given.masks),
        "pointing": over([one.hit for one in found], given.points),
        "position_x": over([one.x for one in found], given.words),
        "position_y": over([one.y for one in found], given.words),
        "position": over([one.x and one.y for one in found], given.words),
    }
    both = [float(all(sides)) for _, sides in sided]
    there = given.sides and bool(sided)
    table["position_by_probability"] = (
        mean(both, [cluster for cluster, _ in sided], settings) if there else Estimate(None)
    )
    return table


def _hit(sample: Sample, given: Prediction) -> bool:
    if given.point is not None:
        return contains(sample.mask or "", sample.height, sample.width, given.point)
    return given.status == "whole" and sample.spatial_answer == WHOLE_IMAGE


def _sides(sample: Sample, given: Prediction) -> tuple[bool, bool] | None:
    """Whether the likelier side is the right one, across and down; a tie is wrong."""
    if sample.spatial_answer == WHOLE_IMAGE:
        return None
    place, p = spot(sample.spatial_answer), given.probabilities
    if p is None:
        return False, False
    x = "left" if p["left"] > p["right"] else "right" if p["right"] > p["left"] else ""
    y = "top" if p["top"] > p["bottom"] else "bottom" if p["bottom"] > p["top"] else ""
    return x == place.x, y == place.y


def _rle(counts: str, height: int, width: int) -> dict[str, Any]:
    return {"size": [height, width], "counts": counts.encode("ascii")}


@cache
def _care(truth: str, height: int, width: int) -> str:
    """Everything but the band along the target's edge; kept, for every system asks for it."""
    mask = masks.decode(truth, height, width)
    if mask.all() or not mask.any():
        return full(height, width)
    inside, outside = (
        cv2.distanceTransform(part.view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        for part in (mask, ~mask)
    )
    reach = max(1.0, BAND * float(np.hypot(height, width)))
    return masks.encode(np.maximum(inside, outside) > reach)
