"""``study sample``: from a dataset to a study that can be served."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from distortions.registry import families_among
from flows.looking.gallery.index import FACETS, Entry, RowIndex
from flows.looking.study.folder import Example, Item, Study
from flows.looking.study.sampling import Candidate, assign, per_task, share_of
from flows.store.asked_again import askings_in
from flows.store.layout import require_dataset
from schemas.errors import ConfigError
from schemas.streams import derive_key

LOOKED_AT = 400
"""Rows outside of the sample among which examples are looked for."""


def draw_study(
    dataset: Path,
    raters: Sequence[str],
    share: float,
    number_per_task: int | None,
    crossed: int,
    each: int,
    seed: int,
    answers: Mapping[str, str] | None = None,
) -> Study:
    """Draw and deal out a sample.

    Args:
        dataset: What is verified.
        raters: Names.
        share: Of the rows; not used with ``number_per_task``.
        number_per_task: Rows of every task, each rated by everybody, for a judge's reliability.
        crossed: Rows that everybody rates.
        each: Raters of each of the others.
        seed: Of the keyed draws.
        answers: Row id to the answer shown instead of the row's own, e.g. a model's; rows
            without one are not drawn.

    Raises:
        ConfigError: No dataset, nothing to draw from, or numbers that cannot be.
    """
    manifest = require_dataset(dataset)
    index = RowIndex(dataset)
    numbers = [
        n for n, entry in enumerate(index.entries) if answers is None or entry.row_id in answers
    ]
    if not numbers:
        raise ConfigError(f"{dataset}: no rows to rate")
    rows = [Candidate(index.entries[n].row_id, _stratum(index.entries[n])) for n in numbers]
    if number_per_task is None:
        chosen = share_of(rows, share, seed)
    else:
        chosen, crossed = per_task(rows, number_per_task, seed), len(rows)
    sample = [rows[place] for place in chosen]
    items = [_item(index, numbers[place], answers) for place in chosen]
    taken = {item.row_id for item in items}
    rest = [n for n, entry in enumerate(index.entries) if entry.row_id not in taken]
    return Study(
        dataset=str(dataset.resolve()),
        identity=dict(manifest["identity"]),
        seed=seed,
        items=items,
        shown=assign(sample, raters, crossed, each, seed),
        examples=examples(index, rest, seed),
        askings=len(askings_in(manifest)),
    )


def _stratum(entry: Entry) -> tuple[str, ...]:
    return tuple(entry.facets[FACETS.index(name)][0] for name in ("task", "sub_task", "source"))


def _item(index: RowIndex, number: int, answers: Mapping[str, str] | None) -> Item:
    entry = index.entries[number]
    shown = answers[entry.row_id] if answers is not None else ""
    task, sub_task, source = _stratum(entry)
    return Item(entry.row_id, number, entry.image_id, task, sub_task, source, shown)


def examples(index: RowIndex, rest: Sequence[int], seed: int) -> list[Example]:
    """One row for each score, out of rows that nobody rates, as far as such can be made.

    They are made from what is known: 5 is a row's own answer, 4 the same without its last
    sentence, 3 with one flaw called by another's name, 2 the answer about another region of the
    picture, 1 that about another picture with other flaws.
    """
    keyed = sorted(rest, key=lambda n: derive_key(seed, "example", index.entries[n].row_id))
    records = dict(
        zip(sorted(keyed[:LOOKED_AT]), index.records(sorted(keyed[:LOOKED_AT])), strict=True)
    )
    about = [(n, records[n]) for n in keyed[:LOOKED_AT] if records[n]["chain"]]
    found: list[Example] = []
    used: set[str] = set()
    for score, why, make in _MAKERS:
        for number, record in about:
            if record["image_id"] in used:
                continue
            answer = make(record, [other for _, other in about])
            if answer and (score == 5 or answer != record["answer"]):
                found.append(Example(record["row_id"], number, answer, score, why))
                used.add(record["image_id"])
                break
    return found


def _own(record: dict[str, Any], others: Sequence[dict[str, Any]]) -> str:
    return str(record["answer"])


def _shortened(record: dict[str, Any], others: Sequence[dict[str, Any]]) -> str:
    sentences = str(record["answer"]).rstrip(".").split(". ")
    return ". ".join(sentences[:-1]) + "." if len(sentences) > 1 else ""


def _renamed(record: dict[str, Any], others: Sequence[dict[str, Any]]) -> str:
    text, families = str(record["answer"]), {step["family"] for step in record["chain"]}
    known = families_among(families)
    for name in sorted(families & known.keys()):
        noun = known[name].noun
        if noun in text:
            unlike = next(f.noun for n, f in sorted(known.items()) if n not in families)
            return text.replace(noun, unlike)
    return ""


def _elsewhere(record: dict[str, Any], others: Sequence[dict[str, Any]]) -> str:
    fits = (
        other["answer"]
        for other in others
        if _alike(record, other)
        and other["image_id"] == record["image_id"]
        and other["region_id"] != record["region_id"]
    )
    return str(next(fits, ""))


def _foreign(record: dict[str, Any], others: Sequence[dict[str, Any]]) -> str:
    own = {step["family"] for step in record["chain"]}
    fits = (
        other["answer"]
        for other in others
        if _alike(record, other)
        and other["picture_id"] != record["picture_id"]
        and not own & {step["family"] for step in other["chain"]}
    )
    return str(next(fits, ""))


def _alike(record: dict[str, Any], other: dict[str, Any]) -> bool:
    return all(record[name] == other[name] for name in ("task", "sub_task"))


_MAKERS = (
    (5, "Everything in it can be seen, and the region is the right one.", _own),
    (4, "All of it is true, but it ends before everything is said.", _shortened),
    (3, "Right region, but one flaw is called by the name of another.", _renamed),
    (2, "True of another region of this picture, not of the one that is asked about.", _elsewhere),
    (1, "Neither region nor flaws are those of this picture.", _foreign),
)
