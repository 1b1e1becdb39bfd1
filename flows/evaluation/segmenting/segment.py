"""Every grounding row through a text-prompted segmenter; what was made once is not made again.

The masks of a segmenter under a prompt are a file of predictions, ``segmented/NAME-PROMPT.jsonl``,
each line with the text the segmenter was given and whether that was cut.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from flows.evaluation.predictions import Prediction, Predictions, read_predictions
from flows.evaluation.segmenting.prompts import texts
from flows.evaluation.segmenting.segmenter import TextSegmenter, Wanted, make_text_segmenter
from flows.evaluation.truth import Bench
from flows.store.layout import TEMPORARY, put_in_place, storage_errors
from flows.training.data.dataset import DatasetSource
from schemas import masks

FOLDER = "segmented"

Maker = Callable[[Wanted], TextSegmenter]


class Row(NamedTuple):
    """One row of the table: a segmenter under a prompt.

    Args:
        name: As tables call it.
        predictions: Row id to its mask.
        counts: ``rows``; ``cut``, texts longer than it reads; ``wordless``, rows it was given no
            text for; ``empty``, rows it found nothing for.
    """

    name: str
    predictions: Mapping[str, Prediction]
    counts: Mapping[str, int]


def segmented(
    bench: Bench,
    split: str,
    given: Predictions | None,
    asked: tuple[Wanted, ...],
    prompts: tuple[str, ...],
    out: Path,
    make: Maker = make_text_segmenter,
) -> Iterator[Row]:
    """Each segmenter under each prompt.

    Args:
        bench: The rows.
        split: Theirs.
        given: A model's answers; ``None`` takes the dataset's own.
        asked: Segmenters; each is loaded once, and only if something is left to do.
        prompts: Of ``prompts.PROMPTS``.
        out: Folder of the report.
        make: Loads a segmenter.

    Raises:
        ConfigError: A segmenter cannot be had.
    """
    source: list[DatasetSource] = []
    for one in asked:
        loaded: list[TextSegmenter] = []
        for prompt in prompts:
            words = texts(bench, given, prompt)
            path = out / FOLDER / f"{one.name.replace('+', '-')}-{prompt}.jsonl"
            key = _key(one, bench)
            with storage_errors(path):
                path.parent.mkdir(parents=True, exist_ok=True)
                lines = _kept(path, key, words)
                if len(lines) < len(words):
                    source = source or [
                        DatasetSource(bench.folder, split, ["grounding"], bench.folder.name)
                    ]
                    loaded = loaded or [make(one)]
                    _fill(source[0], loaded[0], words, lines, path, key)
                _write(path, words, lines)
            yield Row(f"{one.name}, {prompt}", read_predictions(path, bench), _counts(lines, words))


def _key(asked: Wanted, bench: Bench) -> str:
    """Of what decides a mask beside the text: segmenter, weights, pictures."""
    stats = [
        (file.name, file.stat().st_size, file.stat().st_mtime_ns)
        for weights in asked.weights.split(",")
        for file in sorted(Path(weights).glob("*.safetensors"))
    ]
    told = json.dumps([asked.name, asked.weights, stats, bench.digest])
    return hashlib.sha256(told.encode()).hexdigest()[:8]


def _part(path: Path) -> Path:
    return path.with_name(path.name + TEMPORARY)


def _kept(path: Path, key: str, words: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Lines of an earlier start that are still right."""
    found: dict[str, dict[str, Any]] = {}
    for file in (path, _part(path)):
        if not file.is_file():
            continue
        for line in file.read_text(encoding="utf-8").split("\n"):
            try:
                record = json.loads(line)
                row_id = record["row_id"]
                if record["key"] == key and words[row_id] == record["answer"]:
                    found[row_id] = record
            except (ValueError, KeyError, TypeError):
                continue  # cut off by a crash, or of another run
    return found


def _fill(
    source: DatasetSource,
    segmenter: TextSegmenter,
    words: Mapping[str, str],
    lines: dict[str, dict[str, Any]],
    path: Path,
    key: str,
) -> None:
    """Segment what is missing; each line is on disk as soon as it is there."""
    with _part(path).open("a", encoding="utf-8") as file:
        file.write("\n")  # ends a line that was cut off
        for index in range(len(source)):
            row_id = source.example(index).row_id
            if row_id in lines or row_id not in words:
                continue
            picture, text = np.asarray(source.images(index)[0]), words[row_id]
            record: dict[str, Any] = {"row_id": row_id, "answer": text, "mask": None}
            record |= {"status": "none", "cut": False, "key": key}
            if text:
                mask, cut = segmenter.segment(picture, text)
                size = [int(side) for side in mask.shape]
                record |= {"mask": {"size": size, "counts": masks.encode(mask)}, "cut": cut}
                record |= {"empty": not mask.any()}
            lines[row_id] = record
            file.write(json.dumps(record, ensure_ascii=False) + "\n")
            file.flush()


def _write(path: Path, words: Mapping[str, str], lines: Mapping[str, dict[str, Any]]) -> None:
    whole = "".join(json.dumps(lines[row], ensure_ascii=False) + "\n" for row in words)
    part = _part(path)
    part.write_text(whole, encoding="utf-8")
    put_in_place(part, path)


def _counts(lines: Mapping[str, Mapping[str, Any]], words: Mapping[str, str]) -> dict[str, int]:
    rows = [lines[row_id] for row_id in words]
    return {
        "rows": len(rows),
        "cut": sum(row["cut"] for row in rows),
        "wordless": sum(not row["answer"] for row in rows),
        "empty": sum(row.get("empty", False) for row in rows),
    }
