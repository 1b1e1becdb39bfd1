"""Stored pictures: lossless whoever compresses, and the default's bytes never change."""

import hashlib

import numpy as np
import pytest

from flows.store.png import decode_png, deflate_of, encode_png
from schemas.errors import ConfigError
from schemas.extras import import_extra


def has_isal():
    try:
        import_extra("isal.isal_zlib", "a test", "isal")
    except ConfigError:
        return False
    return True


@pytest.mark.parametrize("name", ["zlib", "isal"])
@pytest.mark.parametrize("shape", [(1, 1), (3, 200), (200, 3)])
def test_pixels_survive(name, shape, coffee):
    """What is decoded is what was encoded."""
    if name == "isal" and not has_isal():
        pytest.skip("extra isal is not installed")
    image = coffee[: shape[0], : shape[1]]
    assert np.array_equal(decode_png(encode_png(image, deflate_of(name))), image)


@pytest.mark.skipif(has_isal(), reason="extra isal is installed")
def test_the_missing_extra_is_named():
    """Asking for a compressor that is not there is one line that says what to install."""
    with pytest.raises(ConfigError, match=r"iqa-spider\[isal\]"):
        deflate_of("isal")


def test_isal_stays_as_it_is(coffee):
    """ISA-L writes the bytes that are recorded here: a version that writes others is noticed."""
    if not has_isal():
        pytest.skip("extra isal is not installed")
    digest = hashlib.sha256(encode_png(coffee, deflate_of("isal"))).hexdigest()
    assert digest == "4721b7d8a245a39169713a50cd5b897f590b191d2644aebcd64cccde9976939a"
