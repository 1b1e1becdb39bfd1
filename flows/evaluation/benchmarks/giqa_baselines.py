"""What GIQA-Bench gives without looking: predictions that stand beside a model's.

The grid's ceiling is the truth written in cells and read back: no model that answers in cells can
be better but by luck.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from annotators.language.grid import decoded, encoded
from flows.evaluation.benchmarks.giqa_boxes import Tagged
from flows.evaluation.benchmarks.giqa_records import YES_NO, GiqaRecord
from schemas.streams import Stream

Predictions = Mapping[str, GiqaRecord]
WHOLE = (0.0, 0.0, 1.0, 1.0)


def baselines(truth: Sequence[GiqaRecord], seed: int) -> dict[str, Predictions]:
    """Predictions by the name of who makes them."""
    return {
        "random": _random(truth, seed),
        "majority": _majority(truth),
        "always_no": {e.key: said(e, "No.", ()) for e in truth if e.kind == YES_NO},
        "names_without_boxes": _with_boxes(truth, lambda _: ()),
        "whole_picture": _with_boxes(truth, lambda boxes: [Tagged(b.tag, WHOLE) for b in boxes]),
        "grid_ceiling": _with_boxes(truth, on_grid),
    }


def said(entry: GiqaRecord, answer: str, boxes: Sequence[Tagged]) -> GiqaRecord:
    """A prediction for a record."""
    return GiqaRecord(entry.key, "", "", answer, tuple(boxes))


def on_grid(boxes: Sequence[Tagged]) -> list[Tagged]:
    """Boxes as they come back from the cells of the 20 x 20 grid."""
    return [Tagged(one.tag, decoded(*encoded(one.box))) for one in boxes]


def _with_boxes(
    truth: Sequence[GiqaRecord], change: Callable[[Sequence[Tagged]], Sequence[Tagged]]
) -> Predictions:
    """The true words with other boxes."""
    return {e.key: said(e, e.answer, change(e.boxes)) for e in truth}


def _random(truth: Sequence[GiqaRecord], seed: int) -> Predictions:
    """The answer and boxes of a drawn record of the same kind."""
    by_kind: dict[str, list[GiqaRecord]] = {}
    for entry in truth:
        by_kind.setdefault(entry.kind, []).append(entry)
    return {e.key: Stream(seed, "giqa", e.key).choice(by_kind[e.kind]) for e in truth}


def _majority(truth: Sequence[GiqaRecord]) -> Predictions:
    """The most frequent answer of a kind; no boxes."""
    counts: dict[str, Counter[str]] = {}
    for entry in truth:
        counts.setdefault(entry.kind, Counter())[entry.answer] += 1
    common = {kind: min(c, key=lambda a: (-c[a], a)) for kind, c in counts.items()}
    return {e.key: said(e, common[e.kind], ()) for e in truth}
