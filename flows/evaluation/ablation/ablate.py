"""``ablate``: the same model trained on several mixtures, each evaluated, in one table.

What is there is not done again: a mixture whose training is finished is not trained, one whose
answers are complete is not asked, one that was killed goes on where it was. Scores are computed
anew from the stored answers each time.

Source: IQA-Spider (arXiv 2605.24553), table 4, has this form; which mixtures its rows are is not
known here, so they are whatever the files say.
"""

import json
import shlex
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from flows.evaluation import report
from flows.evaluation.ablation.table import scores_of, table
from flows.evaluation.ask_model import answered
from flows.evaluation.evaluate import JSON, run
from flows.evaluation.request import Options
from flows.pointing.point import SETTINGS, ModelAddress, calibrate_on, temperature_of
from flows.store.layout import write_text
from flows.training.sft.finetune import REPORT, sft
from schemas.errors import ConfigError
from schemas.settings.toml_text import toml_text
from schemas.settings.training import MixConfig, PointConfig, SftConfig

BASE = "without training"
RESULTS, TABLE = "ablation.json", "ablation.md"
CALIBRATED_ON = 512
"""Rows that a temperature is found on, at most."""


class Mixture(NamedTuple):
    """A row of the table.

    Args:
        name: The file's, without its ending.
        mix: What is trained on; ``None`` for the model as it is.
    """

    name: str
    mix: MixConfig | None


@dataclass(frozen=True)
class Ablation:
    """What is done with every mixture.

    Args:
        out: A folder for all, one in it for each.
        sft: The training.
        point: How it is asked.
        options: What is evaluated; the folder is overwritten.
        images: Pictures of other benchmarks.
        calibrate: Dataset on whose training part temperatures are found; ``None`` leaves them as
            configured.
        launch: Command that starts trainings on several devices, such as ``accelerate launch -m``;
            empty trains in this process.
    """

    out: Path
    sft: SftConfig
    point: PointConfig
    options: Options
    images: Path | None = None
    calibrate: Path | None = None
    launch: str = ""


def mixtures(files: Sequence[Path], with_base: bool) -> list[Mixture]:
    """The rows, all files read.

    Raises:
        ConfigError: A file that cannot be read, or two of one name.
    """
    names = [file.stem for file in files]
    if twice := {name for name in names if names.count(name) > 1}:
        raise ConfigError(
            f"two mixtures are named {min(twice)!r}; rows are named after their files"
        )
    read = [Mixture(file.stem, MixConfig.load(file)) for file in files]
    return [Mixture(BASE, None), *read] if with_base else read


def ablate(
    rows: Sequence[Mixture], what: Ablation, say: Callable[[str], None] = lambda line: None
) -> str:
    """Train, ask and score; returns the table, which is written after every row.

    Args:
        rows: In the order of the table.
        what: The same for all.
        say: Told what is done next.

    Raises:
        ConfigError: As of ``sft`` and ``evaluate``.
    """
    found: dict[str, dict[str, Any]] = {}
    text = ""
    for number, row in enumerate(rows, 1):
        say(f"{number}/{len(rows)} {row.name}")
        found[row.name] = _one(row, what, say)
        text = table(found)
        write_text(what.out / RESULTS, report.as_json({"rows": found}))
        write_text(what.out / TABLE, text)
    return text


def _one(row: Mixture, what: Ablation, say: Callable[[str], None]) -> dict[str, Any]:
    folder = what.out / row.name.replace(" ", "-")
    model, mixed = what.sft.model, {}
    if row.mix is not None:
        trained = folder / "run"
        if what.launch and not (trained / REPORT).is_file():
            _launched(row.mix, what, trained)
        # without a launcher, or to say what a finished run says
        done = sft(what.sft, row.mix, trained)
        say(f"  trained: {done['steps']} steps on {done['rows']} rows")
        model, mixed = str(trained), _used(trained)
    where = ModelAddress(model, trust_remote_code=what.sft.trust_remote_code)
    if what.calibrate and row.mix is not None and not (Path(model) / SETTINGS).is_file():
        _calibrated(where, what, say)
    options = replace(what.options, out=folder / "report", with_plots=False)
    tau = temperature_of(model, None, what.point)
    run(answered(options, where, what.point, tau, what.images))
    results = json.loads((options.out / JSON).read_text(encoding="utf-8"))
    return {"sources": mixed, "scores": scores_of(results)}


def _launched(mix: MixConfig, what: Ablation, out: Path) -> None:
    """Train by a command of the user's, from files, since other processes read them."""
    told = []
    for name, section in (("mix", mix), ("config", what.sft)):
        file = out.parent / f"{name}.toml"
        write_text(file, toml_text(section))
        told += [f"--{name}", str(file)]
    command = [*shlex.split(what.launch), "flows", "sft", *told, "--out", str(out)]
    try:
        ended = subprocess.run(command, check=False).returncode  # noqa: S603
    except OSError as error:
        raise ConfigError(f"--launch: {command[0]}: {error.strerror}") from None
    if ended:
        raise ConfigError(f"--launch: training ended with status {ended}: {shlex.join(command)}")


def _calibrated(where: ModelAddress, what: Ablation, say: Callable[[str], None]) -> None:
    """Find the temperature; a model that never points right keeps the configured one."""
    if what.calibrate is None:
        return
    try:
        calibrate_on(where, what.point, what.calibrate, "train", CALIBRATED_ON)
    except ConfigError as error:
        say(f"  not calibrated: {error}")


def _used(run_folder: Path) -> dict[str, int]:
    counts = json.loads((run_folder / "mix.json").read_text(encoding="utf-8"))
    return {name: source["used"] for name, source in counts["sources"].items()}
