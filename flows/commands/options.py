"""Flags that several commands share, and how flags become settings."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

if TYPE_CHECKING:
    from schemas.settings.config import RunConfig
    from schemas.settings.section import Section

    Kind = TypeVar("Kind", bound=Section)

Config = Annotated[Path | None, typer.Option(help="TOML file; flags lie on top.")]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Any setting, e.g. plan.min_regions=3."),
]
SOURCES_HELP = "Folders, lists (.txt), pictures, .parquet or .tar files."
Regions = Annotated[str | None, typer.Option(help="segments, coco:FILE, ssa or stored:DIR.")]
Device = Annotated[str | None, typer.Option(help="For ssa: auto, cpu, cuda or a list, cuda:0-7.")]
SamCheckpoint = Annotated[
    str | None, typer.Option(help="A .pth file, or a folder or hub name of transformers.")
]
SamType = Annotated[str | None, typer.Option(help="vit_h, vit_l or vit_b.")]
LabelModels = Annotated[
    str | None, typer.Option(help="Of segmenters,caption,clip,clipseg; comma separated.")
]
Seed = Annotated[int | None, typer.Option(help="Seed of every keyed draw.")]
Workers = Annotated[int | None, typer.Option(help="Shards worked on at once.")]
Engine = Annotated[str | None, typer.Option(help="local (processes), threads, dask or ray.")]
Address = Annotated[str | None, typer.Option(help="Of a running Dask scheduler or Ray head.")]
Limit = Annotated[int | None, typer.Option(help="Use only the first so many files.")]
ShardSize = Annotated[int | None, typer.Option(help="Photographs per shard.")]
Verbose = Annotated[bool, typer.Option(help="Let Prefect log, too.")]
ApiKeyEnv = Annotated[str, typer.Option(help="Environment variable that holds the key.")]
Look = Annotated[bool, typer.Option(help="Write look.html, a small gallery.")]
Host = Annotated[str, typer.Option(help="Where to listen; other machines reach 0.0.0.0, too.")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="0 takes any that is free.")]
TrustRemoteCode = Annotated[
    bool, typer.Option("--trust-remote-code", help="Run code that comes with the model.")
]


def run_settings(
    config: Path | None,
    given: Sequence[str] | None,
    base: "RunConfig | None" = None,
    **flags: Any,
) -> "RunConfig":
    """The configuration of a run: file, ``--set``, then flags by their everyday names.

    Args:
        config: TOML file.
        given: Of ``--set``.
        base: What to begin with where no file is given; none is all defaults.
        flags: By everyday name.

    Raises:
        ConfigError: See ``merged``.
    """
    from schemas.settings.config import RunConfig
    from schemas.settings.everyday import dotted

    return merged(RunConfig, config, given, dotted(flags), base)


def merged(
    kind: "type[Kind]",
    config: Path | None,
    given: Sequence[str] | None,
    flags: Mapping[str, Any],
    base: "Kind | None" = None,
) -> "Kind":
    """A section from a file with ``--set`` and flags on top.

    Args:
        kind: What to read.
        config: TOML file; none is all defaults.
        given: ``section.key=value`` of ``--set``.
        flags: Dotted key to value; ``None`` is not given.
        base: What to begin with where no file is given; none is all defaults.

    Raises:
        ConfigError: A file, key or value that cannot be; a key both set and given as a flag.
    """
    from schemas.errors import ConfigError
    from schemas.settings.section import parse_set

    named = {key: value for key, value in flags.items() if value is not None}
    chosen = parse_set(given or ())
    for key in chosen.keys() & named.keys():
        raise ConfigError(f"--set {key}: its own flag is given, too; say it once")
    if base is not None and config is None:
        return base.changed(chosen | named)
    return kind.load(config, chosen | named)
