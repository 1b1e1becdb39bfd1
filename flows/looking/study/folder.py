"""A study on disk: what was drawn, who rates what, under which token, and what they said."""

import json
import os
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from flows.looking.study.dimensions import DIMENSIONS, Dimension
from flows.looking.study.store import Ratings
from flows.store.layout import require_dataset, storage_errors, write_text
from schemas.errors import ConfigError

STUDY, TOKENS, RATINGS = "study.json", "tokens.json", "ratings.sqlite"
FORMAT = 1


@dataclass(frozen=True)
class Item:
    """A row that is rated.

    Args:
        row_id: Of the row.
        number: In the dataset.
        picture: The degraded picture it is about.
        task: Of the row.
        sub_task: Of the row.
        source: Of the photograph.
        answer: The answer shown; empty for the row's own.
    """

    row_id: str
    number: int
    picture: str
    task: str
    sub_task: str
    source: str
    answer: str = ""


@dataclass(frozen=True)
class Example:
    """A row by which raters learn a score.

    Args:
        row_id: Of the row.
        number: In the dataset.
        answer: The answer shown.
        score: What it deserves in ``accuracy``.
        why: In words.
    """

    row_id: str
    number: int
    answer: str
    score: int
    why: str


@dataclass(frozen=True)
class Study:
    """Everything but ratings and tokens.

    Args:
        dataset: Where it lies.
        identity: What makes it this dataset.
        seed: Of the draws.
        items: The sample.
        shown: Rater to numbers of items, in order.
        examples: By which raters learn the scale.
        dimensions: What they are asked.
        askings: How often rows of the dataset had been asked again when it was drawn.
    """

    dataset: str
    identity: dict[str, str]
    seed: int
    items: list[Item]
    shown: dict[str, list[int]]
    examples: list[Example]
    dimensions: tuple[Dimension, ...] = DIMENSIONS
    askings: int = 0

    @property
    def by_row(self) -> dict[str, Item]:
        """Row id to item."""
        return {item.row_id: item for item in self.items}


def write_study(folder: Path, study: Study) -> dict[str, str]:
    """Write a new study and its tokens; returns rater to token.

    The tokens are the only thing that is not drawn by key: they are secrets, in a file of their
    own that only its owner reads.

    Raises:
        ConfigError: The folder holds something.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigError(f"--out {folder} is not empty; choose a new folder")
    tokens = {rater: secrets.token_urlsafe(18) for rater in study.shown}
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder / TOKENS, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(tokens, file, indent=1)
    written = {"format": FORMAT, **asdict(study)}
    written["dimensions"] = [one._asdict() for one in study.dimensions]
    write_text(folder / STUDY, json.dumps(written, indent=1, ensure_ascii=False) + "\n")
    return tokens


def read_study(folder: Path) -> Study:
    """The study of a folder.

    Raises:
        ConfigError: There is none, or it is damaged.
    """
    found = _read(folder / STUDY, "no study of ours")
    try:
        return Study(
            dataset=str(found["dataset"]),
            identity=dict(found["identity"]),
            seed=int(found["seed"]),
            items=[Item(**item) for item in found["items"]],
            shown={str(name): [int(n) for n in own] for name, own in found["shown"].items()},
            examples=[Example(**example) for example in found["examples"]],
            dimensions=tuple(Dimension(**one) for one in found["dimensions"]),
            askings=int(found.get("askings", 0)),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ConfigError(f"{folder / STUDY}: damaged: {error}") from None


def require_drawn_from(study: Study, folder: Path, dataset: Path) -> dict[str, Any]:
    """The manifest of a study's dataset.

    Raises:
        ConfigError: The dataset is not there, or another one.
    """
    manifest = require_dataset(dataset)
    if dict(manifest["identity"]) != study.identity:
        raise ConfigError(f"{dataset} is not the dataset that {folder} was drawn from")
    return manifest


def read_tokens(folder: Path) -> dict[str, str]:
    """Token to rater."""
    return {str(token): str(rater) for rater, token in _read(folder / TOKENS, "no tokens").items()}


def ratings_of(folder: Path) -> Ratings:
    """The ratings of a study's folder."""
    return Ratings(folder / RATINGS)


def _read(path: Path, otherwise: str) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{path.parent}: {otherwise} ({path.name} is missing)") from None
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: not readable: {error}") from None
    if not isinstance(found, dict):
        raise ConfigError(f"{path}: expected an object")
    return found


def raters_named(number: int, names: Sequence[str]) -> list[str]:
    """Names of raters: those given, or ``rater-01`` and so on.

    Raises:
        ConfigError: A name twice, or none at all.
    """
    raters = list(names) or [f"rater-{n:02d}" for n in range(1, number + 1)]
    if not raters or len(set(raters)) != len(raters) or not all(raters):
        raise ConfigError(f"--raters: expected different names, got {', '.join(raters) or 'none'}")
    return raters
