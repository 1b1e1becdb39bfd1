"""Small files that ask for gigabytes or for hours get neither."""

import json
import subprocess
import sys

import pytest

from flows.ingest.decode import decode
from flows.ingest.limits import MOST_BYTES, MOST_SCANS
from schemas.errors import PictureError
from schemas.settings.config import IngestConfig
from tests.conftest import ROOT
from tests.doubles import bombs

MEGABYTES = 600


def doubles(*arguments):
    command = [sys.executable, "-m", "tests.doubles.bombs", *map(str, arguments)]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=300
    ).stdout


def cost(name, folder):
    """Outcome and peak of memory in MB of a process that decodes one bomb.

    It also says how long it took, which is looked at by hand: a busy machine proves nothing.
    """
    doubles("make", name, folder / "bomb")  # encoders take more than decoders
    outcome, peak, _ = json.loads(doubles("cost", folder / "bomb"))
    return outcome, peak


@pytest.mark.parametrize(
    ("name", "outcome"),
    [("rgb", "PNG"), ("deep colour", "transparent"), ("scans", "JPEG"), ("jpeg 2000", "JPEG2000")],
)
def test_the_largest_pictures_fit(tmp_path, name, outcome):
    """What is just within the limits is decoded in 600 MB."""
    found, peak = cost(name, tmp_path)
    assert found == outcome
    assert peak < MEGABYTES


@pytest.mark.slow  # several processes that decode 50 megapixels each
@pytest.mark.parametrize("name", sorted(bombs.BOMBS))
def test_every_bomb_fits(tmp_path, name):
    """Decoded or refused, none takes more."""
    _, peak = cost(name, tmp_path)
    assert peak < MEGABYTES


def refused(data):
    with pytest.raises(PictureError) as caught:
        decode(data, IngestConfig(min_side=1))
    return caught.value


def test_what_is_over_a_limit_is_refused_unopened():
    """Scans, texts, chunks, bytes and pixels, each with its reason."""
    assert refused(bombs.scans(64, MOST_SCANS)).reason == "corrupt"
    assert decode(bombs.scans(64, 50), IngestConfig(min_side=1)).format == "JPEG"
    assert "texts" in refused(bombs.texts(600)).detail
    assert "chunks" in refused(bombs.png(64, 8, 0, 1, bombs.chunk(b"tIME", b"") * 100_001)).detail
    assert "segments" in refused(b"\xff\xd8" + b"\xff\xfe\0\2" * 20_000).detail
    assert refused(bytes(MOST_BYTES + 1)).reason == "too_large"
    assert refused(bombs.png(5001, 16, 2, 3)).reason == "too_many_pixels"
    assert refused(bombs.png(7100, 1, 0, 1)).reason == "too_many_pixels"
