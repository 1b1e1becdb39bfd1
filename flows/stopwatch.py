"""Seconds spent per stage."""

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager


class Stopwatch(defaultdict[str, float]):
    """Stage name to seconds; call it with a name and use it as a context."""

    def __init__(self) -> None:
        super().__init__(float)

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        """Add the time spent inside to ``stage``."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self[stage] += time.perf_counter() - start
