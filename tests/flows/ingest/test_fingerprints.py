"""Fingerprints: same pixels, similar pixels, groups of similar pictures."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.ingest.fingerprints import content_hash, file_hash, near_groups, perceptual_hash


def distance(one: str, other: str) -> int:
    return (int(one, 16) ^ int(other, 16)).bit_count()


def groups_by_all_pairs(hashes: list[int], bits: int) -> list[int]:
    """The slow way: spread the smallest index over near pairs until nothing changes."""
    leader = list(range(len(hashes)))
    usable = [8 <= value.bit_count() <= 56 for value in hashes]
    changed = True
    while changed:
        changed = False
        for i, one in enumerate(hashes):
            for j, other in enumerate(hashes):
                near = usable[i] and usable[j] and (one ^ other).bit_count() <= bits
                if near and leader[j] < leader[i]:
                    leader[i], changed = leader[j], True
    return leader


def test_content_hash_knows_shape_and_pixels(astronaut):
    """The same bytes in another shape, or one other pixel, hash differently; a copy does not."""
    other = astronaut.copy()
    other[100, 100, 1] ^= 1
    hashes = {content_hash(a) for a in (astronaut, other, astronaut.reshape(256, 1024, 3))}
    assert len(hashes) == 3
    assert content_hash(np.asfortranarray(astronaut)) == content_hash(astronaut)


def test_file_hash_is_sha256():
    """The file hash is the SHA-256 that everybody computes."""
    assert file_hash(b"abc").startswith("ba7816bf8f01cfea")


def test_perceptual_hash_is_stable(astronaut, coffee):
    """The hashes of two known photographs never change: splits depend on them."""
    assert [perceptual_hash(a) for a in (astronaut, coffee)] == [
        "2499aa647bbf9198",
        "05404f991f6d6f65",
    ]


@pytest.mark.parametrize("scale", [0.5, 0.8, 1.6])
def test_scaled_and_saved_again_stay_near(astronaut, coffee, scale):
    """Scaling and JPEG at quality 60 move the hash by at most four bits."""
    for image in (astronaut, coffee):
        size = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        _, data = cv2.imencode(".jpg", size, [cv2.IMWRITE_JPEG_QUALITY, 60])
        again = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
        assert distance(perceptual_hash(image), perceptual_hash(again)) <= 4


def test_other_pictures_are_far(astronaut, coffee):
    """Two photographs, and one and its mirror image, are far apart."""
    mirrored = np.ascontiguousarray(astronaut[:, ::-1])
    assert distance(perceptual_hash(astronaut), perceptual_hash(coffee)) > 16
    assert distance(perceptual_hash(astronaut), perceptual_hash(mirrored)) > 16


def test_tiny_and_flat_pictures_have_hashes():
    """One pixel and a flat picture have a hash; without structure it has no set bit."""
    assert perceptual_hash(np.full((1, 1, 3), 9, np.uint8)) == "0" * 16
    assert perceptual_hash(np.full((50, 70, 3), 200, np.uint8)) == "0" * 16


def test_flat_pictures_make_no_group():
    """Hashes of pictures without structure are left alone, also when they are equal."""
    assert near_groups(np.array([0, 0, 1, 2], np.uint64), 4).tolist() == [0, 1, 2, 3]


def test_a_chain_of_near_pairs_is_one_group():
    """A near B and B near C put all three under A, so that no near pair is torn apart."""
    a = 0x0123456789ABCDEF
    hashes = np.array([a, a ^ 0xFF, a ^ 0xF], np.uint64)
    assert near_groups(hashes, 4).tolist() == [0, 0, 0]
    assert near_groups(hashes, 3).tolist() == [0, 1, 2]


@given(st.data(), st.integers(0, 16))
def test_groups_are_those_of_all_pairs(data, bits):
    """Bands miss no pair: the groups equal those of comparing everything with everything."""
    bases = data.draw(st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=4))
    flips = st.lists(st.integers(0, 63), max_size=6)
    hashes = []
    for base in data.draw(st.lists(st.sampled_from(bases), min_size=1, max_size=10)):
        for bit in data.draw(flips):
            base ^= 1 << bit
        hashes.append(base)
    got = near_groups(np.array(hashes, np.uint64), bits).tolist()
    assert got == groups_by_all_pairs(hashes, bits)


def test_nothing_has_no_groups():
    """An empty run has no groups."""
    assert near_groups(np.empty(0, np.uint64), 4).size == 0


def frames(count, seed, loose=20):
    """Hashes of a still camera: some bits are near their threshold and flip now and then."""
    rng = np.random.default_rng(seed)
    flips = rng.random((count, 64)) < np.where(np.arange(64) < loose, rng.random(64) / 2, 0)
    return np.uint64(0x0123456789ABCDEF) ^ np.packbits(flips, axis=1).view(">u8").ravel()


@pytest.mark.parametrize(("bits", "loose"), [(2, 20), (4, 30), (6, 40)])
def test_large_clusters_have_the_groups_of_all_pairs(bits, loose):
    """Buckets of hundreds of hashes give the same groups as all pairs, clusters apart or not."""
    hashes = np.concatenate([frames(500, 1, loose), frames(300, 2, 12) ^ np.uint64(0x1F)])
    hashes = np.random.default_rng(3).permutation(hashes).astype(np.uint64)
    got = near_groups(hashes, bits).tolist()
    assert got == groups_by_all_pairs(hashes.tolist(), bits)


def test_ten_thousand_frames_of_a_still_camera_are_one_group():
    """Every frame has the first for a leader; pairs that belong together are not compared."""
    hashes = frames(10_000, 7, loose=12).astype(np.uint64)
    assert np.unique(near_groups(hashes, 4)).size == 1
