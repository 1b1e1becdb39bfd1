"""``iqa-spider build``: photographs in, a finished dataset out."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from flows.commands import options
from schemas.errors import ExitStatus


def run(
    out: Annotated[
        str,
        typer.Option(metavar="DIR|URL", help="Dataset folder; new, or of the same run."),
    ],
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
    engine: options.Engine = None,
    address: options.Address = None,
    look: options.Look = True,
    limit: options.Limit = None,
    shard_size: options.ShardSize = None,
    rows: Annotated[int | None, typer.Option(help="Only the first so many rows.")] = None,
    profile: Annotated[
        str | None, typer.Option(help="Shares and rules: default, published or paper.")
    ] = None,
    families: Annotated[
        str | None,
        typer.Option(help="Families to draw from: names, all, kadid, panda, +weather, ..."),
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
    servers: Annotated[
        int | None, typer.Option(help="vLLM servers to start, one a GPU, if no --endpoint.")
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
        bool, typer.Option("--dry-run", help="Say what it will cost; build nothing.")
    ] = False,
    rate: Annotated[
        float, typer.Option(help="Requests a second of one server, for --dry-run.")
    ] = 20.0,
    measure: Annotated[
        int, typer.Option(min=0, help="Photographs that --dry-run builds and throws away first.")
    ] = 0,
    plan: Annotated[
        bool, typer.Option("--plan", help="Only ingest and select, for --shards later.")
    ] = False,
    shards: Annotated[
        str | None, typer.Option(help="Build these of a planned run: 7, 0-99 or 3,7-9.")
    ] = None,
    finish: Annotated[
        bool, typer.Option("--finish", help="Join the shards of a planned run.")
    ] = False,
    verbose: options.Verbose = False,
) -> int:
    """Build a dataset from photographs; exit status 3 when something was left out."""
    from rich.console import Console

    from flows.run import slices
    from flows.run.closing import closing, counts_table, slice_counts
    from flows.run.command import run_build, with_annotations
    from flows.store.layout import LOOK
    from flows.store.place import place

    where = place(out)
    _require_one(plan, shards, finish, dry_run, sources or annotations)
    of_plan = shards is not None or finish
    settings = options.run_settings(
        config,
        set_,
        slices.planned(where) if of_plan else None,
        regions=regions,
        device=device,
        sam_checkpoint=sam_checkpoint,
        sam_type=sam_type,
        label_models=label_models,
        annotations=str(annotations) if annotations else None,
        variants=variants,
        seed=seed,
        workers=workers,
        engine=engine,
        address=address,
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
        servers=servers,
        model=model,
        answers_mode=answers_mode,
        on_failure=on_failure,
        questions=questions,
        tasks=tasks,
        api_key_env=api_key_env,
    )
    if dry_run:
        from flows.run.cost import print_cost

        print_cost(with_annotations(sources or [], settings), settings, rate, measure)
        return ExitStatus.CLEAN
    console = Console(stderr=True)
    if plan:
        console.print(
            counts_table(slices.run_plan(sources or [], where, settings, console, verbose))
        )
        return ExitStatus.CLEAN
    if shards is not None:
        counts = slice_counts(slices.run_shards(where, shards, settings, console, verbose))
        console.print(counts_table(counts))
        return ExitStatus.WITH_REJECTS if counts["left out"] else ExitStatus.CLEAN
    if finish:
        summary = slices.run_finish(where, settings)
    else:
        summary = run_build(sources or [], where, settings, console, verbose)
    say = partial(console.print, highlight=False, soft_wrap=True, markup=False)
    if (where / LOOK).is_file():
        say(str(where / LOOK))
    console.print(closing(summary))
    say(f"look at {where / 'README.md'}, or: iqa-spider show {out} 0 --out row.png")
    return ExitStatus.WITH_REJECTS if summary.rejects else ExitStatus.CLEAN


def _require_one(
    plan: bool, shards: str | None, finish: bool, dry_run: bool, pictures: object
) -> None:
    """Raise ``ConfigError`` where the ways to go about a build exclude each other."""
    from schemas.errors import ConfigError

    ways = {"--plan": plan, "--shards": shards is not None, "--finish": finish}
    asked = [name for name, given in ({**ways, "--dry-run": dry_run}).items() if given]
    if len(asked) > 1:
        raise ConfigError(f"{' and '.join(asked)}: give one of them")
    if asked and asked[0] in ("--shards", "--finish") and pictures:
        raise ConfigError(f"{asked[0]}: the plan in --out names the pictures; give no SOURCE")
