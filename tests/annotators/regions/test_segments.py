"""Weight-free regions: what they promise, on drawn and on real pictures."""

import subprocess
import sys
import zlib

import numpy as np
import pytest

from annotators.regions.kernels import flood, graph, merge, parts, smooth
from annotators.regions.segments import SegmentRegions
from schemas.errors import ContractError
from schemas.masks import iou, largest_part


@pytest.fixture(scope="module")
def source():
    return SegmentRegions()


def stripes():
    """Three fields of flat colour with a little fixed grain."""
    image = np.zeros((300, 450, 3), np.uint8)
    image[:, :150], image[:, 150:300], image[:, 300:] = (200, 40, 40), (40, 160, 60), (40, 60, 200)
    image += (np.arange(300 * 450 * 3).reshape(image.shape) * 7 % 5).astype(np.uint8)
    return image


class TestMasks:
    def test_flat_fields_are_found_exactly(self, source):
        """Regions of a picture of flat fields do not cross the fields' borders."""
        masks = source.masks(stripes())
        assert masks
        for mask in masks:
            columns = np.flatnonzero(mask.any(axis=0))
            assert columns[0] // 150 == columns[-1] // 150

    def test_no_pixel_is_in_two(self, source, coffee):
        """Masks are disjoint, of the picture's size and together cover most of it."""
        masks = source.masks(coffee)
        times = np.sum(masks, axis=0)
        assert times.shape == coffee.shape[:2]
        assert times.max() == 1
        assert times.mean() > 0.85
        assert 8 <= len(masks) <= 12

    def test_each_is_one_piece(self, source, astronaut):
        """A region is a single connected part."""
        for mask in source.masks(astronaut):
            assert np.array_equal(largest_part(mask), mask)

    def test_borders_follow_the_full_resolution(self, source):
        """A slanted edge is found to the pixel although patches are found on a smaller copy."""
        rows, columns = np.mgrid[:600, :900]
        right = columns > 300 + rows // 2
        image = np.where(right[..., None], np.uint8((230, 220, 90)), np.uint8((30, 40, 120)))
        best = max(iou(mask, right) for mask in source.masks(np.ascontiguousarray(image)))
        assert best > 0.99

    def test_objects_are_found_better_than_by_a_grid(self, source, shared_data):
        """On COCO photographs the best region of an instance fits better than the best cell."""
        import json

        import cv2

        from annotators.regions.coco.masks import shape_mask

        folder = shared_data / "annotated" / "coco"
        document = json.loads((folder / "instances.json").read_text())
        ours, cells = [], []
        for entry in document["images"][:8]:
            image = np.ascontiguousarray(
                cv2.imread(str(folder / "images" / entry["file_name"]))[..., ::-1]
            )
            height, width = image.shape[:2]
            grid = [np.zeros((height, width), bool) for _ in range(12)]
            for cell, mask in enumerate(grid):
                row, column = divmod(cell, 4)
                mask[
                    row * height // 3 : (row + 1) * height // 3,
                    column * width // 4 : (column + 1) * width // 4,
                ] = True
            masks = source.masks(image)
            for annotation in document["annotations"]:
                big = annotation["area"] > 0.02 * height * width
                if annotation["image_id"] == entry["id"] and big and not annotation["iscrowd"]:
                    truth = shape_mask(annotation["segmentation"], height, width)
                    ours.append(max(iou(mask, truth) for mask in masks))
                    cells.append(max(iou(mask, truth) for mask in grid))
        assert np.mean(ours) > np.mean(cells) + 0.05


class TestRepeatability:
    def test_same_pixels_same_regions_everywhere(self, source, astronaut):
        """Masks and names are the bytes they were on every machine before."""
        found = source.find(astronaut, None).regions
        digest = zlib.crc32(b"".join(np.packbits(p.mask).tobytes() for p in found))
        names = "\n".join(p.label for p in found)
        assert (digest, zlib.crc32(names.encode())) == (1092151765, 2626581695)

    def test_picture_is_left_alone(self, source, coffee):
        """A read-only picture and a view into a larger one give the same regions."""
        wide = np.concatenate([coffee, coffee], axis=1)
        view = wide[:, : coffee.shape[1]]
        for first, second in zip(source.masks(coffee), source.masks(view), strict=True):
            assert np.array_equal(first, second)


class TestOddPictures:
    @pytest.mark.parametrize("shape", [(1, 1), (2, 700), (7, 7), (240, 224)])
    def test_any_size(self, source, shape):
        """Tiny and thin pictures give masks of their size, never an error."""
        image = np.full((*shape, 3), 90, np.uint8)
        masks = source.masks(image)
        assert len(masks) >= 1
        assert all(mask.shape == shape for mask in masks)

    def test_uniform_picture_is_one_region(self, source):
        """A picture of one colour is joined patch by patch into regions that cover it."""
        masks = source.masks(np.full((256, 320, 3), 128, np.uint8))
        assert np.sum(masks, axis=0).min() == 1

    def test_grey_array_is_refused(self, source):
        """An array that is no RGB picture is a bug of the caller."""
        with pytest.raises(ContractError, match="expected shape"):
            source.find(np.zeros((10, 10), np.uint8), None)

    def test_import_needs_no_compiler(self):
        """Importing the source does not import numba."""
        code = "import sys, annotators.regions.segments; sys.exit('numba' in sys.modules)"
        assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


