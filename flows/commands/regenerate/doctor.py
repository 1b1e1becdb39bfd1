"""``iqa-spider doctor``: what is here, and what to run where something is missing."""

import json
import os
from typing import TYPE_CHECKING, Annotated

import typer

from flows.commands import options
from schemas.errors import ExitStatus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from flows.doctor import Door


def run(
    config: options.Config = None,
    set_: options.Set = None,
    endpoint: Annotated[str | None, typer.Option(help="Server to test, too.")] = None,
    model: Annotated[str, typer.Option(help="Model to ask the server for.")] = "",
    api_key_env: options.ApiKeyEnv = "",
    deep: Annotated[
        bool, typer.Option("--deep", help="Import every package, too; takes half a minute.")
    ] = False,
    details: Annotated[bool, typer.Option("--details", help="Every finding, one a line.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For bug reports and programs.")] = False,
    strict: Annotated[bool, typer.Option(help="Exit status 1 unless everything works.")] = False,
) -> int:
    """Say which doors are open here: libraries, device and weights."""
    from rich.console import Console

    from annotators.chat.address import base_address
    from flows.doctor import Door, examine, system
    from flows.model.abilities import check_endpoint

    if endpoint:
        base_address(endpoint)  # a mistake is said before anything is looked at
    doors = examine(options.run_settings(config, set_), deep)
    if endpoint:
        found = check_endpoint(endpoint, model, os.environ.get(api_key_env, ""))
        doors.append(Door("door one (a model writes)", found))
    if as_json:
        typer.echo(_json(system(), doors))
    else:
        typer.echo(", ".join(f"{name} {version}" for name, version in system().items()))
        for door in doors:
            typer.echo(f"{door.name}: {door.line()}")
        if not deep:
            typer.echo("what is installed has not been imported; --deep does that, too")
        if details or endpoint:
            Console(width=160).print(_table(doors if details else doors[-1:]))
    works = all(finding.ok for door in doors for finding in door.findings)
    return ExitStatus.BUG if strict and not works else ExitStatus.CLEAN


def _json(system: dict[str, str], doors: "Sequence[Door]") -> str:
    found = {
        door.name: {
            "ready": not door.missing,
            "findings": [finding._asdict() for finding in door.findings],
        }
        for door in doors
    }
    return json.dumps({"system": system, "doors": found}, indent=2)


def _table(doors: "Sequence[Door]") -> "Table":
    from rich.table import Table
    from rich.text import Text

    table = Table("", "there", "found", "what to run")
    for door in doors:
        table.add_row(Text(door.name, style="bold"))
        for finding in door.findings:
            cells = (finding.what, "yes" if finding.ok else "no", finding.found, finding.help)
            table.add_row(*(Text(cell, overflow="fold") for cell in cells))
        table.add_section()
    return table
