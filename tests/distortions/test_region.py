"""Chains on regions: crops agree with the whole picture, nothing leaks."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from distortions import DISTORTIONS
from distortions.chain import Link
from distortions.region import Steps, composite, degrade_region
from distortions.site import Site
from distortions.testing import sample_picture
from schemas.errors import ContractError

PICTURE = sample_picture(120, 160)
LOCAL = sorted(n for n, t in DISTORTIONS.items() if t.domain != "crop")


def box_mask(x0, y0, x1, y1):
    mask = np.zeros(PICTURE.shape[:2], np.bool_)
    mask[y0:y1, x0:x1] = True
    return mask


boxes = st.tuples(
    st.integers(0, 150), st.integers(0, 110), st.integers(1, 160), st.integers(1, 120)
).map(lambda b: (b[0], b[1], min(160, b[0] + b[2]), min(120, b[1] + b[3])))


@settings(max_examples=40, deadline=None)
@given(
    box=boxes,
    first=st.sampled_from(LOCAL),
    second=st.sampled_from(LOCAL),
    severity=st.integers(1, 3),
    key=st.integers(0, 2**64 - 1),
)
def test_chain_on_crop_equals_chain_on_picture(box, first, second, severity, key):
    """A chain of two on the crop is, under the mask, the chain on the whole picture."""
    mask = box_mask(*box)
    links = [Link(DISTORTIONS[first], severity, key), Link(DISTORTIONS[second], severity, key ^ 1)]
    whole = PICTURE
    for link in links:
        domain = mask if link.type.domain == "region" else None
        whole = link.type.apply(whole, link.params, Site.whole(whole, link.key, domain))
    result = composite(PICTURE, [degrade_region(PICTURE, mask, links)])
    assert np.array_equal(result[mask], whole[mask])
    assert np.array_equal(result[~mask], PICTURE[~mask])


def test_neighbours_do_not_leak():
    """Two touching regions give the same pixels together as alone."""
    left, right = box_mask(0, 0, 80, 120), box_mask(80, 0, 160, 120)
    blur = [Link(DISTORTIONS["gaussian_blur"], 5, 1)]
    noise = [Link(DISTORTIONS["gaussian_noise"], 5, 2)]
    patches = [degrade_region(PICTURE, left, blur), degrade_region(PICTURE, right, noise)]
    both = composite(PICTURE, patches)
    alone = composite(PICTURE, patches[:1])
    assert np.array_equal(both[left], alone[left])
    assert np.array_equal(composite(PICTURE, patches[::-1]), both)


def test_stages_are_kept():
    """The patch holds the pixels before the chain and after each step."""
    mask = box_mask(10, 20, 60, 70)
    links = [Link(DISTORTIONS["gaussian_noise"], 2, 5), Link(DISTORTIONS["gaussian_blur"], 2, 6)]
    patch = degrade_region(PICTURE, mask, links)
    assert len(patch.stages) == 3
    assert np.array_equal(patch.stages[0], PICTURE[20:70, 10:60])
    one = degrade_region(PICTURE, mask, links[:1])
    assert np.array_equal(one.stages[-1], patch.stages[1])


def test_empty_chain_changes_nothing():
    """A region without a chain is the source."""
    mask = box_mask(10, 20, 60, 70)
    assert np.array_equal(composite(PICTURE, [degrade_region(PICTURE, mask, [])]), PICTURE)


@pytest.mark.parametrize("corner", [(0, 0), (70, 0), (30, 40), (100, 60)])
def test_whole_pictures_types_are_computed_where_they_are_used(corner):
    """A step that needs the whole picture gives the right pixels wherever the region lies."""
    x, y = corner
    mask = box_mask(x, y, x + 50, y + 50)
    zoom, blur = (Link(DISTORTIONS[name], 3, 1) for name in ("zoom_blur", "gaussian_blur"))
    for chain in ([zoom], [zoom, blur], [blur, zoom]):
        whole = PICTURE
        for link in chain:
            whole = link.type.apply(whole, link.params, Site.whole(whole, link.key))
        result = composite(PICTURE, [degrade_region(PICTURE, mask, chain)])
        assert np.array_equal(result[mask], whole[mask])


def test_a_type_that_returns_no_picture_is_a_bug():
    """Another dtype and another shape are found where the chain is run."""
    for wrong in (lambda image, **_: image.astype(np.float32), lambda image, **_: image[:-1]):
        wrong.__module__ = "distortions.types.blur"  # ours; a stranger's is a plugin's error
        link = Link(dataclasses.replace(DISTORTIONS["gaussian_blur"], function=wrong), 2, 1)
        with pytest.raises(ContractError):
            degrade_region(PICTURE, box_mask(10, 20, 60, 70), [link])


@pytest.mark.parametrize(
    ("picture", "mask"),
    [
        (PICTURE.astype(np.float32), box_mask(0, 0, 9, 9)),
        (PICTURE[:, :, 0], box_mask(0, 0, 9, 9)),
        (PICTURE, box_mask(0, 0, 9, 9)[:-1]),
        (PICTURE, box_mask(0, 0, 9, 9).astype(np.uint8)),
        (PICTURE, np.zeros(PICTURE.shape[:2], np.bool_)),
    ],
)
def test_wrong_arrays_raise(picture, mask):
    """Arrays that break the contract raise, they are not guessed at."""
    with pytest.raises(ContractError):
        degrade_region(picture, mask, [])


def test_steps_are_run_as_far_as_somebody_asks():
    """A stage that is asked for early is that of the whole chain; the rest comes when asked."""
    mask = box_mask(10, 20, 60, 70)
    names = ("gaussian_noise", "gaussian_blur", "darken_rgb_shift")
    links = [Link(DISTORTIONS[name], 2, key) for key, name in enumerate(names)]
    whole = degrade_region(PICTURE, mask, links).stages
    steps = Steps(PICTURE, mask, links)
    assert [len(steps.so_far().stages), len(steps.patch().stages)] == [1, 4]
    steps = Steps(PICTURE, mask, links)
    assert np.array_equal(steps.stage(1), whole[1])
    assert len(steps.so_far().stages) == 2
    assert np.array_equal(steps.stage(3), whole[3])
    assert all(np.array_equal(a, b) for a, b in zip(steps.patch().stages, whole, strict=True))


def test_a_type_is_told_where_it_works_and_what_is_used_of_it():
    """A step that is followed by another works on more than is used: ``window`` says which part."""
    seen = []

    def told(image, sigma, site):
        seen.append((image.shape, site))
        return image.copy()

    told.__module__ = "distortions.types.blur"
    first = Link(dataclasses.replace(DISTORTIONS["gaussian_blur"], function=told), 3, 1)
    degrade_region(PICTURE, box_mask(70, 50, 90, 80), [first, Link(first.type, 3, 2)])
    (shape, before), (_, after) = seen
    assert 0 < before.y < after.y < 50
    assert 0 < before.x < after.x < 70
    assert (before.y + before.window.y0, before.x + before.window.x0) == (after.y, after.x)
    assert (after.y + after.window.y0, after.x + after.window.x0) == (50, 70)
    assert before.window.y1 <= shape[0]
