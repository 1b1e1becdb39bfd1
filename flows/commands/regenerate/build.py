"""``iqa-spider build``: photographs in, a finished dataset out."""

from pathlib import Path
from typing import Annotated

import typer


def run(
    out: Annotated[Path, typer.Option(help="Dataset folder; new, or of the same run.")],
    sources: Annotated[
        list[str] | None,
        typer.Argument(help="Folders, lists (.txt), pictures, .parquet or .tar files."),
    ] = None,
    annotations: Annotated[
        Path | None, typer.Option(help="Folder that import made; alone or beside sources.")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="TOML file; flags lie on top.")] = None,
    regions: Annotated[
        str | None, typer.Option(help="segments, coco:FILE, ssa or stored:DIR.")
    ] = None,
    device: Annotated[str | None, typer.Option(help="auto, cpu, cuda, ... for ssa.")] = None,
    sam_checkpoint: Annotated[
        str | None, typer.Option(help="A .pth file, or a folder or hub name of transformers.")
    ] = None,
    sam_type: Annotated[str | None, typer.Option(help="vit_h, vit_l or vit_b.")] = None,
    label_models: Annotated[
        str | None, typer.Option(help="Of segmenters,caption,clip,clipseg; comma separated.")
    ] = None,
    variants: Annotated[int | None, typer.Option(help="Degraded pictures per photograph.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of every keyed draw.")] = None,
    workers: Annotated[int | None, typer.Option(help="Shards worked on at once.")] = None,
    runner: Annotated[str | None, typer.Option(help="processes or threads.")] = None,
    limit: Annotated[int | None, typer.Option(help="Use only the first so many files.")] = None,
    shard_size: Annotated[int | None, typer.Option(help="Photographs per shard.")] = None,
    order_profile: Annotated[
        str | None, typer.Option(help="paper, restored, dq495k or one of the configuration.")
    ] = None,
    plugin: Annotated[
        list[str] | None, typer.Option(help="Python file with more distortions.")
    ] = None,
    answers: Annotated[
        str | None, typer.Option(help="Who writes: template, vllm or vllm-offline.")
    ] = None,
    endpoint: Annotated[
        list[str] | None, typer.Option(help="Address of a server; may be given several times.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="Model that writes.")] = None,
    answers_mode: Annotated[str | None, typer.Option(help="facts or paraphrase.")] = None,
    on_failure: Annotated[str | None, typer.Option(help="template or reject.")] = None,
    questions: Annotated[str | None, typer.Option(help="pools or model.")] = None,
    api_key_env: Annotated[
        str | None, typer.Option(help="Environment variable that holds the key.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Estimate requests, tokens and hours; build nothing.")
    ] = False,
    rate: Annotated[float, typer.Option(help="Requests a second, for --dry-run.")] = 20.0,
    verbose: Annotated[bool, typer.Option(help="Let Prefect log, too.")] = False,
) -> int:
    """Build a dataset from photographs."""
    from flows.run.command import run_build_command
    from schemas.config import RunConfig
    from schemas.errors import ConfigError

    settings = RunConfig.load(
        config,
        {
            "regions.source": regions,
            "regions.ssa.device": device,
            "regions.ssa.sam_checkpoint": sam_checkpoint,
            "regions.ssa.sam_type": sam_type,
            "regions.ssa.label_models": label_models.split(",") if label_models else None,
            "annotations": str(annotations) if annotations else None,
            "variants": variants,
            "seed": seed,
            "run.workers": workers,
            "run.runner": runner,
            "limit": limit,
            "shard_size": shard_size,
            "plan.order_profile": order_profile,
            "answers.writer": answers,
            "answers.endpoints": endpoint or None,
            "answers.model": model,
            "answers.mode": answers_mode,
            "answers.on_failure": on_failure,
            "answers.api_key_env": api_key_env,
            "questions.wording": questions,
            "plugins": plugin or None,
        },
    )
    found = list(sources or [])
    if settings.annotations:
        from flows.human.folder import HumanFolder

        found.append(str(HumanFolder(Path(settings.annotations)).annotated))
    if not found:
        raise ConfigError("no SOURCE and no --annotations: nothing to build from")
    if dry_run:
        from flows.model.cost import print_estimate

        print_estimate(found, settings, rate)
        return 0
    return run_build_command(found, out, settings, verbose)