class TestKernels:
    def test_shrink_is_the_block_mean(self):
        """Every pixel of the shrunken picture is the rounded mean of its block."""
        image = np.arange(6 * 8 * 3, dtype=np.uint8).reshape(6, 8, 3)
        out = np.empty((3, 4, 3), np.uint8)
        smooth.shrink(image, out)
        mean = image.reshape(3, 2, 4, 2, 3).astype(int).sum(axis=(1, 3))
        assert np.array_equal(out, (mean + 2) // 4)

    def test_bilateral_is_the_weighted_mean(self):
        """Every pixel is the rounded mean of its neighbourhood by distance and colour."""
        image = np.random.default_rng(1).integers(0, 256, (9, 11, 3)).astype(np.uint8)
        near, alike = np.arange(1.0, 10.0), np.round(1000 / (1.0 + np.arange(766)))
        near = np.minimum(np.minimum.outer(near, near), np.minimum.outer(near, near)[::-1, ::-1])
        out = np.empty_like(image)
        smooth.bilateral(image, near, alike, out)
        levels = image.astype(int)
        for y, x in np.ndindex(9, 11):
            part = levels[max(0, y - 4) : y + 5, max(0, x - 4) : x + 5]
            far = near[max(0, 4 - y) : 13 - y, max(0, 4 - x) : 15 - x]
            weight = (far * alike[np.abs(part - levels[y, x]).sum(axis=2)]).astype(int)
            total = weight.sum()
            mean = ((weight[..., None] * part).sum(axis=(0, 1)) + total // 2) // total
            assert np.array_equal(out[y, x], mean)

    def test_bilateral_keeps_an_edge(self):
        """A strong edge stays, a weak one is evened out."""
        image = np.zeros((20, 20, 3), np.uint8)
        image[:, 10:] = 200
        image[::2, :10] = 4
        near = np.ones((9, 9))
        alike = np.where(np.arange(766) < 60, 100.0, 0.0)
        out = np.empty_like(image)
        smooth.bilateral(image, near, alike, out)
        assert out[:, :10].max() <= 3
        assert out[:, 10:].min() == 200

    def test_join_separates_what_differs(self):
        """Two flat halves are two patches, numbered in row order."""
        values = np.zeros((10, 10, 3), np.int32)
        values[:, 5:] = 100 * 16
        edge, price = graph.edges(values)
        patches = graph.join(edge, price, 100, 10, 256, 8).reshape(10, 10)
        assert np.array_equal(price, np.sort(price))
        assert len(set(edge.tolist())) == edge.size == 10 * 9 * 2 + 9 * 9 * 2
        assert np.array_equal(patches, (values[..., 0] > 0).astype(int))

    def test_merge_joins_the_most_alike(self):
        """Of three fields the two of nearly one colour become one region."""
        labels = np.repeat(np.arange(3, dtype=np.int32), 10)[None].repeat(30, axis=0)
        lab = np.zeros((30, 30, 3), np.int32)
        lab[:, 10:20, 0], lab[:, 20:, 0] = 20, 800
        bins = np.zeros((30, 30), np.int32)
        patches = merge.measure(np.ascontiguousarray(labels), 3, lab, bins, bins)
        assert patches.area.tolist() == [300, 300, 300]
        assert merge.merge(patches, 10, 2).tolist() == [0, 0, 1]

    def test_flood_stops_at_an_edge(self):
        """Two seeds meet where the picture has its edge, not half way."""
        image = np.zeros((9, 40, 3), np.uint8)
        image[:, 30:] = 180
        labels = np.zeros((9, 40), np.uint8)
        labels[:, :3], labels[:, -3:] = 1, 2
        framed = np.pad(labels, 1, constant_values=255)
        flood.flood(framed, image)
        found = framed[1:-1, 1:-1]
        assert found[:, :29].max() == 1
        assert found[:, 31:].min() == 2

    def test_largest_parts_are_those_of_single_masks(self):
        """All regions at once give what each mask's largest 8-connected part is alone."""
        labels = np.random.default_rng(4).integers(0, 4, (60, 70)).astype(np.uint8)
        masks, there = parts.largest(labels, 4)
        assert there.tolist() == [True, True, True, False]
        for number in (1, 2, 3):
            mask = np.ascontiguousarray(labels == number)
            assert np.array_equal(masks[number - 1], largest_part(mask))
