"""Drops of water on the lens: a new family with one type."""

import numpy as np

from distortions import Family, Image, Site, Stream, distortion, register_family

register_family(
    Family(
        "raindrops",
        "raindrops",
        ("water drops", "rain drops"),
        ("covers it with small round drops", "bends what lies behind the drops"),
    ),
    after=["blur"],
    before=["noise"],
)

CELL = 24


@distortion(
    family="raindrops",
    levels=(0.15, 0.3, 0.45, 0.6, 0.8),
    halo=CELL,
    random=True,
    domain="neighbourhood",
)
def lens_raindrops(image: Image, density: float, site: Site) -> Image:
    """Small round drops through which the picture is seen upside down.

    Source: our own; drops sit in a lattice of cells fixed to the picture.
    """
    out = image.copy()
    height, width = image.shape[:2]
    for row in range(site.y // CELL, (site.y + height) // CELL + 1):
        for column in range(site.x // CELL, (site.x + width) // CELL + 1):
            stream = Stream(site.key, row, column)
            if not stream.chance(density):
                continue
            radius = 3 + stream.below(6)
            x = column * CELL + radius + stream.below(CELL - 2 * radius) - site.x
            y = row * CELL + radius + stream.below(CELL - 2 * radius) - site.y
            _drop(image, out, x, y, radius)
    return out


def _drop(image: Image, out: Image, x: int, y: int, radius: int) -> None:
    height, width = image.shape[:2]
    rows, columns = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    inside = rows**2 + columns**2 <= radius**2
    to_y, to_x = rows[inside] + y, columns[inside] + x
    seen = (to_y >= 0) & (to_y < height) & (to_x >= 0) & (to_x < width)
    from_y = np.clip(y - rows[inside][seen], 0, height - 1)
    from_x = np.clip(x - columns[inside][seen], 0, width - 1)
    out[to_y[seen], to_x[seen]] = image[from_y, from_x] // 2 + 100
