"""Several people, one region: matching, groups, what most of them agree on."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotators.human.consensus import Marked, agree, groups, match
from schemas.human import HumanFlaw

SIDE = 20


def box(x0, y0, x1, y1):
    mask = np.zeros((SIDE, SIDE), np.bool_)
    mask[y0:y1, x0:x1] = True
    return mask


def marked(who, mask, label="", **severities):
    flaws = [HumanFlaw(family=name, said=name, severity=n) for name, n in severities.items()]
    return Marked(who, mask, label, flaws)


def test_matching_takes_the_best_total_and_nothing_below_half():
    """The pairs are those of the highest sum; an IoU below one half is no match."""
    # The first box fits both others with 0.8; only one choice leaves the second a match.
    first, second = box(0, 0, 10, 8), box(0, 0, 5, 9)
    pairs = match([first, second], [box(0, 0, 8, 8), box(0, 0, 10, 10)])
    assert [(a, b) for a, b, _ in pairs] == [(0, 1), (1, 0)]
    assert [value for *_, value in pairs] == pytest.approx([80 / 100, 40 / 69])
    assert match([box(0, 0, 10, 10)], [box(5, 0, 15, 10)]) == match([], [first]) == []
    assert match([box(0, 0, 10, 10)], [box(0, 0, 5, 10)]) == [(0, 0, 0.5)]


PEOPLE = [
    marked("ann", box(0, 0, 8, 8), "cup"),
    marked("ann", box(10, 10, 20, 20), "table"),
    marked("bob", box(0, 0, 8, 7), "cup"),
    marked("bob", box(0, 0, 7, 8), "mug"),
    marked("eve", box(11, 10, 20, 20), "table"),
]


@given(st.permutations(PEOPLE))
def test_groups_do_not_depend_on_the_order_of_files(regions):
    """Each region is in one group, each person in a group once, whatever came first."""
    found = groups(regions)
    assert sorted(len(group) for group in found) == [1, 2, 2]
    for group in found:
        assert len({region.annotator for region in group}) == len(group)
    pairs = {tuple(sorted((r.annotator, r.label) for r in group)) for group in found}
    assert (("ann", "table"), ("eve", "table")) in pairs
    assert sum(map(len, found)) == len(PEOPLE)


GROUP = [
    marked("ann", box(0, 0, 10, 10), "cup", blur=5, noise=2),
    marked("bob", box(0, 0, 10, 12), "mug", blur=2, noise=4),
    marked("eve", box(2, 0, 12, 10), "mug", blur=3),
    marked("tom", box(0, 0, 10, 10), "cup", blur=0, flare=5),
]


@pytest.mark.parametrize(
    ("share", "least"), [(0.0, 1), (0.25, 1), (0.26, 2), (0.5, 2), (0.75, 3), (0.76, 4), (1.0, 4)]
)
def test_a_pixel_needs_its_share_of_votes(share, least):
    """From everything anybody marked over the majority to what all marked."""
    votes = np.sum([region.mask for region in GROUP], axis=0)
    agreed = agree(GROUP, 4, share)
    assert np.array_equal(agreed.mask, votes >= least)


def test_words_most_agree_on():
    """Ties of labels go to the alphabet; a flaw needs half; its severity is the lower median."""
    agreed = agree(GROUP, 4)
    assert (agreed.label, agreed.votes) == ("cup", 4)
    assert [(f.family, f.severity) for f in agreed.flaws] == [("blur", 3), ("noise", 2)]
    nameless = agree([GROUP[1]._replace(label=""), GROUP[2]], 2)
    assert nameless.label == "mug"
    assert agree([marked("ann", box(0, 0, 5, 5), blur=0)], 1).flaws[0].severity == 0


def test_half_of_all_people_make_a_region():
    """Two of four are enough, one of three is not."""
    assert agree(GROUP[:2], 4).votes == 2
    assert agree(GROUP[:1], 3) is None


@given(st.permutations(GROUP), st.floats(0, 1), st.floats(0, 1))
def test_stricter_masks_lie_inside(group, one, two):
    """A higher share never adds a pixel, and the order of people changes nothing."""
    low, high = sorted((one, two))
    generous, strict = agree(group, 4, low), agree(group, 4, high)
    assert not (strict.mask & ~generous.mask).any()
    assert np.array_equal(strict.mask, agree(GROUP, 4, high).mask)
    assert generous.label == "cup"
