"""The command line: ``iqa-spider COMMAND``.

Exit status: 0 a clean run, 3 finished with rejects, 2 the user's mistake or a full disk (one line
on stderr says which), 1 a bug or, from ``validate``, problems found, 130 interrupted.
"""

import sys

import typer

from flows.commands.distort import distortions
from flows.commands.people import annotate_project as project
from flows.commands.people import import_ as import_annotations
from flows.commands.regenerate import build, demo, doctor, segment, show, stats, validate
from flows.commands.train import evaluate, export, point, sft
from schemas.errors import ConfigError, EndpointError, ExitStatus, StorageError

app = typer.Typer(
    name="iqa-spider",
    help="Training data for models that judge image quality region by region.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(distortions.app, name="distortions")
for _module in (
    build, segment, demo, stats, validate, show, export, sft, point, evaluate, doctor
):  # fmt: skip
    app.command(name=_module.__name__.rsplit(".", 1)[-1])(_module.run)

app.command(name="import")(import_annotations.run)
app.command(name="annotate-project")(project.run)

# Some versions of Typer bring a click of their own, so the class is taken from what Typer exports.
USAGE_ERROR: type[Exception] = next(
    kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException"
)


def main() -> None:
    """Run a command and turn errors into one line and a status."""
    try:
        status = app(standalone_mode=False)
    except typer.Exit as error:
        status = error.exit_code
    except USAGE_ERROR as error:
        error.show()  # type: ignore[attr-defined]
        status = ExitStatus.MISTAKE
    except (ConfigError, StorageError, EndpointError) as error:
        typer.echo(f"iqa-spider: {error}", err=True)
        status = ExitStatus.MISTAKE
    except (KeyboardInterrupt, typer.Abort):
        status = ExitStatus.INTERRUPTED
    if status == ExitStatus.INTERRUPTED:  # Typer turns Ctrl-C into a bare status
        typer.echo("iqa-spider: interrupted; the same command goes on where it stopped", err=True)
    sys.exit(status if isinstance(status, int) else ExitStatus.CLEAN)
