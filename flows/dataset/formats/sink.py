"""Where an export goes: pictures once each, records as JSON or JSON lines."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flows.store.inside import file_stem
from flows.store.layout import TEMPORARY, put_in_place, storage_errors, write_text
from flows.store.tables import IMAGE

TAG = "<image>"


@dataclass(frozen=True)
class Sink:
    """The folder of an export.

    Args:
        out: The folder.
        absolute: Whether paths of pictures are absolute or relative to it.
        sources: Where the photographs lie, for forms that hold them; when empty, where the build
            found them.
        strict: Whether what a form cannot say in full is left out.
        beyond: Families beyond the published twelve that texts of the dataset may name.
    """

    out: Path
    absolute: bool = False
    sources: tuple[str, ...] = ()
    strict: bool = False
    beyond: tuple[str, ...] = ()

    def picture(self, row: Mapping[str, Any]) -> str:
        """Write the row's picture unless it is there; returns its path for records.

        The bytes are the dataset's own.
        """
        name = f"images/{file_stem(row.get('image_id'), 'image_id')}.png"
        return self.put(name, row[IMAGE]["bytes"])

    def put(self, name: str, data: bytes) -> str:
        """Write a picture unless it is there; returns its path for records."""
        path = self.out / name
        if not path.is_file() or path.stat().st_size != len(data):  # the power may have failed
            with storage_errors(path):
                path.parent.mkdir(parents=True, exist_ok=True)
                temporary = path.with_name(path.name + TEMPORARY)
                temporary.write_bytes(data)
                temporary.replace(path)
        return path.resolve().as_posix() if self.absolute else name

    def pictures(self) -> int:
        """How many pictures there are."""
        return len(list((self.out / "images").glob("*.png")))

    def json(self, name: str, records: Iterable[Any]) -> int:
        """Write a list of records, one a line; returns their number."""
        return self._write(name, self._listed(records)) - 1

    def lines(self, name: str, records: Iterable[Any]) -> int:
        """Write JSON lines; returns the number of records."""
        texts = (json.dumps(record, ensure_ascii=False) + "\n" for record in records)
        return self._write(name, texts)

    def text(self, name: str, text: str) -> None:
        """Write a small file."""
        write_text(self.out / name, text)

    def _listed(self, records: Iterable[Any]) -> Iterator[str]:
        before = "[\n"
        for record in records:
            yield before + json.dumps(record, ensure_ascii=False)
            before = ",\n"
        yield "\n]\n" if before != "[\n" else "[\n\n]\n"

    def _write(self, name: str, texts: Iterable[str]) -> int:
        """Write texts one after another; returns how many there were."""
        path, number = self.out / name, 0
        temporary = path.with_name(path.name + TEMPORARY)
        with storage_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            with temporary.open("w", encoding="utf-8") as file:
                for text in texts:
                    file.write(text)
                    number += 1
        put_in_place(temporary, path)
        return number


def conversation(row: Mapping[str, Any], break_: str = "") -> list[dict[str, str]]:
    """A row as two turns, the picture in the first."""
    return [
        {"from": "human", "value": TAG + break_ + row["question"]},
        {"from": "gpt", "value": row["answer"]},
    ]
