"""Ask a model the questions of a ViDA-UGC bench; the three files that its challenge takes.

The bench is a folder with ``release/mcq.json``, ``reg-p_bench.json`` and ``benchmark.json``, as
``export --format vida`` writes it. Keys are exactly those of the published example. Lists are read
out of the texts as the challenge's own extraction reads them.

Source: files published with the code of the challenge; detailed assessment rules, section 8.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from annotators.questions.vida.perception import ASK_LETTER, LETTERS
from annotators.questions.vida.syntax import (
    END_OF_TURN,
    read_described,
    read_groups,
    read_keys,
    read_level,
)
from annotators.questions.vida.vocabulary import read_vocabulary
from flows.evaluation.benchmarks.vida_files import (
    DESCRIPTION,
    DETECTION,
    GROUNDING,
    PERCEPTION,
    REGION,
)
from flows.evaluation.predictions import records
from flows.pointing.predict import AnsweringModel
from flows.pointing.scoring import Asked
from flows.store.layout import write_text
from schemas.errors import ConfigError

RELEASE = "release"
QUESTIONS, REGIONS, WHOLE = "mcq.json", "reg-p_bench.json", "benchmark.json"
Picture = Callable[[str], Any]
Record = dict[str, Any]


def write_submission(
    bench: Path, speaker: AnsweringModel, picture: Picture, out: Path, batch: int, max_tokens: int
) -> Path:
    """Ask everything; a file that is there is believed to be complete.

    Args:
        bench: Folder with ``release``.
        speaker: The model.
        picture: A name to its picture.
        out: Folder of the three files.
        batch: Questions at once.
        max_tokens: Longest answer.

    Raises:
        ConfigError: No questions, or one that lacks a key.
    """
    folder = bench / RELEASE
    asked = {name: _read(folder / name) for name in (QUESTIONS, REGIONS, WHOLE)}
    if not any(asked.values()):
        raise ConfigError(
            f"--vida {bench}: no questions in its {RELEASE}/; see export --format vida"
        )
    boxes = [{**one, "question_type": REGION} for one in asked[REGIONS]]
    boxes += [one for one in asked[WHOLE] if one.get("question_type") == DETECTION]
    told = [one for one in asked[WHOLE] if one.get("question_type") != DETECTION]
    parts: dict[str, tuple[list[Record], Callable[[Record, str], Record]]] = {
        PERCEPTION: (asked[QUESTIONS], _perception),
        GROUNDING: (boxes, _grounding),
        DESCRIPTION: (told, _description),
    }
    for name, (questions, made) in parts.items():
        if questions and not (out / name).is_file():
            answers = _answers(questions, speaker, picture, batch, max_tokens)
            found = [made(one, answer) for one, answer in zip(questions, answers, strict=True)]
            write_text(out / name, json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    return out


def _read(path: Path) -> list[Record]:
    if not path.is_file():
        return []
    found = []
    for place, record in records(path, "--vida"):
        for key in ("image", "question"):
            if not isinstance(record.get(key), str):
                raise ConfigError(f"--vida {path}: {place}: lacks {key!r}")
        found.append(record)
    return found


def _answers(
    questions: Sequence[Record],
    speaker: AnsweringModel,
    picture: Picture,
    batch: int,
    max_tokens: int,
) -> Iterator[str]:
    for start in range(0, len(questions), batch):
        part = questions[start : start + batch]
        asked = [Asked(picture(one["image"]), _posed(one)) for one in part]
        yield from speaker.answer(asked, max_tokens)


def _posed(one: Record) -> str:
    """A question as it is put; choices with their options and the request for one."""
    options = one.get("candidates")
    if not options:
        return str(one["question"])
    lines = [f"{letter}. {option}" for letter, option in zip(LETTERS, options, strict=False)]
    return "\n".join([one["question"], *lines, ASK_LETTER])


def _perception(one: Record, answer: str) -> Record:
    keys = ("id", "concern", "question", "image", "candidates")
    return {**{key: one.get(key) for key in keys}, "pred_ans": answer}


def _grounding(one: Record, answer: str) -> Record:
    keys = ("id", "image", "width", "height", "question", "question_type")
    found = read_groups(answer.replace(END_OF_TURN, ""), read_vocabulary())
    listed = [group.listed() for group in found]
    return {**{key: one.get(key) for key in keys}, "pred_ans": answer, "distortions": listed}


def _description(one: Record, answer: str) -> Record:
    vocabulary = read_vocabulary()
    return {
        **{key: one.get(key) for key in ("id", "image", "width", "height")},
        "pred_ans": answer,
        "all_distortions": [group.listed() for group in read_described(answer, vocabulary)],
        "key_distortions": [group.listed() for group in read_keys(answer, vocabulary)],
        "image_quality": read_level(answer, vocabulary),
    }
