"""A picture as a viewer resolves it, prepared once and compared many times."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from distortions.kernels import Kernels
from distortions.perception import tables
from schemas.arrays import Image, Mask, require_image, require_mask
from schemas.errors import ContractError

PIXELS_PER_DEGREE = 40.0
"""A picture 512 pixels wide, seen from twice its width, or a 24-inch screen at arm's length."""
BLOCKS_PER_DEGREE = 20.0

_planes = Kernels("planes")


@dataclass(frozen=True)
class Planes:
    """What comparisons need of one picture, on blocks of pixels that the eye takes together.

    A block's side is ``pixels_per_degree / 20``, rounded, at least one pixel: two at the usual
    distance, where GMSD and HaarPSI halve the picture, too. What only some comparisons need is
    made when the first one does.

    Args:
        lab: L*, a*, b* of the blocks' mean light, 1/64 of a unit, ``(3, rows, columns)``.
        tone: Y, I and Q of their mean level, 1/16 of a grey level, ``(3, rows, columns)``.
        shape: Height and width of the picture, pixels.
        side: Side of a block, pixels.
        offset: How far the first block begins left of and above the picture, ``x, y``, pixels.
    """

    lab: NDArray[np.int32]
    tone: NDArray[np.int32]
    shape: tuple[int, int]
    side: int
    offset: tuple[int, int]

    @classmethod
    def of(
        cls,
        image: Image,
        *,
        pixels_per_degree: float = PIXELS_PER_DEGREE,
        origin: tuple[int, int] = (0, 0),
    ) -> "Planes":
        """Prepare a picture or a crop.

        Args:
            image: uint8 RGB ``(height, width, 3)``.
            pixels_per_degree: Pixels in a degree of sight; more is farther away.
            origin: Where the crop's first pixel lies in its picture, ``x, y``. A crop with 24
                pixels to spare about the mask then gives what the whole picture gives.

        Raises:
            ContractError: No picture, or a distance that is not positive.
        """
        require_image(image)
        if not pixels_per_degree > 0:
            raise ContractError(f"pixels_per_degree must be above 0, got {pixels_per_degree}")
        side = max(1, round(pixels_per_degree / BLOCKS_PER_DEGREE))
        # Lattices of cells (two blocks) are anchored in the picture, too.
        left, top = (place % (2 * side) for place in origin)
        pixels = np.ascontiguousarray(image)
        tone, lab = _planes.reduce(pixels, tables.linear(), tables.root(), side, left, top)
        return cls(lab=lab, tone=tone, shape=image.shape[:2], side=side, offset=(left, top))

    @cached_property
    def gradient(self) -> NDArray[np.float32]:
        """Prewitt magnitude of luma, grey levels, ``(rows, columns)``."""
        found: NDArray[np.float32] = _planes.gradient(self.tone[0])
        return found

    @cached_property
    def haar(self) -> NDArray[np.float32]:
        """Absolute Haar responses, three scales by two directions, ``(6, rows, columns)``."""
        found: NDArray[np.float32] = _planes.haar(self.tone[0])
        return found

    @cached_property
    def chroma(self) -> NDArray[np.float32]:
        """Absolute I and Q, grey levels, ``(2, rows, columns)``."""
        found: NDArray[np.float32] = _planes.chroma(self.tone)
        return found

    def weights(self, mask: Mask | None) -> NDArray[np.int32]:
        """Pixels of the mask in each block; ``None`` stands for all pixels.

        Raises:
            ContractError: A mask of another shape, or an empty one.
        """
        if mask is None:
            mask = np.ones(self.shape, np.bool_)
        require_mask(mask, *self.shape)
        counts: NDArray[np.int32] = _planes.weights(
            np.ascontiguousarray(mask), self.side, *self.offset
        )
        if not counts.any():
            raise ContractError("cannot measure inside an empty mask")
        return counts

    def require_same_lattice(self, other: "Planes") -> None:
        """Raise ``ContractError`` unless ``other`` can be compared with this."""
        mine, theirs = ((planes.shape, planes.side, planes.offset) for planes in (self, other))
        if mine != theirs:
            raise ContractError(
                f"expected planes of equal shape, side and offset, got {mine} and {theirs}"
            )
