"""Mutated files of every format that is read: a picture or a reason, soon, and never a crash.

``IQA_SPIDER_FUZZ`` is how many are tried (300 by default); ``IQA_SPIDER_FUZZ_SEED`` which.
"""

import contextlib
import faulthandler
import io
import os
import tarfile
import time

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image as Pil

from flows.ingest.archives import read_bytes
from flows.ingest.decode import decode
from flows.ingest.sources import list_candidates
from schemas.errors import ConfigError, PictureError
from schemas.settings.config import IngestConfig

NUMBER = int(os.environ.get("IQA_SPIDER_FUZZ", "300"))
SEED = int(os.environ.get("IQA_SPIDER_FUZZ_SEED", "0"))
SECONDS = 20.0
LIMITS = IngestConfig(min_side=1, max_pixels=4_000_000)


def saved(picture, kind, **options):
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def seeds(coffee):
    """One sound file of every format and of the odd kinds of some."""
    photo = Pil.fromarray(coffee).resize((96, 64))
    deep = Pil.fromarray((np.asarray(photo.convert("L")).astype(np.uint16)) * 257)
    exif = Pil.Exif()
    exif[0x0112] = 6
    return [
        saved(photo, "JPEG"),
        saved(photo, "JPEG", progressive=True, exif=exif),
        saved(photo.convert("CMYK"), "JPEG"),
        saved(photo, "MPO", save_all=True, append_images=[photo]),
        saved(photo, "PNG"),
        saved(photo.quantize(16), "PNG"),
        saved(deep, "PNG"),
        saved(photo, "PNG", save_all=True, append_images=[photo]),
        saved(photo, "WEBP"),
        saved(photo, "WEBP", lossless=True),
        saved(photo, "BMP"),
        saved(photo, "TIFF"),
        saved(photo, "TIFF", compression="tiff_lzw"),
        saved(photo, "TIFF", compression="jpeg"),
        saved(photo.convert("LAB"), "TIFF"),
        saved(photo, "GIF"),
        saved(photo, "JPEG2000"),
        saved(photo, "AVIF"),
        saved(photo, "PPM"),
        saved(photo.convert("1"), "PPM"),
    ]


def mutated(data, rng):
    """Bytes changed, a piece cut out, doubled, filled or moved, an end cut off."""
    found = bytearray(data)
    for _ in range(int(rng.integers(1, 9))):
        way, at = rng.integers(6), int(rng.integers(len(found)))
        span = slice(at, at + int(rng.integers(1, 65)))
        if way <= 1:
            found[at] = int(rng.integers(256))
        elif way == 2:
            found[span] = rng.choice([b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff"])
        elif way == 3:
            found[at:at] = found[span] * int(rng.integers(1, 50))
        elif way == 4 and len(found) > 80:
            del found[span]
        elif way == 5 and len(found) > 80:
            del found[max(40, at) :]
    return bytes(found)


def within(seconds, what):
    """Run it; a hang ends the whole test run with a trace of where it hangs."""
    faulthandler.dump_traceback_later(seconds * 10, exit=True)
    start = time.process_time()
    try:
        return what()
    finally:
        faulthandler.cancel_dump_traceback_later()
        assert time.process_time() - start < seconds


def test_mutated_pictures(seeds):
    """Each becomes pixels or a PictureError; nothing else is raised and nothing hangs."""
    rng = np.random.default_rng(SEED)
    outcomes = {"picture": 0, "reason": 0}
    for number in range(NUMBER):
        data = mutated(seeds[number % len(seeds)], rng)
        try:
            image = within(SECONDS, lambda data=data: decode(data, LIMITS)).image
        except PictureError:
            outcomes["reason"] += 1
            continue
        assert image.dtype == np.uint8
        assert image.shape[2] == 3
        outcomes["picture"] += 1
    assert min(outcomes.values()) > NUMBER // 50, "the mutations are too mild or too wild"


def archives(photo):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name in ("a.png", "d/" * 70 + "b.png", "c.png"):
            info = tarfile.TarInfo(name)
            info.size = len(photo)
            archive.addfile(info, io.BytesIO(photo))
    table = pa.table({"image": [photo] * 4})
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, row_group_size=2)
    return {"tar": buffer.getvalue(), "parquet": sink.getvalue().to_pybytes()}


def test_mutated_archives(seeds, tmp_path):
    """Each gives bytes or reasons, or is the user's mistake in one line."""
    rng = np.random.default_rng(SEED)
    sound = archives(seeds[4])
    for number in range(NUMBER // 3):
        ending = ("tar", "parquet")[number % 2]
        file = tmp_path / f"{number}.{ending}"
        file.write_bytes(mutated(sound[ending], rng))
        try:
            found = within(SECONDS, lambda file=file: list_candidates([str(file)]))
        except ConfigError:
            continue
        for candidate in found:
            with contextlib.suppress(PictureError):
                assert isinstance(within(SECONDS, lambda one=candidate: read_bytes(one)), bytes)
        file.unlink()
