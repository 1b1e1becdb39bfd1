"""From measures to words: what is seen, at the limit and short of it, and glances at the same."""

import numpy as np
import pytest

from distortions.perception import Damage, Planes, grade_of
from distortions.perception.measures import glance_of, of_sums
from distortions.perception.words import colour_visible, orders_differ, specks_visible
from schemas.errors import ContractError

NOTHING = Damage(0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0)


def test_colour_needs_both():
    """A flaw of colour alone differs in colour and in its structure, each at its limit."""
    limits = {"delta_e": 4.0, "structure": 0.25}
    assert colour_visible(NOTHING._replace(delta_e_95=4.0, chroma_ssim=0.75), **limits)
    assert not colour_visible(NOTHING._replace(delta_e_95=3.99, chroma_ssim=0.75), **limits)
    assert not colour_visible(NOTHING._replace(delta_e_95=4.0, chroma_ssim=0.76), **limits)


def test_specks_need_both():
    """Few strong places are some share of the region and strong, each at its limit."""
    limits = {"share": 0.25, "peak": 8.0}
    assert specks_visible(NOTHING._replace(share_visible=0.25, delta_e_99=8.0), **limits)
    assert not specks_visible(NOTHING._replace(share_visible=0.24, delta_e_99=8.0), **limits)
    assert not specks_visible(NOTHING._replace(share_visible=0.25, delta_e_99=7.99), **limits)


def test_orders_differ_in_a_tenth_of_the_region():
    """A tenth is enough, a little less is not, and what differs must be visible as well."""
    seen = NOTHING._replace(delta_e_95=7.5)
    assert orders_differ(seen._replace(share_visible=0.1))
    assert not orders_differ(seen._replace(share_visible=0.0999))
    assert not orders_differ(seen._replace(share_visible=0.1, delta_e_95=7.49))


@pytest.mark.parametrize(
    ("damage", "grade"),
    [(1.5999, "mild"), (1.6, "moderate"), (2.5999, "moderate"), (2.6, "severe")],
)
def test_a_border_belongs_to_the_stronger_word(damage, grade):
    """Without a margin every damage has a word."""
    assert grade_of(damage, 0.0) == grade


@pytest.mark.parametrize("border", [1.6, 2.6])
def test_the_margin_is_a_fifth_on_either_side(border):
    """Within it there is no word, beyond it there is."""
    assert grade_of(border - 0.19) is grade_of(border + 0.19) is None
    assert None not in (grade_of(border - 0.21), grade_of(border + 0.21))


def test_a_glance_sees_what_a_look_sees():
    """Both take the same numbers out of the same sums."""
    sums = np.linspace(3.0, 17.0, 15)
    sums[[0, 4]] = 50.0
    look = of_sums(sums)
    assert glance_of(sums) == (look.delta_e_95, look.ssim)


def test_what_is_no_picture_and_no_mask_raises():
    """Planes are made of pictures, and weights of a mask of their shape."""
    image = np.full((16, 24, 3), 90, np.uint8)
    for wrong in (image[..., 0], image.astype(np.float32)):
        with pytest.raises(ContractError):
            Planes.of(wrong)
    planes = Planes.of(image)
    for mask in (np.ones((16, 23), np.bool_), np.ones((16, 24), np.uint8)):
        with pytest.raises(ContractError, match="mask"):
            planes.weights(mask)
