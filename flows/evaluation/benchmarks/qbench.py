"""Q-Bench A1 (LLVisionQA): multiple choice about low-level vision.

Strict: the answer begins with the letter (``B``, ``B.``, ``(B)``, ``B. Low``) or is the text of one
option. Official: the right letter stands anywhere in the answer, as the benchmark's own loop has
it, so that ``An answer: B`` also counts for A. Chance is one over the number of options.

Source: metrics specification, section 4.2; Wu et al., Q-Bench, ``eval_qbench_mcq.py``.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from flows.evaluation.intervals import Estimate, Settings, mean
from flows.evaluation.predictions import records
from schemas.errors import ConfigError

TYPES = ("yes-or-no", "what", "how")
CONCERNS = ("distortion", "other", "in-context distortion", "in-context other")
LETTERS = "ABCDEFGH"
_LEADING = re.compile(r"\(?([A-H])(?:[).:,]|$)", re.IGNORECASE)


class Question(NamedTuple):
    """A question with its options.

    Args:
        key: Its id, or its number in the file.
        picture: Name of its picture.
        options: In the order of the file.
        right: Index of the right option.
        kind: Name from ``TYPES``.
        concern: Name from ``CONCERNS``.
        answer: What a model said, where the file itself holds it; else ``None``.
        text: What is asked.
    """

    key: str
    picture: str
    options: tuple[str, ...]
    right: int
    kind: str
    concern: str
    answer: str | None
    text: str = ""


def read_questions(path: Path) -> list[Question]:
    """The questions of a file in the benchmark's form or that of the Hugging Face copy.

    Raises:
        ConfigError: Unreadable, or a question without its right answer (those of the test half).
    """
    found = []
    for number, (place, item) in enumerate(records(path, "--qbench")):
        try:
            found.append(_question(item, number))
        except (KeyError, ValueError, TypeError, IndexError) as error:
            what = f"lacks {error}" if isinstance(error, KeyError) else str(error)
            raise ConfigError(f"--qbench {path}: {place}: {what}") from None
    if not found:
        raise ConfigError(f"--qbench {path}: holds no questions")
    return found


def _question(item: Mapping[str, Any], number: int) -> Question:
    if "candidates" in item:
        options = tuple(str(option) for option in item["candidates"])
        right = options.index(str(item["correct_ans"]))
        picture, kind, concern = item["img_path"], item["type"], item["concern"]
    else:
        texts = [item[f"option{k}"] for k in range(4) if f"option{k}" in item]
        options = tuple(str(text) for text in texts if text != "N/A")
        right = LETTERS.index(str(item["correct_choice"]).strip().upper())
        picture, kind, concern = item["id"], item["question_type"], item["question_concern"]
    if not 0 <= right < len(options):
        raise ValueError(f"the right answer is none of {len(options)} options")
    said = item.get("pred_ans")
    return Question(
        str(item.get("id", number)),
        str(picture),
        options,
        right,
        TYPES[int(kind)],
        CONCERNS[int(concern)],
        None if said is None else str(said),
        str(item.get("question", "")),
    )


def read_answers(path: Path, questions: Sequence[Question]) -> dict[str, str]:
    """Question key to answer; lines hold ``index`` or ``id``, and ``answer``.

    Raises:
        ConfigError: Unreadable, an unknown question, or one that comes twice.
    """
    known = {question.key for question in questions}
    found: dict[str, str] = {}
    for place, record in records(path, "--qbench-predictions"):
        where = f"--qbench-predictions {path}: {place}"
        key, answer = record.get("id", record.get("index")), record.get("answer")
        if isinstance(record.get("index"), int) and "id" not in record:
            index = record["index"]
            key = questions[index].key if 0 <= index < len(questions) else index
        if key is None or not isinstance(answer, str):
            raise ConfigError(f"{where}: expected index or id, and answer")
        if str(key) not in known:
            raise ConfigError(f"{where}: question {key!r} is unknown")
        if str(key) in found:
            raise ConfigError(f"{where}: question {key!r} comes twice")
        found[str(key)] = answer
    return found


def chosen(answer: str, options: Sequence[str]) -> int | None:
    """Index of the option an answer chooses, read strictly; ``None`` when it chooses none."""
    text = answer.strip()
    plain = text.rstrip(".").casefold()
    for index, option in enumerate(options):
        if plain == option.strip().rstrip(".").casefold():
            return index
    match = _LEADING.match(text)
    if match is None:
        return None
    index = LETTERS.index(match.group(1).upper())
    return index if index < len(options) else None


def official(answer: str, right: int) -> bool:
    """Whether the right letter stands anywhere in the answer."""
    return LETTERS[right] in answer


def evaluate(
    questions: Sequence[Question], answers: Mapping[str, str], settings: Settings
) -> dict[str, Any]:
    """Accuracies of a model, of chance and of the most frequent letter, over all and by group.

    Args:
        questions: All of them; those without an answer count as wrong.
        answers: Question key to answer.
        settings: Of the intervals, which are drawn by picture.
    """
    groups: dict[str, list[Question]] = {"all": list(questions)}
    for question in questions:
        groups.setdefault(question.kind, []).append(question)
        groups.setdefault(question.concern, []).append(question)
    order = ["all", *TYPES, *CONCERNS]
    letter = Counter(question.right for question in questions).most_common()
    common = min(index for index, count in letter if count == letter[0][1])
    return {
        "missing": sum(question.key not in answers for question in questions),
        "unread": sum(
            chosen(answers[q.key], q.options) is None for q in questions if q.key in answers
        ),
        "groups": {
            name: _group(groups[name], answers, common, settings)
            for name in order
            if name in groups
        },
    }


def _group(
    questions: Sequence[Question], answers: Mapping[str, str], common: int, settings: Settings
) -> dict[str, Estimate]:
    clusters = [question.picture for question in questions]
    said = [answers.get(question.key, "") for question in questions]
    pairs = list(zip(said, questions, strict=True))
    strict = [float(chosen(answer, q.options) == q.right) for answer, q in pairs]
    loose = [float(official(answer, q.right)) for answer, q in pairs]
    return {
        "strict": mean(strict, clusters, settings),
        "official": mean(loose, clusters, settings),
        "random": mean([1 / len(q.options) for q in questions], clusters, settings),
        "majority": mean([float(q.right == common) for q in questions], clusters, settings),
    }
