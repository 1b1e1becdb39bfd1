"""Several datasets as one epoch: weights, caps, repeats, evened tasks, flips; all of it keyed.

Rows are chosen by number and read only when a batch needs them, so a mixture of millions costs
three integers a row. The same ``mix.toml`` gives the same rows in the same order everywhere.
"""

import hashlib
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from flows.training.data.augment import Augmented, augment, check_rules
from flows.training.data.choices import shuffle_options
from flows.training.data.conflicts import conflicts
from flows.training.data.dataset import DatasetSource
from flows.training.data.example import Example, Source
from flows.training.data.flip import can_flip, flip_image, flip_text
from flows.training.data.leaks import Barred, barred, hash_of
from flows.training.data.records import RecordSource
from flows.training.data.stages import split, staged
from flows.training.data.texts import check_text
from flows.training.extras import require
from schemas.errors import ConfigError
from schemas.settings.training import MixConfig, SourceConfig
from schemas.streams import Stream


class EpochRow(NamedTuple):
    """A row of the epoch: which source, which row of it, which time."""

    source: int
    row: int
    time: int


class Mixture:
    """An epoch of rows.

    Args:
        config: The mixture.
        sources: What it names, opened.
        bar: Pictures that must not occur.
    """

    def __init__(self, config: MixConfig, sources: list[Source], bar: Barred) -> None:
        self._config, self._sources, self._bar = config, sources, bar
        self.drawn: NDArray[np.int32] = np.empty((0, 3), np.int32)
        """Every row of the epoch as the numbers of a ``Drawn``."""
        self.counts: dict[str, Any] = {"rows": 0, "sources": {}}
        """Exact numbers, for ``mix.json``."""
        pools = [self._pool(number) for number in range(len(sources))]
        self.counts["conflicts"] = conflicts(sources, pools)
        sizes = _sizes(config, [len(pool) for pool in pools])
        for number, pool in enumerate(pools):
            if not pool and config.total:
                raise ConfigError(f"{sources[number].name}: no row is left to give its weight to")
        if config.stage:
            made = staged(config.stage, sources, pools, sizes, self._stream)
            self.drawn, self.counts["stages"] = made.drawn, made.counts
        else:
            parts = [self._draw(number, pool, sizes[number]) for number, pool in enumerate(pools)]
            self.drawn = np.concatenate(parts)
        self._count()
        self.counts["rows"] = len(self.drawn)
        if not len(self.drawn):
            raise ConfigError("the mixture is empty: no row is left of any source")

    @classmethod
    def load(cls, config: MixConfig) -> "Mixture":
        """Open everything a mixture names.

        Raises:
            ConfigError: A file is missing or malformed, a text would damage training, or a
                picture of an evaluation set occurs and ``leaks`` is ``error``.
        """
        sources = [open_source(source) for source in config.source]
        names = [source.name for source in sources]
        if len(set(names)) < len(names):
            raise ConfigError(f"two sources are called the same ({', '.join(names)}); name them")
        digest = hashlib.sha256()
        for source in sources:
            for row_id, text in source.texts():
                check_text(row_id, text)
                digest.update(f"{row_id}\n{text}\n".encode())
        made = cls(config, sources, barred(config.evaluation))
        digest.update(made.drawn.tobytes())
        made.counts["digest"] = digest.hexdigest()
        return made

    def _pool(self, number: int) -> list[int]:
        """Rows of a source that may be used: no leaks, tasks evened, capped."""
        source, config = self._sources[number], self._config.source[number]
        rows = []
        for row, origin in enumerate(source.origins(bool(self._bar.hashes))):
            if not self._bar.holds(origin):
                rows.append(row)
            elif self._config.leaks == "error":
                raise ConfigError(
                    f"{source.example(row).row_id}: its picture is in an evaluation set; "
                    'leave it out, or set leaks = "drop"'
                )
        leaked = len(source) - len(rows)
        rows = self._stream("order", source.name).shuffled(rows)
        if config.temperature != 1:
            rows = self._evened(source, rows, config.temperature)
        rows = rows[: config.cap]
        self.counts["sources"][source.name] = {"found": len(source), "leaked": leaked}
        return rows

    def _evened(self, source: Source, rows: list[int], temperature: float) -> list[int]:
        """As many rows as there are, tasks by ``count ** (1 / temperature)``; some repeat."""
        tasks = source.tasks()
        by_task: dict[str, list[int]] = {}
        for row in rows:
            by_task.setdefault(tasks[row], []).append(row)
        shares = {task: len(of) ** (1 / temperature) for task, of in sorted(by_task.items())}
        total = sum(shares.values())
        out = []
        for task, share in shares.items():
            wanted = round(len(rows) * share / total)
            out += [by_task[task][place % len(by_task[task])] for place in range(wanted)]
        return self._stream("even", source.name).shuffled(out)

    def _draw(self, number: int, pool: list[int], wanted: int) -> NDArray[np.int32]:
        seen = Counter[int]()
        drawn = np.empty((wanted if pool else 0, 3), np.int32)
        for place in range(len(drawn)):
            row = pool[place % len(pool)]
            drawn[place] = EpochRow(number, row, seen[row])
            seen[row] += 1
        return drawn

    def _count(self) -> None:
        """What each source gives, by task; and that its pictures are there."""
        for number, source in enumerate(self._sources):
            rows = self.drawn[self.drawn[:, 0] == number, 1].tolist()
            different = list(dict.fromkeys(rows))
            for row in different:
                source.check(row)
            tasks = source.tasks()
            by_task = Counter(tasks[row] for row in rows)
            self.counts["sources"][source.name] |= {
                "used": len(rows),
                "different": len(different),
                "tasks": dict(sorted(by_task.items())),
            }

    def _stream(self, *purpose: int | str) -> Stream:
        return Stream(self._config.seed, "mix", *purpose)

    def row(self, place: int) -> dict[str, Any]:
        """A row in the form TRL reads: ``images``, ``prompt``, ``completion``, ``row_id``."""
        number, row, time = EpochRow(*map(int, self.drawn[place]))
        source, config = self._sources[number], self._config.source[number]
        example, images = source.example(row), source.images(row)
        self._check(example.row_id, images)
        augmented = self.augmented(place)
        turns = augmented.turns
        if augmented.mirrored:
            images = [flip_image(image) for image in images]
        if config.shuffle_options:
            turns[-1] = shuffle_options(*turns[-1], self._stream("options", example.row_id, time))
        if self._flips(example, time, config.flip, turns):
            images = [flip_image(image) for image in images]
            turns = [(flip_text(question), flip_text(answer)) for question, answer in turns]
            turns[-1:] = [example.mirror.turn] if example.mirror else turns[-1:]
        *before, (question, answer) = turns
        said = [part for turn in before for part in _messages(*turn)]
        asked, told = _messages(question, answer)
        return {
            "images": images,
            "prompt": [*said, asked],
            "completion": [told],
            "row_id": example.row_id,
        }

    def augmented(self, place: int) -> Augmented:
        """The texts of a row as ``[[source.augment]]`` draws them."""
        number, row, time = EpochRow(*map(int, self.drawn[place]))
        source, rules = self._sources[number], self._config.source[number].augment
        row_id = source.example(row).row_id if rules else ""
        return augment(
            source, row, rules, lambda purpose: self._stream("augment", purpose, row_id, time)
        )

    def _check(self, row_id: str, images: list[Any]) -> None:
        """A picture that goes under another name is still known by its pixels."""
        if self._bar.hashes and any(hash_of(image) in self._bar.hashes for image in images):
            raise ConfigError(f"{row_id}: its picture is in an evaluation set under another name")

    def _flips(
        self, example: Example, time: int, share: float, turns: list[tuple[str, str]]
    ) -> bool:
        """Whether a row is mirrored; of one with exact boxes only the words must allow it."""
        wanted = self._stream("flip", example.row_id, time).chance(share)
        last = [example.mirror.plain] if example.mirror else turns[-1:]
        return wanted and all(can_flip(text) for turn in (*turns[:-1], *last) for text in turn)

    def as_dataset(self) -> Any:
        """A ``datasets.Dataset`` of row numbers that reads each row when it is asked for."""
        datasets = require("datasets")
        places = datasets.Dataset.from_dict({"place": list(range(len(self.drawn)))})
        # a method, since processes that are not forked are sent it by name
        return places.with_transform(self._rows_of)

    def _rows_of(self, batch: dict[str, list[int]]) -> dict[str, list[Any]]:
        rows = [self.row(place) for place in batch["place"]]
        return {key: [row[key] for row in rows] for key in rows[0]}


def _sizes(config: MixConfig, found: list[int]) -> list[int]:
    """Rows that each source gives to the epoch."""
    own = [round(n * source.repeat) for n, source in zip(found, config.source, strict=True)]
    if config.temperature != 1:
        return split(config.total or sum(own), [n ** (1 / config.temperature) for n in own])
    if config.total is None:
        return own
    return split(config.total, [source.weight or 0 for source in config.source])


def _messages(question: str, answer: str) -> tuple[dict[str, str], dict[str, str]]:
    return {"role": "user", "content": question}, {"role": "assistant", "content": answer}


def open_source(config: SourceConfig) -> Source:
    """Open what a ``[[source]]`` names; raises ``ConfigError``."""
    path = Path(config.path)
    name = config.name or path.name or "data"
    check_rules(config.augment, name)
    if config.kind == "iqa-spider":
        return DatasetSource(path, config.split, config.tasks, name, config.boxes)
    if config.tasks:
        raise ConfigError(f"{name}: tasks can be chosen from our own datasets only")
    images = Path(config.images) if config.images else path.parent
    return RecordSource(path, images, config.kind, name)
