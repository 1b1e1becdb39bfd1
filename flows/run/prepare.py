"""Makes, once per process, what every picture needs; and refuses a bad configuration early."""

from collections.abc import Iterable
from pathlib import Path

from annotators.answers.template import TemplateWriter
from annotators.questions.pools import Pools, builtin_pools, load_pools
from annotators.regions.coco.source import CocoRegions
from distortions.plan import make_palette
from distortions.plugins import load_plugins
from flows.human.folder import human_index
from flows.model.choose import check_answers
from flows.picture.outcome import PictureTools
from flows.regions.choose import _names_of, region_source
from flows.regions.stored import StoredRegions
from flows.store.identity import settings_hash
from flows.store.png import deflate_of
from schemas.config import RunConfig
from schemas.errors import ConfigError


def make_tools(config: RunConfig, stage: Path | None = None) -> PictureTools:
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
    return PictureTools(
        config=config,
        config_hash=settings_hash(config),
        regions=regions,
        palette=make_palette(config.plan),
        pools=_pools(config.questions.pools),
        fallback=TemplateWriter(),
    )


def check_config(config: RunConfig, paths: Iterable[str]) -> PictureTools:
    """Make the tools and look whether the annotations are for these pictures.

    Args:
        config: The run.
        paths: Paths of the candidates inside their sources.

    Raises:
        ConfigError: See ``make_tools``; or a COCO file that knows none of the pictures.
    """
    check_answers(config)
    deflate_of(config.export.png)
    human_index(config.annotations)
    tools = make_tools(config)
    source = tools.regions
    if isinstance(source, CocoRegions) and not any(source.knows(path) for path in paths):
        raise ConfigError(
            f"--regions {config.regions.source}: the file is for other pictures; "
            "none of its file names is among the sources"
        )
    return tools


def _pools(file: str) -> Pools:
    if not file:
        return builtin_pools()
    try:
        return load_pools(Path(file).read_text(encoding="utf-8"), file)
    except OSError as error:
        raise ConfigError(f"{file}: cannot read question pools: {error.strerror}") from None
