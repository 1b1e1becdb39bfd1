"""The region source that a configuration names."""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from annotators.regions.coco.source import CocoRegions
from annotators.regions.segments import SegmentRegions
from annotators.regions.source import Proposal, RegionSource, SkippedAnnotation
from flows.regions.stored import STAGE, StoredRegions
from flows.store.layout import read_manifest
from schemas.arrays import Image, Mask
from schemas.config import RegionConfig
from schemas.errors import ConfigError, UnknownNameError
from schemas.records import Picture
from schemas.ssa import SsaConfig

REGION_SOURCES = ("segments", "coco:FILE", "ssa", "stored:DIR")


def region_source(config: RegionConfig) -> RegionSource:
    """The source a configuration asks for; models are loaded once per process.

    Raises:
        ConfigError: There is no such source, or something it needs is missing.
    """
    return _region_source(config.model_dump_json())


def is_exclusive(config: RegionConfig) -> bool:
    """Whether one process should hold the source, because its models fill a device."""
    return config.source == "ssa"


@lru_cache(maxsize=1)
def _region_source(settings: str) -> RegionSource:
    config = RegionConfig.model_validate_json(settings)
    kind, _, file = config.source.partition(":")
    if kind == "segments" and not file:
        return SegmentRegions()
    if kind == "ssa" and not file:
        return _ssa(config.ssa)
    if kind == "stored" and file:
        return _stored(Path(file))
    if kind != "coco" or not file:
        raise UnknownNameError("region source", config.source, REGION_SOURCES)
    return _coco(Path(file))


def _stored(folder: Path) -> RegionSource:
    manifest = read_manifest(folder)
    if manifest.get("kind") != "regions":
        raise ConfigError(f"--regions stored:{folder} is no region stage; make one with segment")
    made_by = RegionConfig.model_validate(manifest["config"]["regions"])
    return StoredRegions(folder / STAGE, _names_of(made_by), manifest["regions"])


class _FixedNames:
    """A source whose labels do not change with the look of a region; it proposes nothing."""

    def __init__(self, name: str) -> None:
        self.name = name

    def propose(
        self, image: Image, picture: Picture, problems: list[SkippedAnnotation] | None = None
    ) -> list[Proposal]:
        return []

    def relabel(self, image: Image, mask: Mask, label: str) -> str:
        return label


def fixed_names(name: str) -> RegionSource:
    """A source that proposes nothing and leaves every label as it is."""
    return _FixedNames(name)


def _names_of(config: RegionConfig) -> RegionSource:
    """What names degraded regions anew, without loading what proposes them."""
    kind = config.source.partition(":")[0]
    return SegmentRegions() if kind == "segments" else fixed_names(kind)


def _coco(file: Path) -> CocoRegions:
    return CocoRegions(_read_json(file), lambda name: (file.parent / name).read_bytes())


def _ssa(config: SsaConfig) -> RegionSource:
    from annotators.regions.ssa import SsaRegions

    folder = Path(config.masks)
    if not config.masks:
        return SsaRegions(config, _read_text)
    if folder.is_dir():
        return SsaRegions(config, _read_text, lambda name: (folder / name).read_bytes())
    return SsaRegions(config, _read_text, _coco(folder))


def _read_text(file: str) -> str:
    try:
        return Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: cannot read it: {error}") from None


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot read annotations: {error.strerror}") from None
    except ValueError as error:
        raise ConfigError(f"{path}: not valid JSON: {error}") from None
