"""The contract of a distortion type, as a public test for authors.

In a plugin's own test suite::

    from distortions.testing import check_distortion

    def test_contract():
        check_distortion("my_distortion")
"""

import itertools
from collections.abc import Callable, Iterator

import cv2
import numpy as np

from distortions.chain import Link
from distortions.region import composite, degrade_region
from distortions.registry import SEVERITIES, Distortion, get
from distortions.site import Site
from schemas.arrays import Image, Mask, require_image
from schemas.errors import ContractError
from schemas.streams import derive_key

KEY = derive_key("contract")


def sample_picture(height: int = 150, width: int = 200) -> Image:
    """A picture with everything a photograph has: gradient, edges, texture, colour, flat parts."""
    y, x = np.mgrid[:height, :width].astype(np.int64)
    image = np.stack([x * 200 // width + 20, y * 180 // height + 40, (x + y) % 120 + 60], axis=2)
    image[height // 3 : height // 2, width // 4 : width // 2] = (200, 60, 40)
    disk = (x - 3 * width // 4) ** 2 + (y - height // 2) ** 2 < (height // 4) ** 2
    texture = (x * 7919 + y * 104729 + x * y * 31) % 97
    image[disk] = np.stack([texture + 80, 2 * texture, 200 - texture], axis=2)[disk]
    image[:, : width // 10] = 128
    return np.ascontiguousarray(image.astype(np.uint8))


def edge_pictures() -> Iterator[tuple[str, Image]]:
    """Pictures that break careless code: tiny, flat, black, white, two-valued, read-only."""
    yield "one pixel", np.full((1, 1, 3), 77, np.uint8)
    yield "one row", np.arange(60, dtype=np.uint8).reshape(1, 20, 3)
    yield "flat", np.full((40, 50, 3), (90, 120, 150), np.uint8)
    yield "black", np.zeros((40, 50, 3), np.uint8)
    yield "white", np.full((40, 50, 3), 255, np.uint8)
    two = np.zeros((40, 50, 3), np.uint8)
    two[:, 25:] = 255
    yield "two-valued", two
    yield "not contiguous", sample_picture(80, 90)[::2, ::-1]


def check_distortion(name: str) -> None:
    """Ask the registered type every question of the contract.

    Raises:
        ContractError: The first promise it breaks, in one line.
    """
    entry = get(name)
    for check in CHECKS:
        check(entry)


def _fail(entry: Distortion, message: str) -> None:
    raise ContractError(f"{entry.name}: {message}")


def _run(entry: Distortion, image: Image, severity: int, key: int = KEY) -> Image:
    return entry.apply(image, entry.resolve(severity, key), Site.whole(image, key))


def check_documented(entry: Distortion) -> None:
    """It has a one-line summary and says where it comes from."""
    if not entry.summary.endswith("."):
        _fail(entry, "the docstring's first line must be a sentence saying what a viewer sees")
    if "Source:" not in (entry.function.__doc__ or ""):
        _fail(entry, "the docstring needs a 'Source:' line")


def check_shape_and_purity(entry: Distortion) -> None:
    """Same shape, uint8, input untouched (read-only works), on ordinary and on odd pictures."""
    pictures = [("picture", sample_picture()), *edge_pictures()]
    for what, image in pictures:
        before = image.copy()
        image.flags.writeable = False
        for severity in (1, 5):
            result = _run(entry, image, severity)
            require_image(result, f"{entry.name} on {what}")
            if result.shape != image.shape:
                _fail(entry, f"on {what}: shape {image.shape} became {result.shape}")
            if np.shares_memory(result, image) and severity == 5:
                _fail(entry, f"on {what}: the result shares memory with its input")
        if not np.array_equal(before, image):
            _fail(entry, f"on {what}: the input was changed")


def check_repeatable(entry: Distortion) -> None:
    """Same key, same bytes; another key, other bytes exactly when it is declared random."""
    image = sample_picture()
    first, again, other = (_run(entry, image, 3, key) for key in (KEY, KEY, KEY + 1))
    if not np.array_equal(first, again):
        _fail(entry, "the same key gave different results")
    changes = not np.array_equal(first, other)
    if changes != (entry.random or bool(entry.draws)):
        _fail(entry, f"declared random={entry.random}, but another key changes it: {changes}")


def check_monotone(entry: Distortion) -> None:
    """Every severity is further from the source than the one below (mean absolute error)."""
    image = sample_picture(240, 320)
    far = [_error(image, _run(entry, image, severity)) for severity in SEVERITIES]
    if far[0] <= 0 or any(b <= a for a, b in itertools.pairwise(far)):
        _fail(entry, f"mean absolute error does not grow with severity: {np.round(far, 3)}")


def _error(first: Image, second: Image) -> float:
    return float(np.abs(first.astype(np.int16) - second).mean())


def check_crop_identity(entry: Distortion) -> None:
    """On a region it equals the whole picture under the mask, and outside nothing changes."""
    image = sample_picture()
    for severity in SEVERITIES:
        link = Link(entry, severity, KEY)
        for mask in _masks(*image.shape[:2]):
            result = composite(image, [degrade_region(image, mask, [link])])
            if not np.array_equal(result[~mask], image[~mask]):
                _fail(entry, f"severity {severity}: pixels outside the mask changed")
            if entry.domain == "crop":
                continue
            domain = mask if entry.domain == "region" else None
            whole = entry.apply(image, link.params, Site.whole(image, KEY, domain))
            if not np.array_equal(result[mask], whole[mask]):
                wrong = int(np.any(result != whole, axis=2)[mask].sum())
                _fail(entry, f"severity {severity}: {wrong} pixels differ between crop and whole")


def _masks(height: int, width: int) -> Iterator[Mask]:
    """A blob in the middle, one at a corner, a thin strip, and scattered pixels."""
    blob = np.zeros((height, width), np.uint8)
    cv2.ellipse(blob, (width // 2, height // 2), (width // 5, height // 4), 20, 0, 360, 1, -1)
    yield blob.astype(np.bool_)
    corner = np.zeros((height, width), np.bool_)
    corner[-height // 3 :, -width // 4 - 3 :] = True
    yield corner
    strip = np.zeros((height, width), np.bool_)
    strip[height // 2 : height // 2 + 5, 7:-11] = True
    yield strip
    y, x = np.mgrid[:height, :width]
    yield (x * 37 + y * 101) % 53 == 0


CHECKS: tuple[Callable[[Distortion], None], ...] = (
    check_documented,
    check_shape_and_purity,
    check_repeatable,
    check_monotone,
    check_crop_identity,
)
