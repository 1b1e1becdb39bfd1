"""How many tokens a picture costs InternVL: it is cut into tiles, a thumbnail is added."""

BESIDE = 2
"""Tokens around a picture that mark where it begins and ends."""


def tile_grid(width: int, height: int, most: int, side: int = 448) -> tuple[int, int]:
    """Columns and rows of the grid whose shape is nearest to the picture's.

    Of grids of equal shape the larger is taken, as long as the picture has more than half of its
    pixels.

    Args:
        width: Of the picture, pixels.
        height: Of the picture, pixels.
        most: Tiles at most.
        side: Of a tile, pixels.

    Source: InternVL 1.5, dynamic high resolution; ``get_optimal_tiled_canvas`` in transformers.
    """
    grids = [(x, y) for x in range(1, most + 1) for y in range(1, most // x + 1)]
    best, nearest = (1, 1), float("inf")
    for columns, rows in sorted(grids, key=lambda grid: (grid[0] * grid[1], grid)):
        distance = abs(width / height - columns / rows)
        larger = width * height > 0.5 * side * side * columns * rows
        if distance < nearest or (distance == nearest and larger):
            best, nearest = (columns, rows), distance
    return best


def picture_tokens(
    width: int, height: int, most: int, side: int = 448, tokens_per_tile: int = 256
) -> int:
    """Tokens of a picture; more than one tile brings the thumbnail, which costs as much as a tile.

    >>> picture_tokens(1024, 768, 12)
    3330
    """
    columns, rows = tile_grid(width, height, most, side)
    tiles = columns * rows
    return tokens_per_tile * (tiles + (tiles > 1)) + BESIDE
