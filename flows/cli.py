"""The command line: ``iqa-spider COMMAND``.

Exit status: 0 a clean run, 3 finished with rejects, 2 the user's mistake or a full disk (one line
on stderr says which), 1 a bug or, from ``validate``, problems found, 130 interrupted.
"""

import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from flows.commands.distort import distortions
from flows.commands.people import annotate_project, import_, study
from flows.commands.regenerate import (
    build,
    config,
    demo,
    doctor,
    ground,
    look,
    merge,
    pairs,
    pools,
    retry,
    segment,
    show,
    stats,
    status,
    subset,
    validate,
)
from flows.commands.train import ablate, augment, evaluate, export, point, push, report, sft
from schemas.errors import ConfigError, EndpointError, ExitStatus, StoppedError, StorageError

START = "Where to start"
REGENERATE = "Door one: a dataset from photographs"
DISTORT = "Door two: distortions"
PEOPLE = "Door three: what people say"
TRAIN = "With the dataset"

COMMANDS: dict[str, tuple[str, Callable[..., Any] | typer.Typer]] = {
    "demo": (START, demo.run),
    "doctor": (START, doctor.run),
    "config": (START, config.run),
    "build": (REGENERATE, build.run),
    "segment": (REGENERATE, segment.run),
    "status": (REGENERATE, status.run),
    "retry": (REGENERATE, retry.run),
    "ground": (REGENERATE, ground.run),
    "pools": (REGENERATE, pools.app),
    "look": (REGENERATE, look.run),
    "stats": (REGENERATE, stats.run),
    "show": (REGENERATE, show.run),
    "validate": (REGENERATE, validate.run),
    "subset": (REGENERATE, subset.run),
    "merge": (REGENERATE, merge.run),
    "pairs": (REGENERATE, pairs.run),
    "distortions": (DISTORT, distortions.app),
    "annotate-project": (PEOPLE, annotate_project.run),
    "import": (PEOPLE, import_.run),
    "study": (PEOPLE, study.app),
    "augment": (TRAIN, augment.run),
    "export": (TRAIN, export.run),
    "push": (TRAIN, push.run),
    "sft": (TRAIN, sft.run),
    "point": (TRAIN, point.run),
    "evaluate": (TRAIN, evaluate.run),
    "ablate": (TRAIN, ablate.run),
    "report": (TRAIN, report.run),
}
"""Name to the door it belongs to and what runs; help lists them in this order."""


class _InOrder(TyperGroup):
    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)


app = typer.Typer(
    name="iqa-spider",
    cls=_InOrder,
    help="Training data for models that judge image quality region by region.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
for _name, (_door, _run) in COMMANDS.items():
    if isinstance(_run, typer.Typer):
        app.add_typer(_run, name=_name, rich_help_panel=_door)
    else:
        app.command(name=_name, rich_help_panel=_door)(_run)

# Some versions of Typer bring a click of their own, so the class is taken from what Typer exports.
USAGE_ERROR: type[Exception] = next(
    kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException"
)


def _version(asked: bool) -> None:
    if asked:
        from flows.store.identity import VERSION  # it loads pyarrow, and help must not

        typer.echo(f"iqa-spider {VERSION}")
        raise typer.Exit


@app.callback()
def _before(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_version, help="Say it and exit.")
    ] = False,
) -> None:
    pass


def _one_line(said: str) -> str:
    """A message may repeat a name that holds line breaks or what a terminal obeys."""
    return "".join(c if c.isprintable() or "\ud800" <= c <= "\udfff" else "?" for c in said)


def main() -> None:
    """Run a command and turn errors into one line and a status."""
    try:
        status = app(prog_name="iqa-spider", standalone_mode=False)
    except typer.Exit as error:
        status = error.exit_code
    except USAGE_ERROR as error:
        error.show()  # type: ignore[attr-defined]
        status = ExitStatus.MISTAKE
    except (ConfigError, StorageError, EndpointError) as error:
        typer.echo(f"iqa-spider: {_one_line(str(error))}", err=True)
        status = ExitStatus.MISTAKE
    except (KeyboardInterrupt, typer.Abort, StoppedError):
        status = ExitStatus.INTERRUPTED
    except Exception as error:
        from flows.store.place import store_error  # help does not need it

        if not (said := store_error(error)):
            raise
        typer.echo(f"iqa-spider: the object store: {_one_line(said)}", err=True)
        status = ExitStatus.MISTAKE
    if status == ExitStatus.INTERRUPTED:  # Typer turns Ctrl-C into a bare status
        typer.echo("iqa-spider: interrupted; the same command goes on where it stopped", err=True)
        from flows.processes import end_as_told  # help does not need it

        end_as_told()
    sys.exit(status if isinstance(status, int) else ExitStatus.CLEAN)
