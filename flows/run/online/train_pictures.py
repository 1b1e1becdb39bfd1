"""The photographs that may be degraded while training: those of a dataset's train split."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow.parquet as pq

from flows.human.folder import annotated_hashes
from flows.ingest.candidate import load_unchanged
from flows.ingest.sources import list_candidates
from flows.regions.choose import is_exclusive
from flows.store.layout import RECORDS, read_manifest
from flows.store.place import place, readable
from flows.store.run_folder import RunFolder
from schemas.arrays import Image
from schemas.errors import ConfigError, PictureError
from schemas.records import Picture
from schemas.settings.config import RunConfig


class TrainPictures:
    """Photographs of a dataset whose group of near duplicates the build put into its train split.

    A photograph counts by its pixels: one whose file has changed is not loaded, whatever its name.
    Photographs that people annotated are flawed already and stay out.

    Args:
        dataset: Folder that ``build`` made; its settings hold.
        sources: Where the photographs lie; when empty, where the build found them.
        regions: Another region source, ``stored:REGIONS`` where the build's own needs a device.
        plugins: The files that the build was given as ``--plugin``. They are code, and a dataset
            may come from anybody, so what its manifest names is not run.

    Raises:
        ConfigError: No dataset, no photograph left, regions that only a device can make, or plugins
            that are not given.
    """

    def __init__(
        self,
        dataset: str | Path,
        sources: Sequence[str] = (),
        regions: str = "",
        plugins: Sequence[str] = (),
    ) -> None:
        folder = place(str(dataset))
        config = RunConfig.parse(read_manifest(folder)["config"], str(folder))
        if len(config.plugins) != len(plugins):
            names = ", ".join(config.plugins) or "none"
            raise ConfigError(
                f"{folder}: made with plugins: {names}; they are code and run with your rights, "
                f"so give them as plugins=[...], got {len(plugins)}"
            )
        by_people = annotated_hashes(config)
        changes = {"answers.writer": "template", "annotations": "", "plugins": list(plugins)}
        self.config = config.changed(changes | ({"regions.source": regions} if regions else {}))
        if is_exclusive(self.config.regions):
            raise ConfigError(
                f"regions {self.config.regions.source}: made by a model that workers cannot "
                "share; run segment once and give regions='stored:REGIONS'"
            )
        run = RunFolder(folder)
        found = (
            list_candidates(sources)
            if sources
            else [c for shard in range(run.shards()) for c in run.candidates(shard)]
        )
        self._candidates = {(one.source, one.path): one for one in found}
        self.pictures = [
            picture
            for picture in _recorded(folder)
            if picture.split == "train"
            and picture.content_hash not in by_people
            and (picture.source, picture.path) in self._candidates
        ]
        if not self.pictures:
            raise ConfigError(f"{folder}: no photograph of its train split is at hand")

    def load(self, picture: Picture) -> Image | None:
        """Its pixels; ``None`` where they are not those of the build any more."""
        candidate = self._candidates[picture.source, picture.path]
        try:
            return load_unchanged(candidate, picture, self.config)
        except PictureError:
            return None


def _recorded(folder: Path) -> list[Picture]:
    """Every photograph of a dataset, in the order of its content hashes."""
    found: list[Picture] = []
    for file in sorted((folder / RECORDS).glob("pictures-*.parquet")):
        found += Picture.from_table(pq.read_table(readable(file)))
    return sorted(found, key=lambda picture: picture.content_hash)
