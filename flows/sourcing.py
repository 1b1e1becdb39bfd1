"""The pristine pictures of a finished dataset, where they are at hand."""

from collections.abc import Sequence
from pathlib import Path

from flows.ingest import load_image
from flows.layout import read_manifest
from flows.rundir import RunFolder
from flows.sources import Candidate, list_candidates
from schemas.arrays import Image
from schemas.config import RunConfig
from schemas.errors import PictureError


class SourceImages:
    """Finds source pictures by (source, path).

    Args:
        out: The dataset.
        sources: As given to ``build``; when empty, the places the run itself noted are tried.
    """

    def __init__(self, out: Path, sources: Sequence[str]) -> None:
        self.config = RunConfig.parse(read_manifest(out)["config"], str(out))
        folder = RunFolder(out)
        found: list[Candidate] = (
            list_candidates(sources)
            if sources
            else [c for shard in range(folder.shards()) for c in folder.candidates(shard)]
        )
        self._known = {(candidate.source, candidate.path): candidate for candidate in found}

    def load(self, source: str, path: str) -> Image | None:
        """The decoded picture, or ``None`` when it is not at hand."""
        candidate = self._known.get((source, path))
        if candidate is None:
            return None
        try:
            return load_image(candidate, self.config)
        except PictureError:
            return None
