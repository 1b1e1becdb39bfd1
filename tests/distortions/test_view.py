"""A region against what surrounds it."""

import numpy as np
import pytest
from skimage import color

from distortions.view import Contrast, View


def test_contrast_is_that_of_the_lab_values():
    """Differences of mean lightness, mean chroma and spread of lightness, in CIELAB units."""
    image = np.full((160, 200, 3), (200, 60, 40), np.uint8)
    image[40:120, 60:140] = (60, 90, 160)
    image[40:120, 60:100] = (90, 120, 200)
    mask = np.zeros(image.shape[:2], np.bool_)
    mask[40:120, 60:140] = True
    view = View(image, mask)
    lab = color.rgb2lab(image)
    chroma = np.hypot(lab[..., 1], lab[..., 2])
    found = view.contrast(view.pristine)
    assert found.lightness == pytest.approx(
        abs(lab[mask, 0].mean() - lab[~mask, 0].mean()), abs=0.1
    )
    assert found.chroma == pytest.approx(abs(chroma[mask].mean() - chroma[~mask].mean()), abs=0.1)
    assert found.spread == pytest.approx(lab[mask, 0].std() - lab[~mask, 0].std(), abs=0.1)
    means = [lab[part, 1:].mean(axis=0) for part in (mask, ~mask)]
    assert found.cast == pytest.approx(float(np.hypot(*(means[0] - means[1]))), abs=0.2)
    assert found == Contrast(*(round(value, 4) for value in found))
    assert any(value != round(value, 3) for value in found)


def test_nothing_surrounds_the_whole():
    """A region that is the picture has no contrast with anything."""
    image = np.full((64, 64, 3), 90, np.uint8)
    view = View(image, np.ones((64, 64), np.bool_))
    assert view.contrast(view.pristine) is None
