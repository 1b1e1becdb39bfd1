"""``iqa-spider config``: every setting with its meaning and the value it would have."""

from typing import TYPE_CHECKING, Annotated

import typer

from flows.commands import options
from schemas.errors import UnknownNameError

if TYPE_CHECKING:
    from schemas.settings.section import Section


def run(
    config: options.Config = None,
    set_: options.Set = None,
    schema: Annotated[
        bool, typer.Option("--schema", help="JSON schema instead; editors complete with it.")
    ] = False,
    of: Annotated[str, typer.Option(help="Whose settings: build, sft, mix or point.")] = "build",
) -> None:
    """Print the resolved settings as commented TOML: a file to begin with."""
    import json

    from schemas.settings.toml_text import toml_text

    kinds = _kinds()
    if of not in kinds:
        raise UnknownNameError("kind of settings", of, kinds)
    kind = kinds[of]
    if schema:
        typer.echo(json.dumps(kind.model_json_schema(), indent=2))
    else:
        typer.echo(toml_text(options.merged(kind, config, set_, {})), nl=False)


def _kinds() -> "dict[str, type[Section]]":
    from schemas.settings.config import RunConfig
    from schemas.settings.training import MixConfig, PointConfig, SftConfig

    return {"build": RunConfig, "sft": SftConfig, "mix": MixConfig, "point": PointConfig}
