"""``study apply``: what becomes of the rows that people found wrong: left out, or asked again."""

from pathlib import Path
from typing import Any, NamedTuple

from annotators.answering import is_computed
from flows.dataset.parts import Part, write_parts
from flows.looking.study.folder import Study, ratings_of, read_study, require_drawn_from
from flows.looking.study.report import Verdict, to_repair, verdicts
from flows.model.choose import uses_model
from flows.store.asked_again import Asking, askings_in, read_askings, write_askings
from flows.store.log import say
from flows.store.run_folder import RunFolder
from schemas.errors import ConfigError
from schemas.records import Reject
from schemas.settings.config import RunConfig

STAGE, REASON = "study", "rated_low"
OF_THE_REGION = "region"
"""The dimension that no other answer can better."""


class Applied(NamedTuple):
    """What was done.

    Args:
        kept: Rows of the new dataset.
        dropped: Rows that people rated too low.
    """

    kept: int
    dropped: int


class AskedAnew(NamedTuple):
    """What the next build will do.

    Args:
        rows: Ids of the rows that are asked again.
        helpless: Rows that are as low and that no other answer helps.
    """

    rows: list[str]
    helpless: int


def apply_study(folder: Path, dataset: Path, out: Path, below: float) -> Applied:
    """Write the dataset anew; what is left out becomes a reject that says what people said.

    Args:
        folder: The study.
        dataset: What was rated.
        out: New folder.
        below: Mean below which a row is left out, in any dimension.

    Raises:
        ConfigError: Another dataset, nobody has rated its rows yet, or ``out`` is not empty.
    """
    study, manifest = _open(folder, dataset)
    found = _found(study, folder, askings_in(manifest))
    low = set(to_repair(found, below))
    rejects = [
        Reject(stage=STAGE, subject=row_id, reason=REASON, detail=_said(row_id, found, below))
        for row_id in sorted(low)
    ]
    how = {"kind": "study", **_why(study, found, below), "dropped": sorted(low)}
    made = write_parts([Part(dataset, lambda row_id: row_id not in low, rejects)], out, how)
    return Applied(made.rows, made.left)


def ask_anew(folder: Path, dataset: Path, below: float) -> AskedAnew:
    """Note which rows the next build of the dataset asks its model again.

    Ratings of answers that are not there any more, or will not be, do not count.

    Args:
        folder: The study.
        dataset: What was rated, with the work folder of its run.
        below: Mean below which a row is asked again, in any dimension but that of the region.

    Raises:
        ConfigError: Another dataset, nobody has rated its rows yet, no model wrote it, somebody
            builds into it, or there is nothing to ask.
    """
    study, manifest = _open(folder, dataset)
    if not uses_model(RunConfig.parse(manifest["config"], str(dataset))):
        raise ConfigError(
            f"{dataset}: no model wrote its answers, so asking again changes none; "
            "leave rows out with --out FOLDER"
        )
    run = RunFolder(dataset)
    run.require_run()
    with run.locked():
        askings = read_askings(run.work)
        found = _found(study, folder, askings)
        low = [v.item for v in found if v.mean < below]
        helps = {v.item for v in found if v.mean < below and v.dimension != OF_THE_REGION}
        rows = sorted(i.row_id for i in helps if not is_computed(i.task, i.sub_task))
        if not rows:
            raise ConfigError(f"{folder}: no row below {below:g} that another answer could help")
        write_askings(run.work, [*askings, Asking(rows, _why(study, found, below))])
        say(run.work, f"{len(rows)} rows are to be asked again")
    return AskedAnew(rows, len(set(low)) - len(rows))


def _open(folder: Path, dataset: Path) -> tuple[Study, dict[str, Any]]:
    """A study of a dataset's own answers, and the dataset's manifest."""
    study = read_study(folder)
    manifest = require_drawn_from(study, folder, dataset)
    if any(item.answer for item in study.items):
        raise ConfigError(f"{folder}: people rated a model's predictions, not {dataset}'s answers")
    return study, manifest


def _found(study: Study, folder: Path, askings: list[Asking]) -> list[Verdict]:
    """What was said of answers that were not asked for again since the study was drawn."""
    replaced = {row for asking in askings[study.askings :] for row in asking.rows}
    found = verdicts(study, ratings_of(folder).all())
    left = [one for one in found if one.item.row_id not in replaced]
    if not left:
        said = "all rated rows were asked again since" if found else "nobody has rated anything yet"
        raise ConfigError(f"{folder}: {said}")
    return left


def _why(study: Study, found: list[Verdict], below: float) -> dict[str, Any]:
    return {
        "below": below,
        "rated_rows": len({one.item.row_id for one in found}),
        "raters": sum(map(bool, study.shown.values())),
    }


def _said(row_id: str, found: list[Verdict], below: float) -> str:
    low = [one for one in found if one.item.row_id == row_id and one.mean < below]
    return ", ".join(f"{one.dimension} {one.mean:.1f} of {len(one.scores)}" for one in low)
