"""The noun of training: a question about a picture and its answer."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Protocol


class Example(NamedTuple):
    """A row to learn from.

    Args:
        row_id: Unique in its source.
        task: What counts are made by.
        turns: ``(question, answer)`` in order; only the last answer is learnt, the others are
            what was said before.
    """

    row_id: str
    task: str
    turns: tuple[tuple[str, str], ...]


class Origin(NamedTuple):
    """What tells that two rows show the same picture.

    Args:
        names: File names without folders, lower case.
        hash: SHA-256 of the decoded pixels, or empty where only decoding would tell.
    """

    names: tuple[str, ...]
    hash: str


class Source(Protocol):
    """A dataset of which rows can be read in any order."""

    name: str

    def __len__(self) -> int: ...

    def example(self, index: int) -> Example:
        """The text of a row, cheaply."""
        ...

    def images(self, index: int) -> list[Any]:
        """The pictures of a row as PIL images, RGB."""
        ...

    def origin(self, index: int) -> Origin:
        """Where its picture comes from."""
        ...

    def tasks(self) -> Sequence[str]:
        """Task of every row."""
        ...

    def texts(self) -> Iterator[tuple[str, str]]:
        """Row id and all text of every row."""
        ...
