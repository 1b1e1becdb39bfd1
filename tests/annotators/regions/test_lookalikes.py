"""Things of the same name that did not become regions: a phrase must not be true of them, too."""

import numpy as np
import pytest

from annotators.regions.lookalikes import lookalikes
from annotators.regions.source import Proposal
from tests.annotators.regions.test_partition import HEIGHT, PICTURE, WIDTH, box, split

DOG = box(20, 20, 120, 120, "dog")


def others(*proposals, **settings):
    """Labels and boxes of what stands beside the regions that were kept."""
    regions, _ = split(*proposals, **settings)
    return [(one.label, tuple(one.box)) for one in lookalikes(proposals, regions, PICTURE)]


def test_a_second_one_that_is_too_small_is_remembered():
    """A tiny dog is no region, but it is a dog; a tiny cat matters to no phrase."""
    tiny = (200, 150, 214, 160)
    assert others(DOG, box(*tiny, "dog")) == [("dog", tiny)]
    assert others(DOG, box(*tiny, "cat")) == []


@pytest.mark.parametrize(
    ("kept", "small", "noticed"),
    [("person", "young person", True), ("young person", "person", False)],
)
def test_a_special_kind_is_of_the_kind(kept, small, noticed):
    """A young person is a person; a person is not known to be a young one."""
    found = others(box(20, 20, 120, 120, kept), box(200, 150, 214, 160, small))
    assert bool(found) == noticed


@pytest.mark.parametrize(("pixels", "noticed"), [(17, False), (18, True), (19, True)])
def test_how_small_is_noticed(pixels, noticed):
    """From three in ten thousand pixels on, which are 18 here."""
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[150, 200 : 200 + pixels] = True
    assert bool(others(DOG, Proposal(mask, "dog"))) == noticed


@pytest.mark.parametrize(("shift", "noticed"), [(10, False), (33, False), (34, True)])
def test_the_same_thing_proposed_twice_is_one(shift, noticed):
    """Boxes that share half of what both cover are one thing; those that share less are two."""
    again = box(20 + shift, 20, 120 + shift, 120, "dog")
    regions, _ = split(DOG)
    assert bool(lookalikes([DOG, again], regions, PICTURE)) == noticed


def test_exactly_half_is_the_same_thing():
    """The limit itself: a box of twice the size around it."""
    mine = box(20, 20, 120, 120, "dog")
    regions, _ = split(mine)
    assert lookalikes([box(20, 20, 220, 120, "dog")], regions, PICTURE) == []
    (found,) = lookalikes([box(20, 20, 222, 120, "dog")], regions, PICTURE)
    assert found.area_fraction == 202 * 100 / (HEIGHT * WIDTH)
    assert (found.label_source, found.point) == ("lookalike", [121.0, 70.0])


def test_each_of_several_regions_counts():
    """What is far from one dog may be the other dog proposed again."""
    second = box(160, 20, 260, 120, "dog")
    again = box(162, 22, 260, 120, "dog")
    regions, _ = split(DOG, second)
    assert len(regions) == 2
    assert lookalikes([DOG, second, again], regions, PICTURE) == []
    assert len(lookalikes([again], regions[:0], PICTURE)) == 0
