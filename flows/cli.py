"""The command line: ``iqa-spider COMMAND``.

Exit status: 0 a clean run, 3 finished with rejects, 2 the user's mistake or a full disk (one line
on stderr says which), 1 a bug or, from ``validate``, problems found, 130 interrupted.
"""

import sys

import click
import typer

from flows.commands import build, demo, distortions, show, stats, validate
from schemas.errors import ConfigError, StorageError

app = typer.Typer(
    name="iqa-spider",
    help="Training data for models that judge image quality region by region.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(distortions.app, name="distortions")
for _module in (build, demo, stats, validate, show):
    app.command(name=_module.__name__.rsplit(".", 1)[-1])(_module.run)

OK, BUG, MISTAKE, REJECTS, INTERRUPTED = 0, 1, 2, 3, 130


def main() -> None:
    """Run a command and turn errors into one line and a status."""
    try:
        status = app(standalone_mode=False)
    except click.exceptions.Exit as error:
        status = error.exit_code
    except click.ClickException as error:
        error.show()
        status = MISTAKE
    except (ConfigError, StorageError) as error:
        typer.echo(f"iqa-spider: {error}", err=True)
        status = MISTAKE
    except (KeyboardInterrupt, click.Abort):
        typer.echo("iqa-spider: interrupted; the same command goes on where it stopped", err=True)
        status = INTERRUPTED
    sys.exit(status if isinstance(status, int) else OK)
