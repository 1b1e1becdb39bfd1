"""From proposals to regions: disjoint, eligible, stable; everything else has a reason."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from annotators.regions.partition import partition
from annotators.regions.source import Proposal
from schemas import masks
from schemas.boxes import Box
from schemas.errors import ContractError
from schemas.records import Region
from schemas.settings.config import RegionConfig
from tests.doubles.records import picture

HEIGHT, WIDTH = 200, 300
PICTURE = picture("a.png", HEIGHT, WIDTH)


def box(x0, y0, x1, y1, label="dog", alternatives=()):
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[y0:y1, x0:x1] = True
    return Proposal(mask, label, alternatives)


def split(*proposals, **settings):
    image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    return partition(proposals, PICTURE, image, RegionConfig(**settings), "test")


def decoded(region):
    return masks.decode(region.mask, HEIGHT, WIDTH)


def reasons(rejects):
    return [reject.reason for reject in rejects]


class TestPartition:
    def test_small_lies_on_top_of_large(self):
        """The smaller proposal keeps all its pixels, the larger one what is left."""
        small, large = box(50, 50, 90, 90, "plate"), box(20, 20, 220, 180, "table")
        (table, plate), rejects = split(small, large)
        assert rejects == []
        assert (table.label, plate.label) == ("table", "plate")
        assert np.array_equal(decoded(plate), small.mask)
        assert np.array_equal(decoded(table), large.mask & ~small.mask)

    def test_the_order_of_proposals_changes_nothing(self):
        """Small lies on top of large whichever was proposed first, however many overlap."""
        rng = np.random.default_rng(2)
        corners = rng.integers(0, (120, 60), (9, 2))
        sizes = 40 + 11 * np.arange(9)  # no two of one area
        proposals = [
            box(x, y, x + size + 40, y + size, f"thing {number}")
            for number, ((x, y), size) in enumerate(zip(corners, sizes, strict=True))
        ]
        want = split(*proposals, max_iou=0.6)
        assert len(want[0]) > 3
        for _ in range(12):
            shuffled = [proposals[index] for index in rng.permutation(len(proposals))]
            assert split(*shuffled, max_iou=0.6) == want

    def test_what_is_left_of_a_large_one_is_what_counts(self):
        """One too large as proposed is kept if others leave little enough of it, else refused."""
        large = box(0, 0, 300, 128, "wall")  # 64 %
        inside = box(0, 0, 90, 80, "door")  # 12 %
        (wall, door), rejects = split(large, inside, max_iou=0.2)
        assert ((wall.label, door.label), rejects) == (("wall", "door"), [])
        assert wall.area_fraction == np.float32(0.52)
        assert reasons(split(large, box(0, 0, 40, 40, "lamp"))[1]) == ["too_large_area"]

    def test_three_in_one_another(self):
        """What the innermost took stays its own, however many lie around it."""
        small, middle = box(80, 80, 120, 120, "cup"), box(50, 50, 150, 150, "tray")
        large = box(20, 10, 200, 190, "table")
        regions, rejects = split(small, middle, large, max_iou=0.5)
        assert rejects == []
        assert [region.label for region in regions] == ["table", "tray", "cup"]
        table, tray, cup = (decoded(region) for region in regions)
        assert np.array_equal(table, large.mask & ~middle.mask)
        assert np.array_equal(tray, middle.mask & ~small.mask)
        assert np.array_equal(cup, small.mask)

    def test_one_in_the_corner_of_an_angle(self):
        """A region keeps its pixels where another's box covers them and the other does not."""
        cup, angle = box(50, 50, 90, 90, "cup"), box(50, 50, 150, 150, "bench")
        angle.mask[50:100, 50:100] = False
        floor = box(20, 10, 200, 190, "floor")
        regions, rejects = split(cup, angle, floor, max_iou=0.5)
        assert rejects == []
        found = {region.label: decoded(region) for region in regions}
        assert np.array_equal(found["cup"], cup.mask)
        assert np.array_equal(found["floor"], floor.mask & ~angle.mask & ~cup.mask)

    def test_what_is_left_may_be_too_little(self):
        """Enough as proposed, but not after a smaller one took its pixels, or its crumbs went."""
        thin = box(0, 0, 40, 41, "mat")
        (cat,), rejects = split(box(0, 0, 40, 40, "cat"), thin, max_iou=1.0)
        assert (cat.label, reasons(rejects)) == ("cat", ["too_small_area"])
        crumbly = box(0, 0, 24, 24)
        crumbly.mask[60:62, 0:30] = True
        assert crumbly.mask.mean() > 0.0105
        assert reasons(split(crumbly, min_area=0.01)[1]) == ["too_small_area"]

    def test_a_tiny_one_without_a_name_is_tiny(self):
        """Of two reasons the size is said."""
        assert reasons(split(box(0, 0, 20, 20, ""))[1]) == ["too_small_area"]
        (nothing,) = split(box(0, 0, 0, 0))[1]
        assert nothing.detail.startswith("dog at [0, 0, 0, 0]: 0.00% of the picture")

    def test_the_larger_of_two_names_for_one_thing_is_dropped(self):
        """Of near duplicates the smaller is kept and the other rejected as overlap."""
        (kept,), (reject,) = split(box(50, 50, 110, 110, "cat"), box(48, 48, 112, 112, "animal"))
        assert kept.label == "cat"
        assert (reject.reason, reject.stage, reject.subject) == (
            "overlap",
            "regions",
            "0123456789abcdef",
        )
        assert "animal at [48, 48, 112, 112]: IoU 0.88 with cat" in reject.detail

    def test_overlap_is_allowed_up_to_the_threshold(self):
        """IoU of exactly max_iou passes; the least more does not."""
        inner, outer = box(50, 50, 90, 90), box(50, 50, 150, 90)
        assert len(split(inner, outer, max_iou=0.4)[0]) == 2
        assert len(split(inner, outer, max_iou=0.399)[0]) == 1

    def test_what_is_turned_down_takes_no_pixels(self):
        """A tiny or nameless proposal leaves the region around it whole."""
        large = box(20, 20, 220, 180, "table")
        (table,), rejects = split(box(50, 50, 60, 60, "crumb"), box(90, 50, 140, 90, ""), large)
        assert np.array_equal(decoded(table), large.mask)
        assert sorted(reasons(rejects)) == ["no_label", "too_small_area"]

    def test_crumbs_stay_background(self):
        """A region with a few pixels elsewhere is its largest part, box and area with it."""
        proposal = box(20, 20, 120, 120)
        proposal.mask[150:155, 200:210] = True
        (region,), _ = split(proposal)
        assert region.box == [20, 20, 120, 120]
        assert region.area_fraction == np.float32(10_000 / (HEIGHT * WIDTH))
        assert not decoded(region)[150:].any()


