"""Two pictures side by side: damage inside a mask, and where it lies."""

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from distortions.kernels import Kernels
from distortions.perception.measures import Damage, Glance, glance_of, of_sums
from distortions.perception.planes import BLOCKS_PER_DEGREE, PIXELS_PER_DEGREE, Planes
from schemas.arrays import Image, Mask

VISIBLE_DELTA_E = 3.0
CELL = 2

_sight = Kernels("sight")
_pooling = Kernels("pooling")

Weights = NDArray[np.int32]


class _Maps(NamedTuple):
    """Similarities block by block; ``ssim`` on cells of two blocks a side."""

    gradient: NDArray[np.float32]
    haar: NDArray[np.float32]
    colour: NDArray[np.float32]
    ssim: NDArray[np.float32]


def perceived(
    reference: Image,
    degraded: Image,
    mask: Mask | None = None,
    *,
    pixels_per_degree: float = PIXELS_PER_DEGREE,
    origin: tuple[int, int] = (0, 0),
) -> Damage:
    """Visible damage of ``degraded`` against ``reference`` inside ``mask``.

    Args:
        reference: uint8 RGB ``(height, width, 3)``; a crop will do.
        degraded: The same shape.
        mask: bool ``(height, width)``, not empty; ``None`` means all.
        pixels_per_degree: Viewing distance, see ``Planes.of``.
        origin: Place of a crop in its picture, ``x, y``.

    Raises:
        ContractError: Arrays that break their contract, shapes that differ, an empty mask.
    """
    first, second = (
        Planes.of(image, pixels_per_degree=pixels_per_degree, origin=origin)
        for image in (reference, degraded)
    )
    return compare(first, second, mask)


def compare(reference: Planes, degraded: Planes, mask: Mask | None = None) -> Damage:
    """Visible damage between two prepared pictures; ``perceived`` without the preparation.

    Raises:
        ContractError: Planes of different shape or distance, a wrong or an empty mask.
    """
    return Comparison(reference, degraded, reference.weights(mask)).damage()


class Comparison:
    """Two prepared pictures under one mask; what both of its answers need is made once.

    Args:
        reference: One of them.
        degraded: The other.
        weights: The mask on their blocks, see ``Planes.weights``.

    Raises:
        ContractError: Planes of different shape or distance.
    """

    def __init__(self, reference: Planes, degraded: Planes, weights: Weights) -> None:
        reference.require_same_lattice(degraded)
        self._first, self._second, self._weights = reference, degraded, weights

    @cached_property
    def _colour(self) -> NDArray[np.float32]:
        return _colour(self._first, self._second, self._weights)

    @cached_property
    def _light_ssim(self) -> NDArray[np.float32]:
        return _ssim(self._first, self._second, 0)

    def glance(self) -> Glance:
        """Enough to know whether there is anything to see; the cheaper half of ``damage``."""
        return glance_of(_pooling.glance(self._colour, self._light_ssim, self._weights))

    def damage(self) -> Damage:
        """See ``compare``."""
        return self._damage

    @cached_property
    def _damage(self) -> Damage:
        chroma = [_ssim(self._first, self._second, plane) for plane in (1, 2)]
        maps = _structure(self._first, self._second, self._colour, [self._light_ssim, *chroma])
        return of_sums(_pool(maps, self._weights))


def damage_map(
    reference: Planes, degraded: Planes, mask: Mask | None = None
) -> NDArray[np.float64]:
    """Damage of every square of one degree, ``(rows, columns)``, NaN where the mask has nothing.

    Squares are ``20 * side`` pixels wide and begin where the planes' lattice does; the scale is
    that of ``Damage.damage``.

    Raises:
        ContractError: As ``compare``.
    """
    reference.require_same_lattice(degraded)
    weights = reference.weights(mask)
    maps, side = _maps(reference, degraded, weights), int(BLOCKS_PER_DEGREE)
    rows, columns = (-(-size // side) for size in weights.shape)
    out = np.full((rows, columns), np.nan)
    for row in range(rows):
        for column in range(columns):
            part = (slice(row * side, (row + 1) * side), slice(column * side, (column + 1) * side))
            if weights[part].any():
                out[row, column] = of_sums(_pool(_part(maps, part), weights[part])).damage
    return out


def _maps(first: Planes, second: Planes, weights: Weights) -> _Maps:
    ssim = [_ssim(first, second, plane) for plane in range(3)]
    return _structure(first, second, _colour(first, second, weights), ssim)


def _structure(
    first: Planes,
    second: Planes,
    colour: NDArray[np.float32],
    ssim: Sequence[NDArray[np.float32]],
) -> _Maps:
    return _Maps(
        _sight.gradient_similarity(first.gradient, second.gradient),
        _sight.haar_similarity(first.haar, second.haar, first.chroma, second.chroma),
        colour,
        np.stack(ssim),
    )


def _colour(first: Planes, second: Planes, weights: Weights) -> NDArray[np.float32]:
    found: NDArray[np.float32] = _sight.colour_difference(first.lab, second.lab, weights)
    return found


def _ssim(first: Planes, second: Planes, plane: int) -> NDArray[np.float32]:
    found: NDArray[np.float32] = _pooling.cell_ssim(first.lab[plane], second.lab[plane])
    return found


def _part(maps: _Maps, part: tuple[slice, slice]) -> _Maps:
    """The maps of a rectangle whose bounds are whole cells."""
    cells = tuple(slice(bound.start // CELL, -(-bound.stop // CELL)) for bound in part)
    pieces = (
        maps.gradient[part],
        maps.haar[:, *part],
        maps.colour[:, *part],
        maps.ssim[:, *cells],
    )
    return _Maps(*(np.ascontiguousarray(piece) for piece in pieces))


def _pool(maps: _Maps, weights: Weights) -> NDArray[np.float64]:
    sums: NDArray[np.float64] = _pooling.pool(*maps, np.ascontiguousarray(weights), VISIBLE_DELTA_E)
    return sums
