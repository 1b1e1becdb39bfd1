"""Palettes and thresholds of quantization against independent computations."""

import numpy as np
import pytest
from PIL import Image as Pil
from skimage.filters import threshold_multiotsu

from distortions import get
from distortions.kernels.otsu import otsu_starts
from distortions.site import Site


@pytest.mark.parametrize("severity", range(1, 6))
@pytest.mark.parametrize("photo", ["astronaut", "coffee"])
def test_median_cut_finds_pillows_palette(request, photo, severity):
    """Per channel, the tones that are left are those of Pillow's median cut."""
    image = request.getfixturevalue(photo)
    entry = get("quantize_median_cut")
    params = entry.resolve(severity)
    result = entry.apply(image, params, Site.whole(image))
    for channel in range(3):
        plane = Pil.fromarray(np.ascontiguousarray(image[..., channel]))
        palette = plane.quantize(params["colors"], method=Pil.Quantize.MEDIANCUT).getpalette()
        assert set(np.unique(result[..., channel]).tolist()) == set(palette)


def test_otsu_splits_where_scikit_image_does(coffee):
    """With three classes over 256 levels the thresholds are scikit-image's."""
    for channel in range(3):
        counts = np.bincount(coffee[..., channel].ravel(), minlength=256).astype(np.int64)
        expected = threshold_multiotsu(coffee[..., channel], 3, nbins=256)
        assert (otsu_starts(counts, 3)[1:] - 1).tolist() == expected.tolist()
