"""``iqa-spider sft``: fine-tune a vision-language model."""

from pathlib import Path
from typing import Annotated

import typer

from flows.commands import options


def run(
    out: Annotated[Path, typer.Option(help="Folder of the run; the same command resumes it.")],
    model: Annotated[str, typer.Option(help="Folder or hub name of the base model.")] = "",
    data: Annotated[
        Path | None, typer.Option(help="Dataset that build made; --mix takes several.")
    ] = None,
    mix: Annotated[
        Path | None, typer.Option(help="mix.toml: sources, weights, caps, flips, leakage.")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="sft.toml; flags go on top.")] = None,
    set_: options.Set = None,
    language: Annotated[str | None, typer.Option(help="lora, full or frozen.")] = None,
    epochs: Annotated[float | None, typer.Option(help="Times the data is seen.")] = None,
    steps: Annotated[int | None, typer.Option(help="Optimiser steps instead of epochs.")] = None,
    batch: Annotated[int | None, typer.Option(help="Rows per device and pass.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of row order and new weights.")] = None,
    merge: Annotated[bool, typer.Option("--merge", help="Also write merged weights.")] = False,
    trust_remote_code: options.TrustRemoteCode = False,
) -> None:
    """LoRA on the language model, vision encoder and projector in full; see sft.toml.

    On several GPUs: accelerate launch --config_file YOURS -m flows sft ...
    """
    from flows.training.sft.finetune import sft
    from schemas.errors import ConfigError
    from schemas.settings.training import MixConfig, SftConfig

    flags = {
        "model": model or None,
        "tune.language": language,
        "epochs": epochs,
        "steps": steps,
        "batch": batch,
        "seed": seed,
        "trust_remote_code": trust_remote_code or None,
    }
    settings = options.merged(SftConfig, config, set_, flags)
    if (data is None) == (mix is None):
        raise ConfigError("give --data DIR or --mix FILE, one of them")
    one = {"source": [{"path": str(data)}]}
    mixture = MixConfig.load(mix) if mix else MixConfig.parse(one, "--data")
    report = sft(settings, mixture, out, merge)
    trained = ", ".join(f"{part} {count:,}" for part, count in report["trained_parameters"].items())
    typer.echo(f"{report['steps']} steps on {report['rows']} rows in {report['seconds']} s")
    typer.echo(f"trained weights: {trained}")
    if report["losses"]:
        typer.echo(f"loss: {report['losses'][0][1]} -> {report['losses'][-1][1]}")
