"""``iqa-spider validate``: re-read everything and believe nothing."""

from typing import Annotated

import typer

from schemas.errors import ExitStatus


def run(
    dataset: Annotated[
        str, typer.Argument(metavar="DIR|URL", help="What build made; or pairs, a folder.")
    ],
    source: Annotated[
        list[str] | None, typer.Option(help="Where the photographs lie; checks pixels, too.")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Shards checked at once.")] = 1,
) -> int:
    """Check a dataset; exit status 1 when something is wrong."""
    from flows.dataset.pairs.validate import validate_pairs
    from flows.dataset.validate import validate
    from flows.store.inside import printable
    from flows.store.layout import is_pairs
    from flows.store.place import place

    out = place(dataset)
    found = validate_pairs(out) if is_pairs(out) else validate(out, source or [], workers)
    problems = list(found)
    for problem in problems[:50]:
        typer.echo(printable(": ".join(problem)))
    if problems:
        typer.echo(f"{dataset}: {len(problems)} problems")
        return ExitStatus.BUG
    typer.echo(f"{dataset}: no problem found")
    return ExitStatus.CLEAN
