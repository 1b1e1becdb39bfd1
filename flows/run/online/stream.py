"""Fresh pictures as a torch data set: several worker processes, one stream.

online = Online("DATASET", slots=8, seed=1)
for step, rows in enumerate(online.loader(workers=4)):
    ...                                          # a list of 8 rows
    online.classes.update(...)                   # where it was made with adaptive=True
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from flows.run.online.classes import Classes
from flows.run.online.slots import Slots, slots_of
from flows.run.online.train_pictures import TrainPictures
from flows.training.extras import require
from schemas.errors import ConfigError

data: Any = require("torch.utils.data")
AHEAD = 2
"""Steps that each worker looks ahead."""


class Online(data.IterableDataset):  # type: ignore[misc]  # torch is an extra and has no types here
    """Steps of fresh rows, each a list; the same steps whatever the number of workers.

    A row has ``prompt``, ``images``, ``solution``, ``reference`` and ``kind`` as those of
    ``export --format grpo``, and ``families``, the classes its reward counts for.

    Args:
        dataset: Folder that ``build`` made; its settings hold, its test photographs stay out.
        slots: Rows a step, of all training processes together.
        seed: Of the stream.
        steps: Where it ends; without, never.
        start: First step, to go on with a training that was stopped.
        sources: Where the photographs lie, if not where the build found them.
        regions: Another region source; see ``TrainPictures``.
        adaptive: Whether ``classes.update`` is called after every step.
        classes: How it adapts, else the defaults of ``Classes``.
        rank: Number of this training process, which gets every ``ranks``-th slot.
        ranks: How many there are.
        free: Whether descriptions without a solution are asked for, too.
        plugins: Those of the dataset; see ``TrainPictures``.

    Raises:
        ConfigError: See ``TrainPictures``; or a step without slots.
    """

    def __init__(
        self,
        dataset: str | Path,
        slots: int,
        seed: int = 0,
        steps: int | None = None,
        start: int = 0,
        sources: Sequence[str] = (),
        regions: str = "",
        adaptive: bool = False,
        classes: Classes | None = None,
        rank: int = 0,
        ranks: int = 1,
        free: bool = False,
        plugins: Sequence[str] = (),
    ) -> None:
        super().__init__()
        self.slots = slots_of(slots, rank, ranks)
        if not self.slots or not 0 <= rank < ranks:
            raise ConfigError(
                f"slots: expected at least one for each of {ranks} ranks, got {slots}"
            )
        self._maker = Slots(TrainPictures(dataset, sources, regions, plugins), seed, free)
        self._start, self._steps = start, steps
        self.classes = classes or (Classes(self._maker.families) if adaptive else None)

    def __iter__(self) -> Iterator[list[dict[str, Any]]]:
        """The steps of this worker: every one where there is none, else every n-th."""
        worker = data.get_worker_info()
        first, stride = (worker.id, worker.num_workers) if worker else (0, 1)
        step = self._start + first
        while self._steps is None or step < self._steps:
            yield self.step(step)
            step += stride

    def step(self, number: int) -> list[dict[str, Any]]:
        """The rows of one step."""
        weights = None
        if self.classes:
            shares = self.classes.at(number - self._start)
            weights = {name: share * len(shares) for name, share in shares.items()}
        return [self._maker.row(number, slot, weights) for slot in self.slots]

    def loader(self, workers: int = 0) -> Any:
        """A torch ``DataLoader`` that gives one step after another.

        Raises:
            ConfigError: More workers than the delay of ``classes`` has room for.
        """
        if self.classes and workers * AHEAD > self.classes.delay:
            raise ConfigError(
                f"workers: at most {self.classes.delay // AHEAD} with classes that change after "
                f"{self.classes.delay} steps, got {workers}"
            )
        more = {"prefetch_factor": AHEAD} if workers else {}
        return data.DataLoader(self, batch_size=None, num_workers=workers, **more)

    def rows(self, workers: int = 0) -> Iterator[dict[str, Any]]:
        """Row after row, for ``datasets.IterableDataset.from_generator`` and what trains on it."""
        for step in self.loader(workers):
            yield from step
