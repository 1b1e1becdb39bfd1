"""Foreign transforms as types of ours; skipped where their library is absent."""

import subprocess
import sys

import numpy as np
import pytest

from distortions import get
from schemas.errors import ConfigError
from tests.conftest import ROOT

TORCHVISION_CPU = """from tests.doubles import torchvision_cpu
torchvision_cpu.make_importable()
"""
ALBUMENTATIONS = """
import albumentations as A
from distortions.adapters import albumentations
albumentations("iso_grain", "noise", [
    A.ISONoise(color_shift=(s / 10, s / 10), intensity=(s, s), p=1) for s in (.2, .4, .6, .8, 1)
], "Coloured grain.")
"""
TORCHVISION = """
from torchvision.transforms import v2
from distortions.adapters import torchvision
torchvision("soft", "blur", [v2.GaussianBlur(9, s) for s in (.8, 1.4, 2, 3, 5)], "Soft edges.")
"""
IMAGECORRUPTIONS = """
from distortions.adapters import imagecorruptions
imagecorruptions("shot", "noise", "shot_noise", "Grain.")
"""
CHECK = """
import warnings
warnings.simplefilter("ignore")
{made}
import numpy as np
from skimage import data
from distortions import get
photo = np.ascontiguousarray(data.astronaut()[100:260, 150:310])
kind = get("{name}")
before = np.random.mtrand.get_state()[1].copy()
one, again, other = (kind(photo, severity=3, seed=seed) for seed in (1, 1, 2))
assert np.array_equal(one, again) and one.shape == photo.shape and one.dtype == np.uint8
assert np.array_equal(one, other) == ({name!r} == "soft")
worse = [kind(photo, severity=s, seed=1).astype(int) for s in range(1, 6)]
away = [float(np.abs(one - photo).mean()) for one in worse]
assert away == sorted(away) and away[0] > 0, away
assert np.array_equal(before, np.random.mtrand.get_state()[1])
mask = np.zeros(photo.shape[:2], bool)
mask[40:90, 40:90] = True
part = kind(photo, severity=3, seed=1, mask=mask)
assert np.array_equal(part[~mask], photo[~mask]) and not np.array_equal(part[mask], photo[mask])
"""


@pytest.mark.parametrize(
    ("library", "name", "made"),
    [
        ("albumentations", "iso_grain", ALBUMENTATIONS),
        ("torchvision", "soft", TORCHVISION),
        ("imagecorruptions", "shot", IMAGECORRUPTIONS),
    ],
)
def test_keyed_growing_and_inside_its_mask(library, name, made):
    """The same seed gives the same pixels, severity grows, nothing leaves the region."""
    importable = TORCHVISION_CPU if library == "torchvision" else ""
    probe = [sys.executable, "-W", "ignore", "-c", f"{importable}import {library}"]
    if subprocess.run(probe, capture_output=True, check=False, cwd=ROOT).returncode:
        pytest.skip(f"{library} does not load here")
    code = CHECK.format(made=importable + made, name=name)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr[-1500:]


def test_what_is_missing_is_one_line(monkeypatch):
    """A library that is not installed is named with how to get it, and nothing is registered."""
    from distortions import adapters

    monkeypatch.setitem(sys.modules, "imagecorruptions", None)
    with pytest.raises(ConfigError, match="pip install imagecorruptions"):
        adapters.imagecorruptions("never", "noise", "shot_noise", "Grain.")
    with pytest.raises(ConfigError):
        get("never")


def test_numpy_is_left_as_it_was():
    """Seeding numpy's generator for a call changes nothing outside of it."""
    from distortions.adapters.libraries import _numpy_seeded

    generator = np.random.mtrand
    before = generator.get_state()[1].copy()
    with _numpy_seeded(7):
        first = generator.random_sample(3)
    with _numpy_seeded(7):
        assert np.array_equal(first, generator.random_sample(3))
    assert np.array_equal(before, generator.get_state()[1])
