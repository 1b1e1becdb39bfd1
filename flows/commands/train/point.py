"""``iqa-spider point``: answers grounded in pixels, without training."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.commands import options

if TYPE_CHECKING:
    from flows.pointing.predict import Grounded


def run(
    model: Annotated[str, typer.Option(help="Folder or hub name; or the name at --endpoint.")],
    image: Annotated[Path | None, typer.Option(help="One picture.")] = None,
    question: Annotated[str, typer.Option(help="What to ask about it.")] = "",
    answer: Annotated[str, typer.Option(help="An answer given elsewhere, to be grounded.")] = "",
    data: Annotated[Path | None, typer.Option(help="Dataset to predict instead.")] = None,
    split: Annotated[
        str | None, typer.Option(help="train or test; test unless it is calibrated on.")
    ] = None,
    tasks: Annotated[
        list[str] | None, typer.Option("--task", help="Only this task; may be repeated.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only so many rows.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="point.png, or predictions.jsonl of a dataset.")
    ] = None,
    calibrate: Annotated[
        bool, typer.Option("--calibrate", help="Find the temperature on --data and store it.")
    ] = False,
    temperature: Annotated[float | None, typer.Option(help="Of the words' softmax.")] = None,
    segmenter: Annotated[
        str | None, typer.Option(help="SAM checkpoint, or SAM/SAM 2 folder or hub name.")
    ] = None,
    endpoint: Annotated[str, typer.Option(help="vLLM server that holds the model.")] = "",
    api_key_env: Annotated[str, typer.Option(help="Variable with the server's key.")] = "",
    device: Annotated[str | None, typer.Option(help="auto, cuda, cpu, mps.")] = None,
    config: Annotated[Path | None, typer.Option(help="point.toml; flags go on top.")] = None,
    set_: options.Set = None,
    trust_remote_code: options.TrustRemoteCode = False,
) -> None:
    """Logits of left/right/top/bottom become a point, SAM makes it a mask."""
    from flows.pointing import point as pointing
    from schemas.errors import ConfigError
    from schemas.settings.training import PointConfig

    flags = {"segmenter": segmenter, "device": device}
    settings = options.merged(PointConfig, config, set_, flags)
    if temperature is not None and temperature <= 0:
        raise ConfigError(f"--temperature {temperature}: it must be above 0")
    where = pointing.ModelAddress(model, endpoint, api_key_env, trust_remote_code)
    tau = pointing.temperature_of(model, temperature, settings)
    if data is not None and image is None:
        if question or answer:
            raise ConfigError(
                "--question and --answer go with --image; rows of --data have their own"
            )
        if calibrate:
            # what is reported must not be what was calibrated on
            found = pointing.calibrate_on(where, settings, data, split or "train", limit or 512)
            share = found.accuracy[found.temperature]
            inside = f"{share:.1%} of {found.rows} points inside"
            typer.echo(f"temperature {found.temperature}: {inside}")
            return
        lines, part = out or Path("predictions.jsonl"), split or "test"
        number = pointing.predict_split(where, settings, tau, data, part, lines, tasks or [], limit)
        typer.echo(f"{number} predictions in {lines}")
        return
    if image is None or data is not None:
        raise ConfigError("give --image FILE with --question, or --data DIR; one of them")
    if calibrate:
        raise ConfigError("--calibrate needs --data DIR")
    if not question:
        raise ConfigError("--question is missing")
    drawn = out or Path("point.png")
    _say(pointing.point_at(where, settings, tau, image, question, answer, drawn), tau, drawn)


def _say(found: "Grounded", temperature: float, drawn: Path) -> None:
    """What one picture's answer points at."""
    typer.echo(found.scored.answer)
    point = found.point
    place = f"({point.x:.3f}, {point.y:.3f})" if point.status == "point" else point.status
    covered = f", mask {found.mask.mean():.1%} of the picture" if found.mask is not None else ""
    typer.echo(f"point: {place} at temperature {temperature}{covered}; drawn to {drawn}")
