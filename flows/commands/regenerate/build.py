"""``iqa-spider build``: photographs in, a finished dataset out."""

from pathlib import Path
from typing import Annotated

import typer

from flows.commands import options
from schemas.errors import ExitStatus


def run(
    out: Annotated[Path, typer.Option(help="Dataset folder; new, or of the same run.")],
    sources: Annotated[list[str] | None, typer.Argument(help=options.SOURCES_HELP)] = None,
    annotations: Annotated[
        Path | None, typer.Option(help="Folder that import made; alone or beside sources.")
    ] = None,
    config: options.Config = None,
    set_: options.Set = None,
    regions: options.Regions = None,
    device: options.Device = None,
    sam_checkpoint: options.SamCheckpoint = None,
    sam_type: options.SamType = None,
    label_models: options.LabelModels = None,
    variants: Annotated[int | None, typer.Option(help="Degraded pictures per photograph.")] = None,
    seed: options.Seed = None,
    workers: options.Workers = None,
    runner: options.Runner = None,
    look: options.Look = True,
    limit: options.Limit = None,
    shard_size: options.ShardSize = None,
    rows: Annotated[int | None, typer.Option(help="Only the first so many rows.")] = None,
    profile: Annotated[
        str | None, typer.Option(help="Shares and rules: default, published or paper.")
    ] = None,
    families: Annotated[
        str | None, typer.Option(help="Families to draw from; comma separated.")
    ] = None,
    types: Annotated[str | None, typer.Option(help="Types to draw from; comma separated.")] = None,
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
    tasks: Annotated[
        str | None,
        typer.Option(
            help="Of global,local,grounding,referring,giqa,vida,pairs; the first four by default."
        ),
    ] = None,
    api_key_env: Annotated[
        str | None, typer.Option(help="Environment variable that holds the key.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Estimate requests, tokens and hours; build nothing.")
    ] = False,
    rate: Annotated[float, typer.Option(help="Requests a second, for --dry-run.")] = 20.0,
    verbose: options.Verbose = False,
) -> int:
    """Build a dataset from photographs; exit status 3 when something was left out."""
    from rich.console import Console

    from flows.run.closing import closing
    from flows.run.command import run_build, with_annotations
    from flows.store.layout import LOOK

    settings = options.run_settings(
        config,
        set_,
        regions=regions,
        device=device,
        sam_checkpoint=sam_checkpoint,
        sam_type=sam_type,
        label_models=label_models,
        annotations=str(annotations) if annotations else None,
        variants=variants,
        seed=seed,
        workers=workers,
        runner=runner,
        look=None if look else False,
        limit=limit,
        shard_size=shard_size,
        rows=rows,
        profile=profile,
        families=families,
        types=types,
        order_profile=order_profile,
        plugins=plugin or None,
        answers=answers,
        endpoints=endpoint or None,
        model=model,
        answers_mode=answers_mode,
        on_failure=on_failure,
        questions=questions,
        tasks=tasks,
        api_key_env=api_key_env,
    )
    if dry_run:
        from flows.model.cost import print_estimate

        print_estimate(with_annotations(sources or [], settings), settings, rate)
        return ExitStatus.CLEAN
    console = Console(stderr=True)
    summary = run_build(sources or [], out, settings, console, verbose)
    console.print(closing(summary))
    page = f"{out / LOOK}\n" if (out / LOOK).is_file() else ""
    line = f"{page}look at {out / 'README.md'}, or: iqa-spider show {out} 0 --out row.png"
    console.print(line, highlight=False, soft_wrap=True, markup=False)
    return ExitStatus.WITH_REJECTS if summary.rejects else ExitStatus.CLEAN
