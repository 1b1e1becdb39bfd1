"""Makes, once per process, what every picture needs; and refuses a bad configuration early."""

import json
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

from annotators.coco import CocoRegions
from annotators.pools import Pools, builtin_pools, load_pools
from annotators.regions import Problem, Proposal, RegionSource
from annotators.segments import SegmentRegions
from annotators.writer import TemplateWriter
from distortions.plan import make_palette
from distortions.plugins import load_plugins
from flows.chatting import check_answers
from flows.human_build import human_index
from flows.layout import read_manifest
from flows.picture import Tools
from flows.pinning import settings_hash
from flows.stage import STAGE
from flows.stored import StoredRegions
from schemas.arrays import Image, Mask
from schemas.config import RegionConfig, RunConfig
from schemas.errors import ConfigError, UnknownNameError
from schemas.records import Picture
from schemas.ssa import SsaConfig

REGION_SOURCES = ("segments", "coco:FILE", "ssa", "stored:DIR")


def make_tools(config: RunConfig, stage: Path | None = None) -> Tools:
    """Load plugins, resolve names, read annotation and pool files.

    Args:
        config: The run.
        stage: Folder of a region stage that this run has made itself; nothing is loaded then to
            make regions.

    Raises:
        ConfigError: Anything the configuration names that is not there or not right.
    """
    load_plugins(config.plugins)
    regions = (
        StoredRegions(stage, _names_of(config.regions), {})
        if stage
        else (region_source(config.regions))
    )
    return Tools(
        config=config,
        config_hash=settings_hash(config),
        regions=regions,
        palette=make_palette(config.plan),
        pools=_pools(config.questions.pools),
        fallback=TemplateWriter(),
    )


def check_config(config: RunConfig, paths: Iterable[str]) -> Tools:
    """Make the tools and look whether the annotations are for these pictures.

    Args:
        config: The run.
        paths: Paths of the candidates inside their sources.

    Raises:
        ConfigError: See ``make_tools``; or a COCO file that knows none of the pictures.
    """
    check_answers(config)
    human_index(config.annotations)
    tools = make_tools(config)
    source = tools.regions
    if isinstance(source, CocoRegions) and not any(source.knows(path) for path in paths):
        raise ConfigError(
            f"--regions {config.regions.source}: the file is for other pictures; "
            "none of its file names is among the sources"
        )
    return tools


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
        self, image: Image, picture: Picture, problems: list[Problem] | None = None
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
    from annotators.ssa import SsaRegions

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


def _pools(file: str) -> Pools:
    if not file:
        return builtin_pools()
    try:
        return load_pools(Path(file).read_text(encoding="utf-8"), file)
    except OSError as error:
        raise ConfigError(f"{file}: cannot read question pools: {error.strerror}") from None
