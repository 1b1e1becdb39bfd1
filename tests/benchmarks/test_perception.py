"""Time of the scale of visible damage beside the older measures: ratios in one run.

Run with ``pytest tests/benchmarks/test_perception.py -m benchmark -s``.
"""

import numpy as np
import pytest
from skimage import data

from distortions import Site, get, measure
from distortions.perception import Planes, compare, perceived
from tests.benchmarks.test_distortions import interleaved

pytestmark = pytest.mark.benchmark


@pytest.mark.parametrize("name", ["gaussian_blur", "gaussian_noise"])
def test_time_beside_the_older_measures(name):
    """Prints milliseconds on a 256x256 crop; asserts nothing of them."""
    # As the pipeline's workers do: large arrays come from the heap and not from fresh pages.
    np.empty(31 << 20, np.uint8)
    crop = np.ascontiguousarray(data.astronaut()[:256, 100:356])
    entry, mask = get(name), np.ones((256, 256), np.bool_)
    other = entry.apply(crop, entry.resolve(2, 1), Site.whole(crop, 1))
    first, second = Planes.of(crop), Planes.of(other)
    times = interleaved(
        {
            "measure.compare": lambda: measure.compare(crop, other, mask),
            "perceived": lambda: perceived(crop, other, mask),
            "Planes.of": lambda: Planes.of(other),
            "compare": lambda: compare(first, second, mask),
        },
        rounds=51,
    )
    print(f"\n{name}: " + ", ".join(f"{what} {ms:.2f} ms" for what, ms in times.items()))
    assert times
