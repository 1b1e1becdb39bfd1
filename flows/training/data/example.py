"""The noun of training: a question about a picture and its answer."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Protocol

from annotators.questions.vida.scene import Scene


class Mirror(NamedTuple):
    """What a row with boxes says of its mirrored picture.

    Args:
        plain: Question and answer as they are, names without boxes, to see whether their words can
            be mirrored.
        turn: Question and answer, left and right swapped, with the exact boxes mirrored.
    """

    plain: tuple[str, str]
    turn: tuple[str, str]


class Example(NamedTuple):
    """A row to learn from.

    Args:
        row_id: Unique in its source.
        task: What counts are made by.
        turns: ``(question, answer)`` in order; only the last answer is learnt, the others are
            what was said before.
        pool: Where the wording of the last question stands; empty where that is not known.
        mirror: What it says of the mirrored picture, where it cites exact boxes.
    """

    row_id: str
    task: str
    turns: tuple[tuple[str, str], ...]
    pool: str = ""
    mirror: Mirror | None = None


class Origin(NamedTuple):
    """What tells that two rows show the same picture.

    Args:
        names: File names without folders, lower case.
        hashes: SHA-256 of decoded pixels, where they are known.
    """

    names: tuple[str, ...]
    hashes: tuple[str, ...]


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

    def check(self, index: int) -> None:
        """Raise ``ConfigError`` where a row's pictures are not there, without reading them."""
        ...

    def origins(self, pixels: bool) -> Iterator[Origin]:
        """Where the pictures of every row come from; decoded for it if ``pixels`` asks so."""
        ...

    def tasks(self) -> Sequence[str]:
        """Task of every row."""
        ...

    def texts(self) -> Iterator[tuple[str, str]]:
        """Row id and all text of every row."""
        ...

    def scene(self, index: int) -> Scene | None:
        """What is recorded of a row's picture, for answers worked out anew; ``None`` without."""
        ...

    def picture(self, index: int) -> str:
        """What tells that two rows show the very same picture, degraded in the same way."""
        ...

    def companions(self, index: int) -> Sequence[int]:
        """Other rows about the very same picture."""
        ...
