"""Other people's records: LLaVA's conversations (Q-Instruct, Q-Pathway, Qwen-VL) and DQ-495K.

Source: the files' own schemas, as the format notes of their repositories give them. A LLaVA turn
is ``{"from": "human"|"gpt", "value": ...}``, one of them with ``<image>`` (Q-Align's files:
``<|image|>``); DQ-495K has none and names its pictures ``image_ref``, ``image_A``, ``image_B``,
relative to its root.
"""

import errno
import json
import os
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from flows.ingest.decode import decode
from flows.ingest.fingerprints import content_hash
from flows.training.data.example import Example, Origin
from flows.training.data.vida import vida_row
from schemas.errors import ConfigError, PictureError, reading
from schemas.settings.config import IngestConfig

TAGS = re.compile(r"<image>|<\|image\|>")
_ROLES = {"human": "user", "user": "user", "gpt": "assistant", "assistant": "assistant"}


class RecordSource:
    """Conversations from a JSON list or JSON lines; every answer is a row of its own.

    Args:
        file: The records.
        images: Folder that picture paths are relative to.
        kind: ``llava``, ``dq495k`` or ``vida``.
        name: For logs.

    Raises:
        ConfigError: No such file, or a record that is none; the message gives its number.
    """

    def __init__(self, file: Path, images: Path, kind: str, name: str) -> None:
        self.name, self._images, self._root = name, images, images.resolve()
        self._rows: list[tuple[Example, tuple[str, ...]]] = []
        self._alike: dict[tuple[str, ...], list[int]] | None = None
        read = _dq495k if kind == "dq495k" else _llava
        for number, record in enumerate(_records(file)):
            where = f"{file}: record {number}"
            if not isinstance(record, dict):
                raise ConfigError(f"{where}: expected an object, got {type(record).__name__}")
            row_id, task, pictures, turns = read(record, where, str(number))
            if kind == "vida":
                task, turns = vida_row(file.stem, turns, where)
            for last in range(len(turns)):
                part = f"/{last}" if len(turns) > 1 else ""
                example = Example(f"{name}/{row_id}{part}", task, tuple(turns[: last + 1]))
                self._rows.append((example, pictures))
        if not self._rows:
            raise ConfigError(f"{file}: no conversation in it")

    def __len__(self) -> int:
        return len(self._rows)

    def example(self, index: int) -> Example:
        """The text of a row."""
        return self._rows[index][0]

    def images(self, index: int) -> list[Any]:
        """Its pictures, upright, RGB.

        Raises:
            ConfigError: A picture is not there or broken; the message names the row.
        """
        from PIL import Image

        example, pictures = self._rows[index]
        return [Image.fromarray(self._read(name, example.row_id)) for name in pictures]

    def check(self, index: int) -> None:
        """Whether its pictures are there: better known now than after days of training."""
        example, pictures = self._rows[index]
        for name in pictures:
            path = self._path(name, example.row_id)
            if not path.is_file():
                raise ConfigError(f"{example.row_id}: {path}: {os.strerror(errno.ENOENT)}")

    def _path(self, name: str, row_id: str) -> Path:
        path = self._images / name
        if not path.resolve().is_relative_to(self._root):
            raise ConfigError(f"{row_id}: its picture {name!r} lies outside {self._images}")
        return path

    def _read(self, name: str, row_id: str) -> Any:
        path = self._path(name, row_id)
        try:
            return decode(path.read_bytes(), _ANY_SIZE).image
        except OSError as error:
            raise ConfigError(f"{row_id}: {path}: {error.strerror}") from None
        except PictureError as error:
            raise ConfigError(f"{row_id}: {path}: {error}") from None

    def origins(self, pixels: bool) -> Iterator[Origin]:
        """Names of each row's pictures, and hashes of their pixels where asked for.

        Raises:
            ConfigError: A picture that is to be hashed is not there or broken.
        """
        hashes = self._hashes() if pixels else {}
        for _, pictures in self._rows:
            names = tuple(re.split(r"[/\\]", name)[-1].lower() for name in pictures)
            yield Origin(names, tuple(hashes[name] for name in pictures if pixels))

    def _hashes(self) -> dict[str, str]:
        """Content hash of every picture; decoding leaves the interpreter free for its threads."""
        rows = {name: example.row_id for example, names in self._rows for name in names}

        def one(name: str) -> str:
            return content_hash(self._read(name, rows[name]))

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            return dict(zip(rows, pool.map(one, rows), strict=True))

    def tasks(self) -> Sequence[str]:
        """Task of every row."""
        return [example.task for example, _ in self._rows]

    def texts(self) -> Iterator[tuple[str, str]]:
        """Row id and text of every row."""
        for example, _ in self._rows:
            yield example.row_id, "\n".join(part for turn in example.turns for part in turn)

    def scene(self, index: int) -> None:
        """Nothing is recorded of their pictures."""

    def picture(self, index: int) -> str:
        """The files of its pictures."""
        return "\n".join(str((self._images / name).resolve()) for name in self._rows[index][1])

    def companions(self, index: int) -> Sequence[int]:
        """Rows about the same pictures that are no turn of the same conversation."""
        own = self._rows[index][1]
        if self._alike is None:
            self._alike = {}
            for row, (_, pictures) in enumerate(self._rows):
                self._alike.setdefault(pictures, []).append(row)
        same = self._alike[own] if len(self._rows[index][0].turns) == 1 else []
        return [r for r in same if r != index and len(self._rows[r][0].turns) == 1]


