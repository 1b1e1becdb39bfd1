"""``iqa-spider pairs``: two pictures of one photograph, compared region by region."""

from pathlib import Path
from typing import Annotated

import typer

from schemas.errors import ConfigError


def run(
    dataset: Annotated[
        str, typer.Argument(metavar="DIR|URL", help="What build --variants 2 or more made.")
    ],
    out: Annotated[Path, typer.Option(help="New folder.")],
    source: Annotated[
        list[str] | None,
        typer.Option(help="Where the photographs lie, if they were moved since the build."),
    ] = None,
    per_picture: Annotated[
        int, typer.Option(help="Ordered pairs of a photograph, drawn by the seed; 0 takes all.")
    ] = 2,
    questions: Annotated[int, typer.Option(help="Questions about a pair at most.")] = 3,
    score: Annotated[
        str,
        typer.Option(help="What relations are made from: ssim, haarpsi, damage or a plugin's."),
    ] = "ssim",
    plugin: Annotated[
        list[str] | None, typer.Option("--plugin", help="Python file that brings a score.")
    ] = None,
    thresholds: Annotated[
        str | None,
        typer.Option(help="Differences that are slight and significant, e.g. 0.1,0.3."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the sample and the wordings.")] = 0,
    strict: Annotated[
        bool, typer.Option("--strict", help="Leave out pictures with a chain of several steps.")
    ] = False,
) -> None:
    """Compare variants of a photograph, and the photograph itself, region by region.

    Each pair has an anchor and a target. For every region both chains, grades and scores are
    written, and how the anchor looks beside the target: the same, slightly or significantly better
    or worse. Questions go with two pictures a row; swap the pictures and the answer swaps. OUT
    holds data/ (Parquet with both pictures), records/ (a pair a line), graphs/ and manifest.json.
    """
    from flows.dataset.pairs.make import PairSettings, make_pairs
    from flows.dataset.pairs.reading import left_out
    from flows.store.place import place

    settings = PairSettings(
        per_picture, questions, score, seed, strict, tuple(plugin or ()), _two(thresholds)
    )
    made = make_pairs(place(dataset), out, settings, source or [])
    counts = made["counts"]
    typer.echo(f"pairs: {counts['pairs']}, rows: {counts['rows']}, in {out}")
    shares = ", ".join(f"{n.replace('_', ' ')} {s:.0%}" for n, s in made["shares"].items())
    typer.echo(f"regions degraded in either picture: {shares}")
    for name, number in left_out(counts).items():
        typer.echo(f"{name}: {number}")


def _two(text: str | None) -> tuple[float, float] | None:
    """Two numbers between commas."""
    if text is None:
        return None
    try:
        low, high = (float(part) for part in text.split(","))
    except ValueError:
        raise ConfigError(f"--thresholds: expected two numbers, 0.1,0.3, got {text!r}") from None
    return low, high
