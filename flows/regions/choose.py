"""The region source that a configuration names, and the disk it reads from while it is made."""

import json
from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import annotators.regions  # noqa: F401  # registers the sources that ship
from annotators.regions.registry import SourceRequest, region_source, source_type
from annotators.regions.source import RegionSource
from flows.regions.stored import STAGE, StoredRegions
from flows.store.inside import read_inside, read_regular
from flows.store.layout import read_manifest
from schemas.errors import ConfigError, reading
from schemas.settings.config import RegionConfig

MOST_JSON = 2 << 30
"""Bytes of an annotation file; the instances of all of COCO are half a gigabyte."""


class Disk:
    """Files as ``annotators.regions.registry.Files`` lends them to sources."""

    def text(self, name: str) -> str:
        """A whole text file."""
        with reading(name):
            return Path(name).read_text(encoding="utf-8")

    def json(self, name: str) -> Any:
        """A parsed JSON file."""
        try:
            with reading(name):
                return json.loads(read_regular(Path(name), MOST_JSON))
        except RecursionError:
            raise ConfigError(f"{name}: not annotations: nested too deeply") from None
        except ValueError as error:
            raise ConfigError(f"{name}: not valid JSON: {error}") from None

    def folder(self, name: str) -> Callable[[str], bytes] | None:
        """A reader of the files inside a folder; ``None``: it is no folder."""
        folder = Path(name)
        return partial(read_inside, folder) if folder.is_dir() else None

    def beside(self, name: str) -> Callable[[str], bytes]:
        """A reader of the files in the folder of a file."""
        return partial(read_inside, Path(name).parent)


@lru_cache(maxsize=1)
def chosen_source(config: RegionConfig) -> RegionSource:
    """The source a configuration asks for; models are loaded once per process.

    Raises:
        ConfigError: There is no such source, or something it needs is missing.
    """
    kind, argument = source_type(config.source)
    return kind.make(SourceRequest(argument, config, Disk()))


def is_exclusive(config: RegionConfig) -> bool:
    """Whether one process should hold the source, because its models fill a device."""
    return source_type(config.source)[0].exclusive


@region_source("stored", takes="DIR")
def stored(request: SourceRequest) -> RegionSource:
    """The proposals of a region stage that ``segment`` made."""
    folder = Path(request.argument)
    manifest = read_manifest(folder)
    if manifest.get("kind") != "regions":
        raise ConfigError(f"--regions stored:{folder} is not a region stage; make one with segment")
    made_by = RegionConfig.model_validate(manifest["config"]["regions"])
    return StoredRegions(folder / STAGE, name_of(made_by), manifest["regions"])


def name_of(config: RegionConfig) -> str:
    """The name of the source a configuration asks for, without making it."""
    return config.source.partition(":")[0]
