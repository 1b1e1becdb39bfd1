"""``iqa-spider pools``: wordings of questions."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.commands import options

if TYPE_CHECKING:
    from flows.model.draft import Drafted

app = typer.Typer(no_args_is_help=True, help="Wordings of questions: drafted by a model, checked.")


@app.command()
def draft(
    out: Annotated[Path, typer.Option(help="Pool file (.toml), for [questions] pools.")],
    endpoint: Annotated[list[str], typer.Option(help="OpenAI-compatible server; may be repeated.")],
    model: Annotated[str, typer.Option(help="Model that proposes.")],
    wordings: Annotated[int, typer.Option(min=1, help="Wordings of each pool.")] = 12,
    rounds: Annotated[int, typer.Option(min=1, help="Requests for each pool, at most.")] = 6,
    formats: Annotated[int, typer.Option(min=1, max=12, help="Formats to propose.")] = 5,
    pool: Annotated[
        list[str] | None, typer.Option(help="Only this pool; the others stay as built in.")
    ] = None,
    api_key_env: options.ApiKeyEnv = "",
    seed: Annotated[int, typer.Option(min=0, help="Of the model's draws.")] = 0,
) -> None:
    """Let a model propose question formats and wordings; what fails the check is counted.

    The same command goes on where it was stopped, and asks nothing twice.
    """
    from flows.model.draft import draft as run
    from schemas.settings.config import AnswerConfig

    answers = AnswerConfig(
        writer="vllm", endpoints=tuple(endpoint), model=model, api_key_env=api_key_env
    )
    _say(run(answers, out, wordings, rounds, formats, seed, pool or ()), out)


def _say(made: "Drafted", out: Path) -> None:
    typer.echo(f"formats: {', '.join(one.name for one in made.formats)}")
    for one in made.pools:
        more = ", built-in ones added" if one.pool in made.added else ""
        typer.echo(f"{one.pool:22} {len(one.taken):3} taken {len(one.refused):4} refused{more}")
    reasons = ", ".join(f"{name} {number}" for name, number in made.reasons().most_common())
    typer.echo(f"refused for: {reasons or 'nothing'}")
    failed = sum((one.failed for one in made.pools), start=type(made.pools[0].failed)())
    if failed:
        typer.echo(f"replies of no use: {', '.join(f'{k} {v}' for k, v in failed.items())}")
    typer.echo(f"{out}: build ... --set questions.pools={out}")
