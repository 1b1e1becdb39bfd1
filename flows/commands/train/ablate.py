"""``iqa-spider ablate``: what each part of a mixture is worth."""

from pathlib import Path
from typing import Annotated

import typer

from flows.commands import options


def run(
    mixes: Annotated[list[Path], typer.Argument(help="mix.toml files, a row of the table each.")],
    out: Annotated[Path, typer.Option(help="Folder; the same command goes on where it stopped.")],
    data: Annotated[Path, typer.Option(help="Dataset whose test split is evaluated.")],
    model: Annotated[str, typer.Option(help="Folder or hub name of the base model.")] = "",
    config: Annotated[Path | None, typer.Option(help="sft.toml; flags go on top.")] = None,
    set_: options.Set = None,
    point: Annotated[Path | None, typer.Option(help="point.toml: segmenter and limits.")] = None,
    segmenter: Annotated[str | None, typer.Option(help="SAM that makes masks of points.")] = None,
    max_tokens: Annotated[int | None, typer.Option(min=1, help="Longest answer.")] = None,
    calibrate: Annotated[
        Path | None, typer.Option(help="Dataset on whose train split temperatures are found.")
    ] = None,
    split: Annotated[str, typer.Option(help="test, train or all.")] = "test",
    qbench: Annotated[
        Path | None, typer.Option(help="LLVisionQA questions, answered, too.")
    ] = None,
    scores: Annotated[Path | None, typer.Option(help="Opinion scores, predicted, too.")] = None,
    images: Annotated[Path | None, typer.Option(help="Pictures of --qbench and --scores.")] = None,
    base: Annotated[
        bool, typer.Option("--base/--no-base", help="A row for the model without training.")
    ] = True,
    launch: Annotated[
        str, typer.Option(help='Starts trainings on many GPUs, e.g. "accelerate launch -m".')
    ] = "",
    bootstrap: Annotated[int, typer.Option(min=0, help="Resamples of the intervals.")] = 1000,
    trust_remote_code: options.TrustRemoteCode = False,
) -> None:
    """Train a model on each mixture, evaluate it, and print one table with intervals."""
    from flows.evaluation.ablation.ablate import Ablation, ablate, mixtures
    from flows.evaluation.intervals import Settings
    from flows.evaluation.request import Options
    from schemas.settings.training import PointConfig, SftConfig

    flags = {"model": model or None, "trust_remote_code": trust_remote_code or None}
    what = Ablation(
        out=out,
        sft=options.merged(SftConfig, config, set_, flags),
        point=PointConfig.load(point, {"segmenter": segmenter, "max_tokens": max_tokens}),
        options=Options(
            out=out,
            dataset=data,
            split=split,
            qbench=qbench,
            scores=scores,
            settings=Settings(bootstrap),
            with_baselines=False,
            with_plots=False,
        ),
        images=images,
        calibrate=calibrate,
        launch=launch,
    )
    text = ablate(mixtures(mixes, base), what, lambda line: typer.echo(line, err=True))
    typer.echo(text)
    typer.echo(f"table      {out / 'ablation.md'}")
