"""Answers, points and masks for the rows of a dataset, as ``evaluate`` reads them; resumable."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np

from flows.pointing.points import Point, Scored, probabilities, to_point
from flows.pointing.scoring import Asked
from flows.pointing.segmenters import PointSegmenter
from flows.store.layout import TEMPORARY, put_in_place, storage_errors
from flows.training.data.dataset import DatasetSource
from schemas import masks
from schemas.arrays import Image, Mask


class AnsweringModel(Protocol):
    """A model in this process or behind an endpoint."""

    def answer(self, asked: Sequence[Asked], max_tokens: int) -> list[str]:
        """Answers to a batch of questions."""
        ...

    def score(self, asked: Sequence[Asked], answers: Sequence[str]) -> list[Scored]:
        """Scores of the positional words of answers."""
        ...


class Grounded(NamedTuple):
    """An answer with where it points.

    Args:
        scored: Answer and scores of its words.
        point: Normalised.
        mask: ``(height, width)`` bool; ``None`` without a place or a segmenter.
    """

    scored: Scored
    point: Point
    mask: Mask | None


def ground(
    image: Image, scored: Scored, temperature: float, segmenter: PointSegmenter | None
) -> Grounded:
    """Point and mask of a scored answer; the whole picture needs no segmenter."""
    point = to_point(scored, temperature)
    if point.status == "whole":
        return Grounded(scored, point, np.ones(image.shape[:2], np.bool_))
    if point.status == "none" or segmenter is None:
        return Grounded(scored, point, None)
    pixels = point.pixels(image.shape[1], image.shape[0])
    return Grounded(scored, point, segmenter.segment(image, [pixels])[0])


def predict(
    source: DatasetSource,
    speaker: AnsweringModel,
    out: Path,
    temperature: float,
    segmenter: PointSegmenter | None,
    batch: int,
    max_tokens: int,
    limit: int | None = None,
    key: str = "",
) -> int:
    """Write one line a row to ``out``; a run that was cut short goes on after its last line.

    Args:
        source: The rows.
        speaker: The model.
        out: JSON lines; in place when complete, ``.KEY.part`` until then.
        temperature: Of the points.
        segmenter: Makes masks of grounding rows.
        batch: Rows at once.
        max_tokens: Longest answer.
        limit: Only so many rows.
        key: Of everything that decides the lines; another key's lines are not gone on with.

    Returns:
        Rows written, those of an earlier start included.
    """
    part = out.with_name(f"{out.name}.{key}{TEMPORARY}" if key else out.name + TEMPORARY)
    rows = range(min(len(source), limit or len(source)))
    with storage_errors(out):
        out.parent.mkdir(parents=True, exist_ok=True)
        done = _finished(part)
        with part.open("a", encoding="utf-8") as file:
            for start in range(done, len(rows), batch):
                for record in _batch(
                    source, rows[start : start + batch], speaker, temperature, segmenter, max_tokens
                ):
                    file.write(json.dumps(record, ensure_ascii=False) + "\n")
                file.flush()
    put_in_place(part, out)
    return len(rows)


def _finished(part: Path) -> int:
    """Whole lines of an earlier start; a line that was cut off is removed."""
    if not part.is_file():
        return 0
    data = part.read_bytes()
    whole = data[: data.rfind(b"\n") + 1]
    if len(whole) < len(data):
        part.write_bytes(whole)
    return whole.count(b"\n")


def _batch(
    source: DatasetSource,
    rows: Sequence[int],
    speaker: AnsweringModel,
    temperature: float,
    segmenter: PointSegmenter | None,
    max_tokens: int,
) -> Iterator[dict[str, Any]]:
    examples = [source.example(row) for row in rows]
    images = [source.images(row)[0] for row in rows]
    asked = [
        Asked(image, example.turns[-1][0]) for image, example in zip(images, examples, strict=True)
    ]
    answers = speaker.answer(asked, max_tokens)
    pointing = [n for n, example in enumerate(examples) if example.task.startswith("grounding")]
    scored = speaker.score([asked[n] for n in pointing], [answers[n] for n in pointing])
    by_row = dict(zip(pointing, scored, strict=True))
    for number, (example, answer) in enumerate(zip(examples, answers, strict=True)):
        record: dict[str, Any] = {"row_id": example.row_id, "answer": answer}
        if number in by_row:
            image = np.asarray(images[number])
            record |= _grounding(
                ground(image, by_row[number], temperature, segmenter), image, temperature
            )
        yield record


def _grounding(grounded: Grounded, image: Image, temperature: float) -> dict[str, Any]:
    point, scored = grounded.point, grounded.scored
    pixels = point.pixels(image.shape[1], image.shape[0])
    return {
        "status": point.status,
        "point": [round(value, 2) for value in pixels] if point.status == "point" else None,
        "probabilities": {
            name: round(value, 5) for name, value in probabilities(scored, temperature).items()
        },
        "scores": [scored.horizontal, scored.vertical],
        "mask": _rle(grounded.mask),
    }


def _rle(mask: Mask | None) -> dict[str, Any] | None:
    if mask is None:
        return None
    return {"size": list(mask.shape), "counts": masks.encode(mask)}
