"""Small files that ask for much: makes them, and measures in a process what one costs.

    python -m tests.doubles.bombs make NAME FILE
    python -m tests.doubles.bombs cost FILE

The latter prints the outcome, the peak of the process's memory in MB, and the seconds of its time.
"""

import io
import json
import struct
import sys
import time
import zlib
from pathlib import Path

from PIL import Image as Pil


def png(side, depth, colour, channels, before=b""):
    """A black PNG of ``side`` x ``side``."""
    row = bytes((side * depth * channels + 7) // 8 + 1)
    packer = zlib.compressobj(9)
    body = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    head = struct.pack(">IIBBBBB", side, side, depth, colour, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + before
        + chunk(b"IDAT", body)
        + chunk(b"IEND", b"")
    )


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def saved(side, kind, mode="RGB", **options):
    buffer = io.BytesIO()
    Pil.new(mode, (side, side)).save(buffer, kind, **options)
    return buffer.getvalue()


def scans(side, number):
    """A progressive JPEG whose last scan is there so many times."""
    data = saved(side, "JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    return data[:last] + data[last:-2] * number + data[-2:]


def texts(number):
    packed = zlib.compress(bytes(60_000), 9)
    return png(300, 8, 0, 1, chunk(b"iTXt", b"k\0\1\0\0\0" + packed) * number)


MOST, HALF = 7071, 5000
"""Sides of the largest pictures that are decoded: 50 and 25 megapixels."""
BOMBS = {
    "rgb": lambda: png(MOST, 8, 2, 3),
    "rgba": lambda: png(MOST, 8, 6, 4),
    "palette": lambda: saved(MOST, "GIF", "P"),
    "cmyk": lambda: saved(MOST, "JPEG", "CMYK"),
    "deep grey": lambda: png(MOST, 16, 0, 1),
    "deep colour": lambda: png(HALF, 16, 6, 4),
    "webp": lambda: saved(HALF, "WEBP"),
    "jpeg 2000": lambda: saved(HALF, "JPEG2000"),
    "scans": lambda: scans(MOST, 80),
    "more scans": lambda: scans(2000, 4000),
    "texts": lambda: texts(400),
    "more texts": lambda: texts(1000),
    "too large": lambda: png(10_000, 8, 2, 3),
}


def peak_megabytes():
    """Largest resident size of this program, MB.

    Not `ru_maxrss`: that one is inherited, so it also knows the size of the process that started
    this one.
    """
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def cost(file):
    data = Path(file).read_bytes()

    from flows.ingest.decode import decode
    from schemas.errors import PictureError
    from schemas.settings.config import IngestConfig

    decode(saved(300, "PNG"), IngestConfig())
    start = time.process_time()
    try:
        outcome = decode(data, IngestConfig()).format
    except PictureError as error:
        outcome = error.reason
    seconds = time.process_time() - start
    print(json.dumps([outcome, peak_megabytes(), seconds]))


if __name__ == "__main__":
    if sys.argv[1] == "make":
        Path(sys.argv[3]).write_bytes(BOMBS[sys.argv[2]]())
    else:
        cost(sys.argv[2])
