"""Ctrl-C and SIGTERM: shards end at their next picture or question, what is ours to end at once."""

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

_ends: list[Callable[[], object]] = []


def stop_file(work: Path) -> Path:
    """Where it is there, shards end as soon as they can; a new run removes it."""
    return work / "progress" / "stop"


@contextlib.contextmanager
def interruptible(work: Path, number: int = signal.SIGINT) -> Iterator[None]:
    """A signal first tells every shard, in threads and processes alike, then does what it did.

    Args:
        work: The run's working folder.
        number: The signal. Prefect takes SIGTERM for itself while a flow runs and then waits for
            the shards, so that one has to be caught inside of the flow.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # signals are the main thread's
        return
    before = signal.getsignal(number)

    def stop(number: int, frame: FrameType | None) -> None:
        stop_file(work).touch()
        for end in _ends:
            end()
        if callable(before):
            before(number, frame)

    signal.signal(number, stop)
    try:
        yield
    finally:
        signal.signal(number, before)


@contextlib.contextmanager
def when_interrupted(end: Callable[[], object]) -> Iterator[None]:
    """Call ``end`` as soon as a signal comes, before anything waits for the shards."""
    _ends.append(end)
    try:
        yield
    finally:
        _ends.remove(end)
