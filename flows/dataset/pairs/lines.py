"""Pairs as they are written: columns of the rows, and what a record says of a region."""

from typing import Any

import pyarrow as pa

from annotators.pairs.asking import Compared, PairQuestion
from annotators.pairs.relation import Score, damage
from flows.dataset.formats.embedded import STRING, TURNS, Column
from flows.store.layout import PAIRS
from flows.store.tables import feature
from schemas.records import DegradedRegion, Step

_TEXTS = (
    *("row_id", "pair_id", "picture_id", "region_id", "split", "task", "form", "question"),
    *("answer", "anchor", "target", "reference", "label", "relation", "mask", "pool"),
)


def _typed(kind: pa.DataType) -> Column:
    return kind, feature(kind)


_CHAIN = _typed(pa.list_(Step.arrow_struct()))
COLUMNS: dict[str, Column] = {
    "messages": TURNS,
    **dict.fromkeys(_TEXTS, STRING),
    **{name: _typed(pa.float32()) for name in ("anchor_score", "target_score")},
    **{name: _CHAIN for name in ("anchor_chain", "target_chain")},
    "box": _typed(pa.list_(pa.int32())),
    "width": _typed(pa.int32()),
    "height": _typed(pa.int32()),
}


def record_of(found: Compared, score: Score) -> dict[str, Any]:
    """A region of a pair as a record says it, by what its score is."""
    anchor, target = (_side(region, score) for region in found.regions)
    return {
        "region_id": found.anchor.region_id,
        "label": found.anchor.label_refined,
        "reference": found.phrase,
        "box": list(found.anchor.box),
        "relation": found.relation,
        "anchor": anchor,
        "target": target,
    }


def _side(region: DegradedRegion, score: Score) -> dict[str, Any]:
    steps = ("family", "type", "severity", "grade")
    return {
        "chain": [{key: getattr(step, key) for key in steps} for step in region.chain],
        "grades": [step.grade for step in region.chain],
        "score": score(region),
        "damage": round(damage(region), 4),
    }


def row_of(found: Compared, asked: PairQuestion, score: Score) -> dict[str, Any]:
    """A question as a row, without pictures and ids."""
    region = found.anchor
    turns = (("user", asked.question), ("assistant", asked.answer))
    return {
        "messages": [{"role": role, "content": content} for role, content in turns],
        "region_id": region.region_id,
        "task": PAIRS,
        "form": asked.form,
        "question": asked.question,
        "answer": asked.answer,
        "pool": asked.pool,
        "reference": found.phrase,
        "label": region.label_refined,
        "relation": found.relation,
        "box": list(region.box),
        "mask": region.mask,
        "anchor_score": score(found.anchor),
        "target_score": score(found.target),
        "anchor_chain": [step.model_dump() for step in found.anchor.chain],
        "target_chain": [step.model_dump() for step in found.target.chain],
    }
