"""Makes, once per process, what every picture needs; and refuses a bad configuration early."""

import json
from collections.abc import Iterable
from pathlib import Path

from annotators.answers.registry import WRITERS
from annotators.questions.pools import Pools, builtin_pools, load_pools
from annotators.questions.tasks import check_tasks
from distortions.plan import make_palette
from distortions.plugins import load_plugins
from distortions.registry import Distortion
from distortions.testing import check_outside
from flows.human.folder import human_index
from flows.ingest.depth_maps import DepthMaps
from flows.model.choose import check_answers, uses_model
from flows.picture.outcome import PictureTools
from flows.regions.choose import chosen_source, name_of
from flows.regions.stored import StoredRegions
from flows.run.engines.devices import devices_of, on_device
from flows.store.png import deflate_of
from schemas.errors import ConfigError, reading
from schemas.settings.config import RunConfig


def make_tools(config: RunConfig, config_hash: str, stage: Path | None = None) -> PictureTools:
    """Load plugins, resolve names, read annotation and pool files.

    Args:
        config: The run.
        config_hash: Of its settings.
        stage: Folder of a region stage that this run has made itself; nothing is loaded then to
            make regions.

    Raises:
        ConfigError: Anything the configuration names that is not there or not right.
    """
    load_plugins(config.plugins)
    regions = (
        StoredRegions(stage, name_of(config.regions), {})
        if stage
        else chosen_source(on_device(config, devices_of(config)[0]).regions)
    )
    name, maps = config.answers.writer, DepthMaps.of(config.sources, config.ingest)
    return PictureTools(
        config=config,
        config_hash=config_hash,
        regions=regions,
        palette=make_palette(config.plan),
        pools=_pools(config.questions.pools),
        template=WRITERS["template"](config.answers),
        own=None if name == "template" or uses_model(config) else WRITERS[name](config.answers),
        depth=maps.find if maps else None,
    )


def check_config(config: RunConfig, paths: Iterable[str] | None = None) -> None:
    """Make everything once, ask types from outside the contract, see whether annotations fit.

    Args:
        config: The run.
        paths: Paths of the candidates inside their sources; ``None``: they fitted before.

    Raises:
        ConfigError: See ``make_tools``; or a COCO file that knows none of the pictures.
        PluginError: A type that may be drawn and comes from outside breaks the contract.
    """
    load_plugins(config.plugins)
    check_tasks(config.questions.tasks)
    check_answers(config)
    deflate_of(config.export.png)
    human_index(config.annotations)
    tools = make_tools(config, "")
    _check_installed(tools.palette.types)
    check_outside(tools.palette.types)
    if paths is not None and not tools.regions.covers(paths):
        raise ConfigError(
            f"--regions {config.regions.source}: the file is for other pictures; "
            "none of its file names is among the sources"
        )


def _check_installed(types: Iterable[Distortion]) -> None:
    missing = [entry for entry in types if not entry.installed]
    if missing:
        names, extra = [entry.name for entry in missing], missing[0].extra
        raise ConfigError(
            f"plan: {', '.join(names)} take pip install 'iqa-spider[{extra}]'; or leave them out: "
            f"--set 'plan.exclude_types={json.dumps(names)}'"
        )


def _pools(file: str) -> Pools:
    if not file:
        return builtin_pools()
    with reading(file):
        return load_pools(Path(file).read_text(encoding="utf-8"), file)
