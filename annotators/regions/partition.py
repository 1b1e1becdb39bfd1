"""From overlapping proposals to regions that share no pixel.

Proposals are taken from small to large, so a small one lies on top of a large one: a region is
what its proposal leaves of the picture after the smaller regions have taken theirs. Only what
became a region takes pixels; a proposal that was turned down leaves the pixels to the larger
one around it.

The specification drops "what overlaps a kept one by IoU > 0.1". Pixels cannot overlap any more
once they are shared out, so the overlap is measured between the masks as they were proposed: two
proposals that claim much of the same thing are one thing named twice, and what the smaller
leaves of the larger (a rim, a frame) no longer deserves its name. A plate on a table (IoU 0.05)
leaves the table its name.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import cv2
import numpy as np

from annotators.regions.source import Proposal
from schemas.arrays import Image, Mask, require_mask
from schemas.boxes import Box
from schemas.masks import encode_part, largest_part, pole
from schemas.records import Picture, Region, Reject
from schemas.settings.config import RegionConfig

NAMELESS: Final = frozenset(
    (
        *("", "background", "foreground", "image", "item", "n/a", "none", "nothing", "object"),
        *("other", "picture", "region", "something", "stuff", "thing", "unknown", "unlabeled"),
        *("unlabelled", "void"),
    )
)
"""Labels that name nothing."""


class _Candidate(NamedTuple):
    """A proposal, the box around it and how many pixels it has."""

    number: int
    mask: Mask
    box: Box
    area: int


class _Kept(NamedTuple):
    """An eligible region: its own pixels inside ``box``."""

    proposal: Proposal
    pixels: Mask
    box: Box
    area: int


class _RefusalError(Exception):
    """A proposal is not eligible; caught where rejects are collected."""

    def __init__(self, reason: str, detail: str) -> None:
        self.reason, self.detail = reason, detail
        super().__init__(reason)


def partition(
    proposals: Sequence[Proposal],
    picture: Picture,
    image: Image,
    config: RegionConfig,
    source_name: str,
) -> tuple[list[Region], list[Reject]]:
    """Eligible regions that share no pixel, largest first, and what was turned down and why.

    Reasons: ``no_label``, ``overlap``, ``too_small_area``, ``too_large_area``, ``too_thin``,
    ``fragmented``. A region with crumbs beside its largest connected part (at most
    ``1 - min_largest_part`` of it) is its largest part alone; the crumbs stay background. Area
    and box are those of what is left. Regions are numbered by area, then top, then left.

    Raises:
        ContractError: A mask is not bool of the picture's size.
    """
    height, width = image.shape[:2]
    for proposal in proposals:
        require_mask(proposal.mask, height, width, f"{picture.picture_id}: {proposal.label!r}")
    selection = _Selection(proposals, height, width, config)
    rejects = []
    for candidate in selection.order:
        try:
            selection.take(candidate)
        except _RefusalError as refusal:
            label = proposals[candidate.number].label or "(no label)"
            detail = f"{label} at {list(candidate.box)}: {refusal.detail}"
            rejects.append(
                Reject(
                    stage="regions",
                    subject=picture.picture_id,
                    reason=refusal.reason,
                    detail=detail,
                )
            )
    kept = sorted(selection.kept, key=lambda region: (-region.area, region.box.y0, region.box.x0))
    regions = [
        _region(region, f"{picture.picture_id}/{index}", picture, (height, width), source_name)
        for index, region in enumerate(kept)
    ]
    return regions, rejects


class _Selection:
    """The picture while its pixels are given away."""

    def __init__(
        self, proposals: Sequence[Proposal], height: int, width: int, config: RegionConfig
    ) -> None:
        self._proposals = proposals
        self._pixels = height * width
        self._config = config
        self._taken = np.zeros((height, width), np.bool_)
        self._claims: list[_Candidate] = []
        self.kept: list[_Kept] = []
        measured = [_measure(number, proposal.mask) for number, proposal in enumerate(proposals)]
        self.order = sorted(measured, key=lambda c: (c.area, c.box.y0, c.box.x0, c.number))

    def take(self, candidate: _Candidate) -> None:
        """Make the candidate a region, or raise ``_RefusalError``."""
        proposal = self._proposals[candidate.number]
        self._require_area(candidate.area, only_least=True)
        if proposal.label.strip().lower() in NAMELESS:
            raise _RefusalError("no_label", "the label names nothing")
        self._require_apart(candidate)
        region = self._part(candidate, proposal)
        self._require_area(region.area)
        if min(region.box.width, region.box.height) < self._config.min_side:
            size = f"{region.box.width}x{region.box.height}"
            raise _RefusalError("too_thin", f"{size} px, sides of {self._config.min_side} needed")
        self._taken[region.box.slices] |= region.pixels
        self._claims.append(candidate)
        self.kept.append(region)

    def _part(self, candidate: _Candidate, proposal: Proposal) -> _Kept:
        """The largest connected part of what smaller regions left of the candidate."""
        here = candidate.box.slices
        left = np.ascontiguousarray(candidate.mask[here] & ~self._taken[here])
        total = int(np.count_nonzero(left))
        self._require_area(total, only_least=True)
        whole = proposal.connected and total == candidate.area
        part = left if whole else largest_part(left)
        size = int(np.count_nonzero(part))
        if size < self._config.min_largest_part * total:
            share = f"{size / total:.0%} of it"
            raise _RefusalError("fragmented", f"its largest part is {share}")
        inner = _tight(part)
        box = inner.shifted(candidate.box.x0, candidate.box.y0)
        return _Kept(proposal, part[inner.slices], box, size)

    def _require_area(self, area: int, only_least: bool = False) -> None:
        share = area / self._pixels
        if share < self._config.min_area:
            least = f"{self._config.min_area:.1%} needed"
            raise _RefusalError("too_small_area", f"{share:.2%} of the picture, {least}")
        if share > self._config.max_area and not only_least:
            most = f"{self._config.max_area:.1%} allowed"
            raise _RefusalError("too_large_area", f"{share:.2%} of the picture, {most}")

    def _require_apart(self, candidate: _Candidate) -> None:
        for claim in self._claims:
            common = _common(claim, candidate)
            overlap = common / (claim.area + candidate.area - common)
            if overlap > self._config.max_iou:
                label = self._proposals[claim.number].label
                raise _RefusalError("overlap", f"IoU {overlap:.2f} with {label} {list(claim.box)}")


def _measure(number: int, mask: Mask) -> _Candidate:
    box = _tight(mask)
    return _Candidate(number, mask, box, int(np.count_nonzero(mask[box.slices])))


def _tight(mask: Mask) -> Box:
    """The bounding box; ``Box(0, 0, 0, 0)`` of an empty mask."""
    x, y, width, height = cv2.boundingRect(np.ascontiguousarray(mask).view(np.uint8))
    return Box(x, y, x + width, y + height) if width else Box(0, 0, 0, 0)


def _common(first: _Candidate, second: _Candidate) -> int:
    """Pixels two candidates share."""
    a, b = first.box, second.box
    box = Box(max(a.x0, b.x0), max(a.y0, b.y0), min(a.x1, b.x1), min(a.y1, b.y1))
    if box.width <= 0 or box.height <= 0:
        return 0
    return int(np.count_nonzero(first.mask[box.slices] & second.mask[box.slices]))


def _stored(value: float) -> float:
    """As the table stores it, so that a region read back equals the one written."""
    return float(np.float32(value))


def _region(
    kept: _Kept, region_id: str, picture: Picture, shape: tuple[int, int], source_name: str
) -> Region:
    height, width = shape
    x, y = pole(kept.pixels)
    return Region(
        region_id=region_id,
        picture_id=picture.picture_id,
        label=kept.proposal.label.strip().lower(),
        label_source=source_name,
        proposals=list(kept.proposal.alternatives),
        proposal_scores=[_stored(score) for score in kept.proposal.scores],
        mask_quality=None if kept.proposal.quality is None else _stored(kept.proposal.quality),
        box=list(kept.box),
        mask=encode_part(kept.pixels, kept.box, height, width),
        area_fraction=_stored(kept.area / (height * width)),
        point=[x + kept.box.x0, y + kept.box.y0],
    )
