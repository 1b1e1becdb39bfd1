"""Several systems on the same rows: further models' files and text-prompted segmenters, drawn."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from flows.evaluation import report
from flows.evaluation.grounding import Measured
from flows.evaluation.predictions import Predictions, read_predictions
from flows.evaluation.request import Options
from flows.evaluation.segmenting.prompts import PAPER_PROMPTS
from flows.evaluation.segmenting.segment import Row, segmented
from flows.evaluation.segmenting.segmenter import wanted
from flows.evaluation.side_by_side import draw_rows
from flows.evaluation.truth import Bench
from schemas.errors import ConfigError

MASKS = Measured(masks=True, points=False, words=False)
"""What a segmenter gives."""


def read(options: Options, bench: Bench | None) -> dict[str, Predictions]:
    """Name to predictions of ``--compare NAME=FILE``.

    Raises:
        ConfigError: No name, one that is taken, or a file that cannot be used.
    """
    found: dict[str, Predictions] = {}
    for text in options.compare if bench else ():
        name, given, path = text.partition("=")
        if not given or not name or not path:
            raise ConfigError(f"--compare {text}: expected NAME=FILE")
        if name == report.MODEL or name in found:
            raise ConfigError(f"--compare {text}: the name {name!r} is taken")
        found[name] = read_predictions(Path(path), bench, "--compare")  # type: ignore[arg-type]
    return found


def segmented_rows(options: Options, bench: Bench, given: Predictions | None) -> list[Row]:
    """Masks of every segmenter under every prompt that was asked for.

    Raises:
        ConfigError: No such segmenter, one that cannot be had, or no grounding rows.
    """
    asked = tuple(dict.fromkeys(wanted(text) for text in options.segmenters))
    prompts = tuple(dict.fromkeys(options.prompts)) or PAPER_PROMPTS
    if asked and not any(sample.task == "grounding" for sample in bench.samples):
        raise ConfigError(f"--segmenter-text: no grounding rows of --split {options.split}")
    return list(segmented(bench, options.split, given, asked, prompts, options.out))


def draw(
    options: Options,
    bench: Bench,
    given: Predictions | None,
    further: Mapping[str, Predictions],
    made: Sequence[Row],
) -> None:
    """The figures of ``--side-by-side``."""
    if not options.side_by_side:
        return
    systems: dict[str, Predictions] = {report.MODEL: given} if given else {}
    systems |= further
    systems |= {row.name: row.predictions for row in made}
    folder = options.out / "side_by_side"
    draw_rows(bench, systems, options.side_by_side, options.settings.seed, folder)
