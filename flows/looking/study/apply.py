"""``study apply``: the dataset without the rows that people found wrong."""

from pathlib import Path
from typing import NamedTuple

from flows.dataset.parts import Part, write_parts
from flows.looking.study.folder import ratings_of
from flows.looking.study.report import Verdict, to_repair, verdicts
from flows.looking.study.server import open_study
from schemas.errors import ConfigError
from schemas.records import Reject

STAGE, REASON = "study", "rated_low"


class Applied(NamedTuple):
    """What was done.

    Args:
        kept: Rows of the new dataset.
        dropped: Rows that people rated too low.
    """

    kept: int
    dropped: int


def apply_study(folder: Path, dataset: Path, out: Path, below: float) -> Applied:
    """Write the dataset anew; what is left out becomes a reject that says what people said.

    Args:
        folder: The study.
        dataset: What was rated.
        out: New folder.
        below: Mean below which a row is left out, in any dimension.

    Raises:
        ConfigError: Another dataset, nobody has rated yet, or ``out`` is not empty.
    """
    study, _ = open_study(folder, dataset)
    found = verdicts(study, ratings_of(folder).all())
    if not found:
        raise ConfigError(f"{folder}: nobody has rated anything yet")
    low = set(to_repair(found, below))
    rejects = [
        Reject(stage=STAGE, subject=row_id, reason=REASON, detail=_said(row_id, found, below))
        for row_id in sorted(low)
    ]
    how = {
        "kind": "study",
        "below": below,
        "rated_rows": len({one.item.row_id for one in found}),
        "raters": sum(map(bool, study.shown.values())),
        "dropped": sorted(low),
    }
    made = write_parts([Part(dataset, lambda row_id: row_id not in low, rejects)], out, how)
    return Applied(made.rows, made.left)


def _said(row_id: str, found: list[Verdict], below: float) -> str:
    low = [one for one in found if one.item.row_id == row_id and one.mean < below]
    return ", ".join(f"{one.dimension} {one.mean:.1f} of {len(one.scores)}" for one in low)
