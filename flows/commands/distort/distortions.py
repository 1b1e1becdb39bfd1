"""``iqa-spider distortions``: list, show, check, preview, apply."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from distortions.registry import Distortion

app = typer.Typer(help="Look at the distortion types.", no_args_is_help=True)

Plugins = Annotated[list[str] | None, typer.Option("--plugin", help="Python file to load first.")]


@app.command("list")
def list_types(
    profile: Annotated[
        str, typer.Option(help="Kinds of another data set with our types: kadid or panda.")
    ] = "",
    plugin: Plugins = None,
) -> None:
    """List families and types; a * marks what is drawn only where a plan asks for it."""
    from distortions import DISTORTIONS, FAMILIES, types_of
    from distortions.plugins import load_plugins
    from distortions.profiles import counterparts

    load_plugins(plugin or [])
    if profile:
        table = counterparts(profile)
        for kind, types in table.items():
            names = ", ".join(f"{e.name}{'' if e.default else '*'}" for e in types)
            typer.echo(f"{kind!s:<14} {names or '-'}")
        told = sum(bool(types) for types in table.values())
        typer.echo(f"{told} of {len(table)} kinds have a type here")
        return
    families = [family for family in FAMILIES.values() if types_of(family.name)]
    for family in families:
        typer.echo(f"{family.name}  ({family.noun})")
        for entry in types_of(family.name):
            mark = "" if entry.default else "*"
            typer.echo(f"  {entry.name + mark:<28} {entry.summary}")
    typer.echo(f"{_count(len(DISTORTIONS), 'type')} in {len(families)} families")


@app.command()
def show(name: str, plugin: Plugins = None) -> None:
    """Show everything that is known about one type."""
    import inspect

    from distortions import get
    from distortions.guard import place_of
    from distortions.plugins import load_plugins
    from distortions.registry import SEVERITIES

    load_plugins(plugin or [])
    entry = get(name)
    typer.echo(f"{entry.name}  (family {entry.family})\n")
    typer.echo(inspect.getdoc(entry.function) or "")
    typer.echo("")
    for severity in SEVERITIES:
        fixed = [p for p in entry.parameters if p not in entry.draws]
        level = dict(zip(fixed, entry.levels[severity - 1], strict=True))
        reach = entry.reach(entry.resolve(severity))
        halo = "whole picture" if reach is None else f"{reach} px"
        text = ", ".join(f"{key} {value:g}" for key, value in level.items())
        typer.echo(f"severity {severity}: {text}  (looks {halo} far)")
    for key, (low, high) in entry.draws.items():
        typer.echo(f"drawn per region: {key} from {low:g} to {high:g}")
    typer.echo(f"random: {'yes' if entry.random else 'no'}; depends on: {entry.domain}")
    typer.echo(f"visible without a reference from severity {entry.visible_from}")
    typer.echo(f"drawn: {'by default' if entry.default else 'where a plan asks for it'}")
    if entry.scope == "picture":
        typer.echo("lies over a whole picture; on regions only with plan.scoped = false")
    if entry.library:
        typer.echo(f"its pixels hang on the version of {entry.library}")
    if not entry.portable:
        typer.echo("the same bytes on every machine are not promised")
    elsewhere = {
        "DQ-495K": entry.dq495k,
        "KADID-10k": entry.kadid,
        "Panda": entry.panda,
        "ViDA-UGC": entry.vida,
    }
    for of, called in elsewhere.items():
        typer.echo(f"name in {of}: {called or 'none'}")
    if entry.outside:
        typer.echo(f"from a plugin: {place_of(entry.function)}")


@app.command()
def check(
    names: Annotated[
        list[str] | None, typer.Argument(help="Types; none means all that plugins bring.")
    ] = None,
    plugin: Plugins = None,
) -> None:
    """Ask types the public contract; the first promise broken is one line, with how to mend it."""
    from distortions import DISTORTIONS
    from distortions.plugins import load_plugins
    from distortions.testing import check_distortion
    from schemas.errors import ConfigError

    load_plugins(plugin or [])
    asked = names or [name for name, entry in DISTORTIONS.items() if entry.outside]
    if not asked:
        raise ConfigError("nothing to check: name a type, or bring some with --plugin FILE")
    for name in asked:
        report = check_distortion(name)
        for promise in report.promises:
            typer.echo(f"  ok  {promise}")
        typer.echo(str(report))


@app.command()
def preview(
    image: Path,
    out: Annotated[Path, typer.Option(help="PNG to write.")],
    types: Annotated[str, typer.Option(help="Comma separated; empty means all.")] = "",
    seed: Annotated[int, typer.Option(help="Seed of what is random.")] = 0,
    unchecked: Annotated[
        bool, typer.Option("--unchecked", help="Draw also what breaks the contract.")
    ] = False,
    plugin: Plugins = None,
) -> None:
    """Draw a contact sheet: every type at every severity, as a build would show the picture."""
    from distortions import DISTORTIONS, get
    from distortions.plugins import load_plugins
    from distortions.sheet import contact_sheet
    from flows.ingest.single import read_picture
    from flows.store.png import write_png
    from schemas.settings.config import IngestConfig

    load_plugins(plugin or [])
    names = [name.strip() for name in types.split(",") if name.strip()]
    chosen = [get(name) for name in names] or [e for e in DISTORTIONS.values() if e.installed]
    picture = read_picture(image, IngestConfig().max_long_side)
    if not unchecked:
        _ask_outside(chosen)
    write_png(out, contact_sheet(picture, chosen, seed))
    typer.echo(f"{out}: {_count(len(chosen), 'type')}, severities 1 to 5")


@app.command()
def gallery(
    out: Annotated[Path, typer.Option(help="HTML file to write.")],
    image: Annotated[
        Path | None, typer.Option(help="Your photograph; without one, a cup of coffee.")
    ] = None,
    types: Annotated[str, typer.Option(help="Comma separated; empty means all.")] = "",
    seed: Annotated[int, typer.Option(help="Seed of what is random.")] = 0,
    plugin: Plugins = None,
) -> None:
    """Write a page of all types at all levels, with the damage they do."""
    import skimage.data

    from distortions import DISTORTIONS, get
    from distortions.plugins import load_plugins
    from flows.ingest.single import read_picture
    from flows.looking.gallery.types import write_types
    from schemas.settings.config import IngestConfig

    load_plugins(plugin or [])
    names = [name.strip() for name in types.split(",") if name.strip()]
    chosen = [get(name) for name in names] or [e for e in DISTORTIONS.values() if e.installed]
    picture = read_picture(
        image or Path(skimage.data.__file__).with_name("coffee.png"), IngestConfig().max_long_side
    )
    _ask_outside(chosen)
    size = write_types(picture, chosen, out, seed)
    typer.echo(f"{out}: {_count(len(chosen), 'type')}, levels 1 to 5, {size / 1e6:.1f} MB")


@app.command()
def apply(
    image: Path,
    chain: Annotated[str, typer.Option(help="family:type:severity,...")],
    out: Annotated[Path, typer.Option(help="PNG to write.")],
    mask: Annotated[Path | None, typer.Option(help="Picture; non-black is the region.")] = None,
    box: Annotated[str, typer.Option(help="x0,y0,x1,y1 in pixels, half open.")] = "",
    seed: Annotated[int, typer.Option(help="Seed of what is random.")] = 0,
    any_order: Annotated[bool, typer.Option(help="Allow orders outside the profile.")] = False,
    order_profile: Annotated[str, typer.Option(help="paper, restored or dq495k.")] = "restored",
    plugin: Plugins = None,
) -> None:
    """Degrade a picture or a part of it by a chain of distortions."""
    from distortions.chain import parse_chain
    from distortions.order import get_profile, require_order
    from distortions.plan import link_chain
    from distortions.plugins import load_plugins
    from distortions.region import composite, degrade_region
    from distortions.registry import FAMILIES
    from flows.ingest.single import read_picture, read_region
    from flows.store.png import write_png

    load_plugins(plugin or [])
    drawn = parse_chain(chain)
    if not any_order:
        require_order(order_profile, get_profile(order_profile, {}, FAMILIES), drawn)
    _ask_outside(entry for entry, _ in drawn)
    picture = read_picture(image)
    region = read_region(picture, mask, box)
    patch = degrade_region(picture, region, link_chain(drawn, seed))
    write_png(out, composite(picture, [patch]))
    text = ", then ".join(f"{entry.name} at severity {severity}" for entry, severity in drawn)
    typer.echo(f"{out}: {text}")


def _ask_outside(types: Iterable[Distortion]) -> None:
    """Ask what plugins brought the contract, and say so."""
    from distortions.testing import check_outside

    for report in check_outside(types):
        typer.echo(str(report))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
