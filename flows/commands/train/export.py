"""``iqa-spider export``: a dataset in the form of another trainer."""

from pathlib import Path
from typing import Annotated

import typer


def run(
    dataset: Annotated[str, typer.Argument(metavar="DIR|URL", help="What build made.")],
    format: Annotated[
        str,
        typer.Option(
            help="trl, grpo, sharegpt, swift, llava, jsonl, giqa, vida, diag, coco or panda; "
            "qwen25vl or qwen3vl: boxes and points as JSON."
        ),
    ],
    out: Annotated[Path, typer.Option(help="New folder.")],
    absolute: Annotated[
        bool, typer.Option("--absolute", help="Absolute paths of pictures.")
    ] = False,
    boxes: Annotated[
        str,
        typer.Option(
            help="Boxes in texts: grid20, grid40, float3, qwen2vl, qwen25vl, internvl; or, as "
            "controls, names (without boxes) and permuted (those of other pictures)."
        ),
    ] = "grid20",
    source: Annotated[
        list[str] | None,
        typer.Option(help="Where the photographs lie now; panda has them beside the variants."),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="panda: leave out pictures with a chain of several.")
    ] = False,
) -> None:
    """Write the records and, once each, the pictures; of a dataset, or of what pairs made."""
    from flows.dataset.export import export
    from flows.store.place import place

    sources = tuple(source or ())
    made = export(place(dataset), out, format, absolute, boxes, sources, strict)
    for name, number in made.items():
        typer.echo(f"{name}: {number}")
