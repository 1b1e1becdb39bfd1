"""Every registered type is asked the same questions, on synthetic and on real pictures."""

import subprocess
import sys

import numpy as np
import pytest

from distortions import DISTORTIONS, FAMILIES, types_of
from distortions.measure import compare
from distortions.site import Site
from distortions.testing import CHECKS

NAMES = sorted(DISTORTIONS)
IMPLEMENTATION_SIZES = {
    "blur": 6,
    "noise": 6,
    "compression": 2,
    "brighten": 4,
    "darken": 4,
    "contrast_strengthen": 2,
    "contrast_weaken": 2,
    "saturate_strengthen": 2,
    "saturate_weaken": 2,
    "oversharpen": 1,
    "pixelate": 1,
    "quantization": 3,
}


def test_taxonomy():
    """There are the twelve families and thirty-five types of DQ-495K, each with its name there."""
    built_in = {name: [t for t in types_of(name) if t.dq495k] for name in IMPLEMENTATION_SIZES}
    assert {name: len(types) for name, types in built_in.items()} == IMPLEMENTATION_SIZES
    names = {t.dq495k for types in built_in.values() for t in types}
    assert len(names) == 35
    assert set(IMPLEMENTATION_SIZES) <= set(FAMILIES)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", NAMES)
def test_contract(name, check):
    """The type keeps this promise of the public contract."""
    check(DISTORTIONS[name])


@pytest.mark.parametrize("name", NAMES)
def test_gets_worse_on_a_photograph(name, astronaut):
    """On a real photograph every severity is further away than the one below."""
    entry = DISTORTIONS[name]
    photo = astronaut[40:340, 60:360]
    results = [entry.apply(photo, entry.resolve(s, 7), Site.whole(photo, 7)) for s in range(1, 6)]
    errors = [float(np.abs(r.astype(int) - photo).mean()) for r in results]
    assert errors == sorted(errors)
    everywhere = np.ones(photo.shape[:2], np.bool_)
    least, most = (compare(photo, result, everywhere) for result in (results[0], results[4]))
    assert most.delta_e > least.delta_e
    assert most.ssim <= least.ssim


def test_listing_needs_no_compiler():
    """Importing the registry loads neither numba nor Prefect nor torch."""
    code = "import sys, distortions; print(sorted({'numba','prefect','torch'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