class TestEligibility:
    @pytest.mark.parametrize(
        ("proposal", "reason"),
        [
            (box(0, 0, 20, 20), "too_small_area"),
            (box(0, 0, 300, 130), "too_large_area"),
            (box(0, 0, 200, 31), "too_thin"),
            (box(0, 0, 31, 200), "too_thin"),
            (box(0, 0, 0, 0), "too_small_area"),
            (box(0, 0, 90, 90, ""), "no_label"),
            (box(0, 0, 90, 90, "  "), "no_label"),
            (box(0, 0, 90, 90, "Unknown"), "no_label"),
            (box(0, 0, 90, 90, "object"), "no_label"),
        ],
    )
    def test_reasons(self, proposal, reason):
        """Each rule of eligibility has its own reason."""
        regions, rejects = split(proposal)
        assert (regions, reasons(rejects)) == ([], [reason])

    def test_exactly_on_the_limits(self):
        """One and sixty percent, 32 pixels and four fifths in one part are still eligible."""
        assert len(split(box(0, 0, 32, 32), min_area=32 * 32 / (HEIGHT * WIDTH))[0]) == 1
        assert len(split(box(0, 0, 300, 120))[0]) == 1
        parts = box(0, 0, 80, 50)
        parts.mask[100:120, 0:50] = True
        assert len(split(parts)[0]) == 1
        parts.mask[100, 50] = True
        assert reasons(split(parts)[1]) == ["fragmented"]

    def test_cut_in_two_by_a_smaller_one(self):
        """A region that a smaller one cuts into halves is fragmented."""
        bar, field = box(130, 0, 170, 200, "pole"), box(0, 60, 300, 140, "fence")
        regions, rejects = split(bar, field, max_iou=0.9)
        assert [region.label for region in regions] == ["pole"]
        assert reasons(rejects) == ["fragmented"]

    def test_mask_of_another_size_is_a_bug(self):
        """Masks must be of the picture's size."""
        with pytest.raises(ContractError, match="'dog'"):
            split(Proposal(np.ones((10, 10), bool), "dog"))


class TestRegions:
    def test_fields(self):
        """Label, source, names considered, box and inside point come from the proposal."""
        (region,), _ = split(box(10, 20, 111, 81, " Red Car ", ("car", "vehicle")))
        assert region.label == "red car"
        assert region.label_source == "test"
        assert region.proposals == ["car", "vehicle"]
        assert region.box == [10, 20, 111, 81]
        assert region.point[1] == 50
        assert decoded(region)[int(region.point[1]), int(region.point[0])]

    def test_numbered_by_area_whatever_the_order(self):
        """Ids do not depend on the order in which a source proposes."""
        proposals = [
            box(0, 0, 60, 60, "a"),
            box(100, 0, 200, 100, "b"),
            box(220, 0, 280, 60, "c"),
            box(0, 120, 60, 180, "d"),
        ]
        forward, backward = split(*proposals)[0], split(*proposals[::-1])[0]
        assert forward == backward
        assert [r.label for r in forward] == ["b", "a", "c", "d"]
        assert [r.region_id for r in forward] == [f"0123456789abcdef/{i}" for i in range(4)]

    def test_survives_the_table(self):
        """A region read back from its table equals the one written."""
        regions, _ = split(box(10, 20, 111, 81), box(150, 20, 251, 123))
        assert Region.from_table(Region.table(regions)) == regions

    @settings(max_examples=60, deadline=None)
    @given(st.lists(arrays.arrays(bool, (4, 6)), max_size=8))
    def test_always_a_partition_of_eligible_regions(self, coarse):
        """Whatever is proposed: disjoint, one piece, within limits, everything accounted for."""
        blocks = [np.kron(m, np.ones((50, 50), bool)).astype(bool) for m in coarse]
        regions, rejects = split(*[Proposal(m, f"thing {i}") for i, m in enumerate(blocks)])
        found = [decoded(region) for region in regions]
        assert len(regions) + len(rejects) == len(coarse)
        assert np.sum(found, axis=0).max(initial=0) <= 1
        for region, mask in zip(regions, found, strict=True):
            assert 0.01 <= mask.mean() <= 0.6
            assert masks.bounding_box(mask) == Box(*region.box)
            assert np.array_equal(masks.largest_part(mask), mask)
            assert not (mask & ~blocks[int(region.label.split()[1])]).any()
