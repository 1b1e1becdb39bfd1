"""Calls every compiled loop once, so that it is compiled before the first picture needs it.

The jobs are about as long as each other and do not share loops, so that processes can take turns.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable

import numpy as np

from distortions.chain import Link
from distortions.measure import compare, compare_orders, fidelity
from distortions.region import degrade_region
from distortions.registry import DISTORTIONS, Distortion
from distortions.view import View
from schemas.arrays import Image, Mask

Job = Callable[[], object]


def warm_jobs() -> list[Job]:
    """What to call, the longest first; the same list in every process.

    Types that a plan has to ask for are compiled when it does.
    """
    groups: defaultdict[str, list[Distortion]] = defaultdict(list)
    for entry in DISTORTIONS.values():
        if entry.default and not entry.outside:
            groups[_shared(entry)].append(entry)
    return [_sight, _measure, *(lambda group=group: _types(group) for group in groups.values())]


def _shared(entry: Distortion) -> str:
    """A name for the loops of a type: those on tones have theirs in common."""
    module = entry.function.__module__.rpartition(".")[2]
    return "tones" if module in ("brightness", "contrast", "quantization") else module


def sample() -> tuple[Image, Mask]:
    """A small picture with something in it, and a region of it that touches no border."""
    ramp = np.add.outer(np.arange(96) * 2, np.arange(128)) % 256
    image = np.stack([ramp, ramp[::-1], 255 - ramp], axis=-1).astype(np.uint8)
    mask = np.zeros((96, 128), np.bool_)
    mask[24:72, 24:96] = True
    return image, mask


def _types(entries: Iterable[Distortion]) -> None:
    image, mask = sample()
    for entry in entries:
        for severity in (1, 5):
            degrade_region(image, mask, [Link(entry, severity, 1)])


def _measure() -> None:
    image, mask = sample()
    other = np.ascontiguousarray(image[::-1])
    for measure in (compare, fidelity, compare_orders):
        measure(image, other, mask)


def _sight() -> None:
    image, mask = sample()
    view = View(image, mask)
    comparison = view.beside(view.pristine, view.of(np.ascontiguousarray(image[72:24:-1, 24:96])))
    comparison.glance()
    comparison.damage()
