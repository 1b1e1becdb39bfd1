"""Whether a type gives on a crop what it gives on the whole picture, at any box."""

import numpy as np

from distortions import get
from distortions.site import Site
from schemas.boxes import Box
from schemas.streams import Stream


def random_boxes(name, width, height, count):
    """Boxes anywhere, some at the left and some at the bottom border."""
    stream = Stream("boxes", name)
    for index in range(count):
        x0, y0 = stream.below(width), stream.below(height)
        x1, y1 = x0 + 1 + stream.below(width - x0), y0 + 1 + stream.below(height - y0)
        yield Box(0 if index % 4 == 0 else x0, y0, x1, height if index % 4 == 1 else y1)


def crops_that_differ(name, severity, image, key=2**64 - 3, count=8):
    """Boxes whose pixels are not those of the whole picture, with what the type says it looks at.

    For types with statistics of a region the region is the box.
    """
    entry, (height, width) = get(name), image.shape[:2]
    params = entry.resolve(severity, 8)
    halo = entry.reach(params)
    whole = entry.apply(image, params, Site.whole(image, key))
    for box in random_boxes(name, width, height, count):
        far = max(width, height) if halo is None else halo
        crop = box.grown(far, width, height, entry.align)
        window = box.shifted(-crop.x0, -crop.y0)
        domain = None
        if entry.domain == "region":
            region = np.zeros((height, width), np.bool_)
            region[box.slices] = True
            domain = region[crop.slices]
            whole = entry.apply(image, params, Site.whole(image, key, region))
        site = Site(key, crop.x0, crop.y0, width, height, domain, window)
        part = entry.apply(image[crop.slices], params, site)
        if not np.array_equal(part[window.slices], whole[box.slices]):
            yield box
