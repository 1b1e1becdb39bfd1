"""Things of the same name that did not become regions, so that no phrase is ambiguous.

"The person" is no reference when a second, smaller person in the picture was too small to be a
region. Such proposals take part in naming, and in nothing else.
"""

from collections.abc import Sequence

import numpy as np

from annotators.language.phrases import is_kind_of
from annotators.regions.source import Proposal
from schemas.boxes import Box
from schemas.masks import bounding_box
from schemas.records import Picture, Region

# Less than this share of the picture is not noticed as a second one; 90 pixels of 640 x 480.
NOTICED_AREA = 0.0003
SAME_BOX_IOU = 0.5


def lookalikes(
    proposals: Sequence[Proposal], regions: Sequence[Region], picture: Picture
) -> list[Region]:
    """Regions that only stand for their name and place: of a region's kind, but not kept."""
    boxes: dict[str, list[Box]] = {}
    for region in regions:
        boxes.setdefault(region.label, []).append(Box(*region.box))
    least = NOTICED_AREA * picture.width * picture.height
    found = []
    for number, proposal in enumerate(proposals):
        taken = [
            box
            for label, own in boxes.items()
            if proposal.label == label or is_kind_of(proposal.label, label)
            for box in own
        ]
        if not taken or int(np.count_nonzero(proposal.mask)) < least:
            continue
        box = bounding_box(proposal.mask)
        if all(_box_iou(box, other) < SAME_BOX_IOU for other in taken):
            found.append(_stand_in(proposal, box, picture, number))
    return found


def _box_iou(first: Box, second: Box) -> float:
    width = min(first.x1, second.x1) - max(first.x0, second.x0)
    height = min(first.y1, second.y1) - max(first.y0, second.y0)
    shared = max(0, width) * max(0, height)
    return shared / (first.area + second.area - shared)


def _stand_in(proposal: Proposal, box: Box, picture: Picture, number: int) -> Region:
    return Region(
        region_id=f"{picture.picture_id}/other{number}",
        picture_id=picture.picture_id,
        label=proposal.label,
        label_source="lookalike",
        proposals=[],
        proposal_scores=[],
        mask_quality=None,
        box=list(box),
        mask="",
        area_fraction=int(np.count_nonzero(proposal.mask)) / (picture.width * picture.height),
        point=list(box.center),
    )