_ANY_SIZE = IngestConfig(min_side=1, max_long_side=1 << 20)

_Read = tuple[str, str, tuple[str, ...], list[tuple[str, str]]]


def _records(file: Path) -> list[Any]:
    with reading(str(file)):
        text = file.read_text(encoding="utf-8-sig")
    try:
        if text.lstrip().startswith("["):
            return list(json.loads(text))
        # not splitlines, which also breaks at characters that JSON strings may hold
        return [json.loads(line) for line in text.split("\n") if line.strip()]
    except ValueError as error:
        raise ConfigError(f"{file}: not valid JSON: {error}") from None


def _llava(record: dict[str, Any], where: str, number: str) -> _Read:
    pictures = record.get("image", record.get("images", []))
    pictures = [pictures] if isinstance(pictures, str) else pictures or []
    turns = _turns(record.get("conversations", record.get("messages")), where)
    held = sum(len(TAGS.findall(question)) for question, _ in turns)
    if held not in (0, len(pictures)):
        raise ConfigError(f"{where}: {held} times <image> but {len(pictures)} pictures")
    clean = [(_without_tag(question), answer) for question, answer in turns]
    task = str(record.get("qtype") or record.get("type") or record.get("task") or "conversation")
    return str(record.get("id", number)), task, tuple(map(str, pictures)), clean


def _dq495k(record: dict[str, Any], where: str, number: str) -> _Read:
    names = [record.get(key) for key in ("image_ref", "image_A", "image_B", "image")]
    pictures = tuple(name for name in names if isinstance(name, str))
    turns = _turns(record.get("conversations"), where) if "conversations" in record else None
    if turns is None:  # test files
        answer = record.get("answer", record.get("text"))
        if not isinstance(record.get("query"), str) or not isinstance(answer, str):
            raise ConfigError(f"{where}: neither conversations nor query and answer")
        turns = [(record["query"], answer)]
    return str(record.get("id", number)), str(record.get("task_type", "dq495k")), pictures, turns


def _turns(said: Any, where: str) -> list[tuple[str, str]]:
    """Questions with their answers; a system turn is left out."""
    if not isinstance(said, list):
        raise ConfigError(f"{where}: no list of conversations")
    turns: list[tuple[str, str]] = []
    question: str | None = None
    for turn in said:
        role = turn.get("from", turn.get("role")) if isinstance(turn, dict) else None
        text = turn.get("value", turn.get("content")) if isinstance(turn, dict) else None
        if role == "system":
            continue
        if role not in _ROLES or not isinstance(text, str):
            raise ConfigError(f"{where}: a turn that is neither human nor gpt: {str(turn)[:60]!r}")
        if _ROLES[role] == "user":
            question = text
        elif question is None:
            raise ConfigError(f"{where}: an answer without a question")
        else:
            turns.append((question, text))
            question = None
    if not turns:
        raise ConfigError(f"{where}: no answer in it")
    return turns


def _without_tag(text: str) -> str:
    return TAGS.sub(" ", text).strip() if TAGS.search(text) else text
