"""How often each family is drawn, which a trainer may change while workers look ahead."""

import math
import time
from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean
from typing import Any

from flows.training.extras import require
from schemas.errors import ConfigError, ContractError

FLOOR = 0.05
"""Share that is spread evenly, so that no class dies out."""


def distribution(
    running: Mapping[str, float], names: Sequence[str], temperature: float, floor: float = FLOOR
) -> dict[str, float]:
    """Softmax of minus the running reward over the temperature, mixed with a uniform share.

    Args:
        running: Class to its running reward; one without counts as the mean of the others.
        names: The classes.
        temperature: High evens out, low prefers what is answered worst.
        floor: The uniform share.

    Source: region pairs and rewards, section 2.
    """
    usual = fmean(running.values()) if running else 0.0
    lowest = min((running.get(name, usual) for name in names), default=0.0)
    raw = [math.exp((lowest - running.get(name, usual)) / temperature) for name in names]
    return {
        name: (1 - floor) * one / sum(raw) + floor / len(names)
        for name, one in zip(names, raw, strict=True)
    }


class Classes:
    """Class distribution by step, in memory that worker processes share.

    ``update`` is called once after every step. What a step is drawn by was settled ``delay`` steps
    earlier, so that workers may look ahead and the stream stays the same whatever their number.

    Args:
        names: The families.
        temperature: See ``distribution``.
        momentum: Share of the running reward that stays at an update.
        delay: Steps from an update to the first pictures drawn by it; at least what workers look
            ahead.
        patience: Seconds a worker waits for an update before it gives up.

    Raises:
        ConfigError: Values that cannot be.
    """

    def __init__(
        self,
        names: Sequence[str],
        temperature: float = 0.5,
        momentum: float = 0.9,
        delay: int = 16,
        patience: float = 600.0,
    ) -> None:
        if not (names and temperature > 0 and 0 <= momentum < 1 and delay >= 1):
            raise ConfigError(
                "classes: expected names, temperature > 0, momentum in [0, 1) and delay of 1 or "
                f"more, got {len(names)} names, {temperature}, {momentum}, {delay}"
            )
        torch = require("torch")
        self.names, self.delay = tuple(sorted(names)), delay
        self.running: dict[str, float] = {}
        self._temperature, self._momentum, self._patience = temperature, momentum, patience
        even = torch.full((2 * delay + 2, len(self.names)), 1 / len(self.names))
        self._table: Any = even.double().share_memory_()
        self._settled: Any = torch.zeros(1, dtype=torch.int64).share_memory_()

    @property
    def steps(self) -> int:
        """Steps whose rewards have come in."""
        return int(self._settled)

    def update(self, rewarded: Iterable[tuple[Sequence[str], float]] = ()) -> dict[str, float]:
        """Take in the rewards of a step; returns the distribution from now on.

        Args:
            rewarded: Classes of each row, and the reward of its answer.

        Raises:
            ContractError: A reward that is no number.
        """
        gathered: dict[str, list[float]] = {}
        for names, reward in rewarded:
            if not math.isfinite(reward):
                raise ContractError(f"a reward must be a number, got {reward}")
            for name in names:
                gathered.setdefault(name, []).append(reward)
        for name in set(gathered) & set(self.names):
            mean = fmean(gathered[name])
            before = self.running.get(name, mean)
            self.running[name] = self._momentum * before + (1 - self._momentum) * mean
        found = distribution(self.running, self.names, self._temperature)
        row = (self.steps + 1) % len(self._table)
        for place, name in enumerate(self.names):
            self._table[row, place] = found[name]
        self._settled += 1  # only now may workers read the row
        return found

    def at(self, step: int) -> dict[str, float]:
        """What the pictures of a step are drawn by; waits until it is settled.

        Raises:
            ConfigError: Nobody calls ``update``.
        """
        version = max(0, step - self.delay)
        until = time.monotonic() + self._patience
        while self.steps < version:
            if time.monotonic() > until:
                raise ConfigError(
                    f"classes: step {step} needs the rewards of step {version - 1}, which did not "
                    f"come within {self._patience:g} s; call update() once after every step"
                )
            time.sleep(0.01)
        row = self._table[version % len(self._table)].tolist()
        return dict(zip(self.names, row, strict=True))
