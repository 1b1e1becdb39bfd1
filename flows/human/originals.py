"""A project's pictures: the very files where people see the same pixels in them, else PNGs."""

import os
import re
from pathlib import Path, PurePosixPath

from flows.ingest.archives import read_bytes
from flows.ingest.picture_list import readable_name
from flows.store.layout import storage_errors
from flows.store.place import is_remote, place
from flows.store.png import write_png
from schemas.arrays import Image
from schemas.candidate import Candidate
from schemas.records import Picture

_UNSAFE = re.compile(r"[^\w.() -]", re.ASCII)
"""Signs that addresses, shells or file systems take for something else."""
_ENDINGS = {"JPEG": ".jpg", "PNG": ".png"}
_SHOWN_OTHERWISE = (b"gAMA", b"cHRM", b"acTL", b"eXIf")
"""Chunks of PNG by which a browser shows other pixels than those that are stored."""


def put_picture(folder: Path, candidate: Candidate, picture: Picture, image: Image) -> str:
    """Put a picture into a project as people see it; returns its name.

    A JPEG or PNG that ingest did not change goes in as it is, by a second name for the same file
    where the disk can do that; of others the decoded pixels, turned as displayed, so that outlines
    fit in any tool.

    Args:
        folder: Of the project's pictures.
        candidate: Where the picture lies.
        picture: What ingest says of it.
        image: Its pixels.
    """
    called = PurePosixPath(readable_name(candidate.path).replace("!", "/")).stem
    stem = f"{picture.picture_id}-{_UNSAFE.sub('_', called)[:100]}"
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        if picture.format in _ENDINGS and not picture.rules:
            data, goal = read_bytes(candidate), folder / (stem + _ENDINGS[picture.format])
            if picture.format == "JPEG" or _is_plain(data):
                if not _linked(candidate, goal):
                    goal.write_bytes(data)
                return goal.name
        write_png(folder / f"{stem}.png", image)
    return f"{stem}.png"


def _is_plain(png: bytes) -> bool:
    head = png[: png.find(b"IDAT")]
    return not any(chunk in head for chunk in _SHOWN_OTHERWISE)


def _linked(candidate: Candidate, goal: Path) -> bool:
    """Whether a file of a folder got a second name; links, archives and buckets get none."""
    if candidate.kind != "file" or is_remote(place(candidate.root)):
        return False
    file = Path(candidate.root) / candidate.member
    if file.is_symlink() or goal.exists():
        return False
    try:
        os.link(file, goal)
    except OSError:  # another disk, or one without such links
        return False
    return True
