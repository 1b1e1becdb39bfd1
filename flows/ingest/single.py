"""Single pictures in and out, for the commands that work on one."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from flows.ingest.candidate import load_image
from flows.ingest.decode import decode
from flows.ingest.sources import list_candidates
from flows.store.inside import read_regular
from flows.store.layout import read_manifest
from flows.store.run_folder import RunFolder
from schemas.arrays import Image, Mask
from schemas.candidate import Candidate
from schemas.errors import ConfigError, PictureError, reading
from schemas.settings.config import IngestConfig, RunConfig


def read_picture(path: Path, max_long_side: int = 20_000) -> Image:
    """Decode a file under the ingest rules.

    Args:
        path: The file.
        max_long_side: Larger pictures are scaled down to it; by default all keep their size.

    Raises:
        ConfigError: The file is missing or not a picture we can use.
    """
    rules = IngestConfig(min_side=1, max_long_side=max_long_side)
    try:
        with reading(str(path)):
            return decode(read_regular(path), rules).image
    except PictureError as error:
        raise ConfigError(f"{path}: {error}") from None


def read_region(picture: Image, mask: Path | None, box: str) -> Mask:
    """The region named by a mask file or a box; all of the picture when neither is given.

    Raises:
        ConfigError: Both given, the mask empty or of another size, the box malformed or outside.
    """
    height, width = picture.shape[:2]
    region = np.zeros((height, width), np.bool_)
    if mask and box:
        raise ConfigError("give --mask or --box, not both")
    if mask:
        drawn = read_picture(mask).max(axis=2) > 0
        if drawn.shape != region.shape or not drawn.any():
            size = f"{drawn.shape[1]}x{drawn.shape[0]}"
            raise ConfigError(
                f"{mask}: expected a mask of {width}x{height} with a region, got {size}"
            )
        return np.asarray(drawn)
    if not box:
        return ~region
    x0, y0, x1, y1 = _parse_box(box)
    if not (0 <= x0 < x1 <= width and 0 <= y0 < y1 <= height):
        raise ConfigError(f"--box {box}: expected a box inside 0,0,{width},{height}")
    region[y0:y1, x0:x1] = True
    return region


def _parse_box(text: str) -> list[int]:
    parts = text.split(",")
    if len(parts) != 4 or not all(part.strip().lstrip("-").isdigit() for part in parts):
        raise ConfigError(f"--box: expected x0,y0,x1,y1 as whole numbers, got {text!r}")
    return [int(part) for part in parts]


class SourceImages:
    """Finds source pictures by (source, path).

    Args:
        out: The dataset.
        sources: As given to ``build``; when empty, the places the run itself noted are tried.
        config: Of the run; by default what the manifest says, which a running build has not yet.
    """

    def __init__(self, out: Path, sources: Sequence[str], config: RunConfig | None = None) -> None:
        self.config = config or RunConfig.parse(read_manifest(out)["config"], str(out))
        folder = RunFolder(out)
        found: list[Candidate] = (
            list_candidates(sources)
            if sources
            else [c for shard in range(folder.shards()) for c in folder.candidates(shard)]
        )
        self._known = {(candidate.source, candidate.path): candidate for candidate in found}

    def knows(self, source: str, path: str) -> bool:
        """Whether a place is known for the picture; what lies there is not looked at."""
        return (source, path) in self._known

    def load(self, source: str, path: str) -> Image | None:
        """The decoded picture, or ``None`` when it is not at hand."""
        candidate = self._known.get((source, path))
        if candidate is None:
            return None
        try:
            return load_image(candidate, self.config)
        except PictureError:
            return None
