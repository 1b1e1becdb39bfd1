"""How far away things are: maps in a folder, one beside each photograph, as 16-bit PNG."""

import io
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from PIL import Image as Pil

from distortions.site import FARTHEST, Depth
from flows.ingest.limits import check_file, check_size
from flows.store.inside import read_regular
from schemas.errors import ConfigError, PictureError
from schemas.records import Picture
from schemas.settings.config import IngestConfig, SourcesConfig


class DepthMaps:
    """Maps of a folder, found by the photographs' names.

    Args:
        folder: ``a/b.jpg`` has its map in ``a/b.png`` there, or in ``b.png``.
        near: What the nearest things are in a map: dark, as a distance has them, or bright, as
            models that estimate inverse depth do.
        rules: Limits of what is decoded.
    """

    def __init__(self, folder: Path, near: Literal["dark", "bright"], rules: IngestConfig) -> None:
        self.folder, self.near, self._rules = folder, near, rules

    @classmethod
    def of(cls, sources: SourcesConfig, rules: IngestConfig) -> "DepthMaps | None":
        """Those that a configuration names, if any.

        Raises:
            ConfigError: The folder is not there, or holds no PNG.
        """
        if not sources.depth:
            return None
        folder = Path(sources.depth)
        if not folder.is_dir() or next(folder.rglob("*.png"), None) is None:
            raise ConfigError(f"sources.depth = {sources.depth}: no folder with depth maps (.png)")
        return cls(folder, sources.depth_near, rules)

    def find(self, picture: Picture) -> Depth | None:
        """The map of a picture, of its size; ``None`` where the folder has none.

        Returns:
            uint16 ``(height, width)``; the farthest place has 65535.

        Raises:
            PictureError: ``bad_depth``, or that there is too much of it.
        """
        path = self._path(picture.path)
        if path is None:
            return None
        try:
            data = read_regular(path)
        except OSError as error:
            raise PictureError("bad_depth", f"{path.name}: {error.strerror or error}") from None
        found = self._decoded(data, path.name)
        if abs(found.shape[1] / found.shape[0] * picture.height / picture.width - 1) > 0.05:
            shape = f"{found.shape[1]}x{found.shape[0]}"
            detail = f"{path.name}: {shape} is no map of {picture.width}x{picture.height}"
            raise PictureError("bad_depth", detail)
        size = picture.width, picture.height
        fitting = cv2.resize(found, size, interpolation=cv2.INTER_LINEAR_EXACT)
        return _stretched(np.asarray(fitting, np.uint16), self.near)

    def _path(self, name: str) -> Path | None:
        stem = Path(name).with_suffix(".png")
        inside = self.folder.resolve()
        for path in (inside / stem, inside / stem.name):
            if path.is_file() and path.resolve().is_relative_to(inside):
                return path
        return None

    def _decoded(self, data: bytes, name: str) -> Depth:
        check_file(data)
        try:
            with Pil.open(io.BytesIO(data), formats=("PNG",)) as header:
                check_size(header, True, self._rules)
        except (OSError, ValueError, SyntaxError, Pil.DecompressionBombError) as error:
            raise PictureError("bad_depth", f"{name}: {type(error).__name__}") from None
        found = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
        if found is None or found.ndim != 2 or found.dtype != np.uint16:
            raise PictureError("bad_depth", f"{name}: expected one channel of 16 bits")
        return np.asarray(found, np.uint16)


def _stretched(depth: Depth, near: Literal["dark", "bright"]) -> Depth:
    """With the farthest place at 65535; of inverse depth, what is brightest is at 0."""
    values = depth.astype(np.int64)
    if near == "bright":
        values = values.max() - values
    most = int(values.max())
    return np.asarray((values * FARTHEST) // most if most else values, np.uint16)
