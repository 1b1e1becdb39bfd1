"""Lays a chain on one region: crop, halo, composite.

The chain runs on pristine pixels of the region's box grown by what later steps and this one look
at, and only the pixels under the mask are used. The result is bit for bit what running it on the
whole picture would give, at the cost of the crop (types whose domain is ``crop`` excepted: they
hand the crop to a codec, and the crop is their definition).
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import cv2
import numpy as np

from distortions.chain import Link
from distortions.site import Depth, Site
from schemas.arrays import Image, Mask, require_image, require_mask
from schemas.boxes import Box
from schemas.errors import ContractError
from schemas.masks import bounding_box


class Patch(NamedTuple):
    """A region after its chain.

    Args:
        box: Where it lies in the picture.
        mask: The region's pixels inside the box, bool ``(box.height, box.width)``.
        stages: The box's pixels before the chain and after each step, all of the box's size;
            the last is the result.
    """

    box: Box
    mask: Mask
    stages: tuple[Image, ...]


def degrade_region(picture: Image, mask: Mask, chain: Sequence[Link]) -> Patch:
    """Run ``chain`` on the masked region of ``picture``; the picture stays as it is.

    Args:
        picture: uint8 RGB ``(height, width, 3)``, pristine.
        mask: bool ``(height, width)``, not empty.
        chain: Links in the order they are applied.

    Raises:
        ContractError: Arrays that break their contract, or a type that returns another shape.
    """
    return Steps(picture, mask, chain).patch()


class Steps:
    """A chain that is run step by step, as far as somebody asks for it.

    Arguments and errors as of ``degrade_region``; ``depth`` is of the whole picture.

    Attributes:
        box: Where the region lies in the picture.
        mask: Its pixels inside the box.
    """

    def __init__(
        self, picture: Image, mask: Mask, chain: Sequence[Link], depth: Depth | None = None
    ) -> None:
        require_image(picture)
        require_mask(mask, *picture.shape[:2])
        self.box = bounding_box(mask)
        self.mask = mask[self.box.slices]
        self._stages = [np.ascontiguousarray(picture[self.box.slices])]
        self._depth = depth
        self._rest = self._run(picture, mask, chain)

    def stage(self, number: int) -> Image:
        """The box's pixels after so many steps."""
        while len(self._stages) <= number:
            self._stages.append(next(self._rest))
        return self._stages[number]

    def patch(self) -> Patch:
        """The region after its whole chain."""
        self._stages += self._rest
        return self.so_far()

    def so_far(self) -> Patch:
        """The region after the steps that were run."""
        return Patch(self.box, self.mask, tuple(self._stages))

    def _run(self, picture: Image, mask: Mask, chain: Sequence[Link]) -> Iterator[Image]:
        height, width = picture.shape[:2]
        crops = _crops(self.box, chain, width, height)
        work = picture[crops[0].slices]
        for link, crop, used in zip(chain, crops, crops[1:], strict=False):
            work = _apply(link, work, self._site(link, crop, used, mask, (width, height)))
            work = work[used.shifted(-crop.x0, -crop.y0).slices]
            yield np.ascontiguousarray(work[self.box.shifted(-used.x0, -used.y0).slices])

    def _site(self, link: Link, crop: Box, used: Box, mask: Mask, size: tuple[int, int]) -> Site:
        return Site(
            key=link.key,
            x=crop.x0,
            y=crop.y0,
            width=size[0],
            height=size[1],
            domain=mask[crop.slices] if link.type.domain == "region" else None,
            window=used.shifted(-crop.x0, -crop.y0),
            depth=None if self._depth is None else self._depth[crop.slices],
        )


def _crops(box: Box, chain: Sequence[Link], width: int, height: int) -> list[Box]:
    """Input box of every step, then the region's own box; each holds what the next one needs."""
    crops = [box]
    for link in reversed(chain):
        reach = link.type.reach(link.params)
        if reach is None:
            crops.insert(0, Box(0, 0, width, height))
        else:
            crops.insert(0, crops[0].grown(reach, width, height, link.type.align))
    return crops


def _apply(link: Link, work: Image, site: Site) -> Image:
    result = link.type.apply(work, link.params, site)
    require_image(result, link.type.name)
    if result.shape != work.shape:
        raise ContractError(f"{link.type.name}: got {work.shape}, returned {result.shape}")
    return result


def composite(picture: Image, patches: Iterable[Patch]) -> Image:
    """A copy of ``picture`` with every patch's last stage under its mask, and nothing else."""
    out = picture.copy()
    for patch in patches:
        target = out[patch.box.slices]
        cv2.copyTo(patch.stages[-1], patch.mask.view(np.uint8), target)
    return out
