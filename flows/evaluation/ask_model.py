"""Ask a model everything that ``evaluate`` scores, so that both happen in one go.

Q-Bench questions are put with their options and the request for a letter; opinion scores are read
from the logits of good against poor behind "The quality of the image is", as Q-Bench does it.
Each file of answers is written into the report's folder and taken from there when it is complete.

Source: metrics specification, sections 4.2 and 4.4; Wu et al., Q-Bench.
"""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from flows.evaluation.benchmarks.giqa_records import read_entries
from flows.evaluation.benchmarks.opinions import read_table
from flows.evaluation.benchmarks.qbench import LETTERS, Question, read_questions
from flows.evaluation.benchmarks.vida_submission import write_submission
from flows.evaluation.predictions import records
from flows.evaluation.request import Options
from flows.ingest.single import read_picture
from flows.pointing.point import ModelAddress, make_speaker, predict_split
from flows.pointing.scoring import Asked, LocalModel
from flows.store.cited import DEFAULT
from flows.store.layout import write_text
from schemas.errors import ConfigError
from schemas.settings.training import PointConfig

PREDICTIONS, LETTER_ANSWERS, SCORES = "predictions.jsonl", "qbench.jsonl", "scores.csv"
ASKED, BOXED = "asked.json", "giqa.jsonl"
BY_LETTER = "Answer with the option's letter from the given choices directly."
RATE, STEM, GOOD, POOR = (
    "Rate the quality of the image.",
    "The quality of the image is",
    "good",
    "poor",
)


def answered(
    options: Options,
    where: ModelAddress,
    config: PointConfig,
    temperature: float,
    images: Path | None,
) -> Options:
    """Options with the model's own answers wherever none were given.

    Args:
        options: What is evaluated.
        where: The model.
        config: Batch, lengths, segmenter.
        temperature: Of points.
        images: Folder with the pictures of ``--qbench``, ``--scores``, ``--giqa`` or ``--vida``.

    Raises:
        ConfigError: A picture is missing, or a served model is asked for logits.
    """
    out = options.out
    _claim(
        out,
        {
            **where._asdict(),
            **config.model_dump(),
            "temperature": temperature,
            "split": options.split,
            **({"boxes": options.giqa_boxes} if options.giqa_boxes else {}),
        },
    )
    if options.dataset and not options.predictions:
        path = out / PREDICTIONS
        if not path.is_file():
            boxes = options.giqa_boxes or DEFAULT
            data, split = options.dataset, options.split
            predict_split(where, config, temperature, data, split, path, [], boxes=boxes)
        options = replace(options, predictions=path)
    if options.qbench and not options.qbench_predictions:
        questions = read_questions(options.qbench)
        if any(question.answer is None for question in questions):
            path = _once(out / LETTER_ANSWERS, lambda: _letters(questions, where, config, images))
            options = replace(options, qbench_predictions=path)
    if options.giqa and not options.giqa_predictions:
        bench = options.giqa
        read_entries(bench, "--giqa")
        path = _once(out / BOXED, lambda: _boxed(bench, where, config, images))
        options = replace(options, giqa_predictions=path)
    if options.vida and not options.vida_predictions:
        folder = options.vida_submission or out / "vida"
        write_submission(
            options.vida,
            make_speaker(where, config),
            lambda name: _picture(images, name),
            folder,
            config.batch,
            config.max_tokens,
        )
        options = replace(options, vida_predictions=folder)
    if options.scores and not options.score_predictions:
        names = list(read_table(options.scores))
        path = _once(out / SCORES, lambda: _scores(names, where, config, images))
        options = replace(options, score_predictions=path)
    return options


def _claim(out: Path, settings: dict[str, Any]) -> None:
    """Answers that lie in the folder are this model's, or they are not taken."""
    path = out / ASKED
    if path.is_file() and json.loads(path.read_text(encoding="utf-8")) != settings:
        raise ConfigError(
            f"--out {out} holds answers of another model or with other settings; "
            "choose a new folder"
        )
    write_text(path, json.dumps(settings, indent=1) + "\n")


def _once(path: Path, make: Any) -> Path:
    if not path.is_file():
        write_text(path, make())
    return path


def _letters(
    questions: Sequence[Question], where: ModelAddress, config: PointConfig, images: Path | None
) -> str:
    speaker, lines = make_speaker(where, config), []
    for start in range(0, len(questions), config.batch):
        part = questions[start : start + config.batch]
        asked = [Asked(_picture(images, question.picture), _posed(question)) for question in part]
        for question, answer in zip(part, speaker.answer(asked, config.max_tokens), strict=True):
            lines.append(json.dumps({"id": question.key, "answer": answer}) + "\n")
    return "".join(lines)


def _boxed(bench: Path, where: ModelAddress, config: PointConfig, images: Path | None) -> str:
    """Answers to records of GIQA-Bench, whose questions are put as they stand."""
    rows = [record for _, record in records(bench, "--giqa")]
    for row in rows:
        if not isinstance(row.get("image"), str) or not isinstance(row.get("question"), str):
            raise ConfigError(f"--giqa {bench}: {row['id']}: --model needs image and question")
    speaker, lines = make_speaker(where, config), []
    for start in range(0, len(rows), config.batch):
        part = rows[start : start + config.batch]
        asked = [Asked(_picture(images, row["image"]), row["question"]) for row in part]
        for row, answer in zip(part, speaker.answer(asked, config.max_tokens), strict=True):
            lines.append(json.dumps({"id": str(row["id"]), "answer": answer}) + "\n")
    return "".join(lines)


def _posed(question: Question) -> str:
    options = (f"{letter}. {text}" for letter, text in zip(LETTERS, question.options, strict=False))
    return "\n".join([question.text, *options, BY_LETTER])


def _scores(
    names: Sequence[str], where: ModelAddress, config: PointConfig, images: Path | None
) -> str:
    """``image,good,poor``; only the difference of two logits has a meaning, so poor is 0."""
    speaker = make_speaker(where, config)
    if not isinstance(speaker, LocalModel):
        raise ConfigError("--scores needs logits: load the model here, without --endpoint")
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["image", "good", "poor"])
    for start in range(0, len(names), config.batch):
        part = names[start : start + config.batch]
        asked = [Asked(_picture(images, name), RATE) for name in part]
        gaps = speaker.contrast(asked, f"{STEM} {GOOD}", f"{STEM} {POOR}")
        table.writerows([name, f"{gap:.6g}", "0"] for name, gap in zip(part, gaps, strict=True))
    return text.getvalue()


def _picture(images: Path | None, name: str) -> Any:
    from PIL import Image

    if images is None:
        raise ConfigError("--images DIR is missing: the model must see the pictures")
    path = images / name
    if not path.resolve().is_relative_to(images.resolve()):
        raise ConfigError(f"{name!r} lies outside --images {images}")
    return Image.fromarray(read_picture(path))
