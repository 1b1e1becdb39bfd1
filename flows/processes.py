"""Servers and workers of our own: started, waited for, and ended with us, however we end."""

import contextlib
import multiprocessing
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import connection
from types import FrameType
from typing import IO, NamedTuple, TypeVar

import cv2
import httpx

from schemas.errors import ConfigError

# Ends the server when this process is killed and cannot end it itself: the pipe it reads closes
# with us, also while nobody has taken note of our end, and no stream of ours is held open.
# Whatever ignores that is killed after ten seconds, with all it has started.
_WATCH = """read -r _; kill "$0"; for _ in 1 2 3 4 5 6 7 8 9 10; do kill -0 "$0" || break; sleep 1
done; kill -s KILL -- "-$0"
"""
STOP_SECONDS = 10.0

Job = TypeVar("Job")
Found = TypeVar("Found")


class Server(NamedTuple):
    """A server of ours that has been started.

    Args:
        process: It.
        health: Address that answers with success once it is up.
        log: Where its output goes.
        name: For messages.
    """

    process: subprocess.Popen[bytes]
    health: str
    log: IO[bytes]
    name: str


@contextlib.contextmanager
def watched(
    command: Sequence[str],
    environment: Mapping[str, str],
    log: IO[bytes],
    health: str,
    name: str,
) -> Iterator[Server]:
    """Run a server while the context lasts; ``wait_until_up`` says when it answers.

    It gets a session of its own: Ctrl-C must reach us, not the server we still talk to.

    Args:
        command: Program and arguments.
        environment: Its environment.
        log: Where its output goes.
        health: Address that answers with success once it is up.
        name: For messages.
    """
    process = subprocess.Popen(  # noqa: S603  # our own command
        list(command),
        env=dict(environment),
        start_new_session=True,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
    )
    watch = subprocess.Popen(  # noqa: S603  # a fixed script and a process number
        ["/bin/sh", "-c", _WATCH, str(process.pid)],
        start_new_session=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield Server(process, health, log, name)
    finally:
        _stop(watch)
        _stop(process)


def wait_until_up(servers: Sequence[Server], seconds: float) -> None:
    """Wait until all answer.

    Raises:
        ConfigError: One ends, or does not answer in ``seconds``; with the last line it said.
    """
    deadline = time.monotonic() + seconds
    while servers := [server for server in servers if not _is_up(server)]:
        if time.monotonic() >= deadline:
            raise _not_started(servers[0])
        time.sleep(0.1)


def _is_up(server: Server) -> bool:
    if server.process.poll() is not None:
        raise _not_started(server)
    with contextlib.suppress(httpx.TransportError):
        return httpx.get(server.health, timeout=5, trust_env=False).is_success
    return False


def _not_started(server: Server) -> ConfigError:
    server.log.seek(0)
    said = server.log.read().decode(errors="replace").strip().splitlines() or ["it said nothing"]
    return ConfigError(f"{server.name} did not start: {said[-1]}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    if process.stdin:
        process.stdin.close()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(STOP_SECONDS)
    with contextlib.suppress(ProcessLookupError):  # nobody of its session is left
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


_ends: list[Callable[[], object]] = []
_heard: list[int] = []


def end_as_told() -> None:
    """Die of SIGTERM if that is what ended the run, as whoever sent it expects."""
    if signal.SIGTERM in _heard:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.raise_signal(signal.SIGTERM)


@contextlib.contextmanager
def interruptible(tell: Callable[[], object], number: int = signal.SIGINT) -> Iterator[None]:
    """A signal first tells every shard, in threads and processes alike, then does what it did.

    Args:
        tell: Tells the shards.
        number: The signal. Prefect takes SIGTERM for itself while a flow runs and then waits for
            the shards, so that one has to be caught inside of the flow.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # signals are the main thread's
        return
    before = signal.getsignal(number)

    def hear(number: int, frame: FrameType | None) -> None:
        _heard.append(number)
        tell()
        for end in tuple(_ends):
            end()
        if callable(before):
            before(number, frame)

    signal.signal(number, hear)
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


def start_worker() -> None:
    """Set up a worker process: Ctrl-C is its parent's business, and so is when to end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _die_with_parent()


@cache
def _die_with_parent() -> None:
    """End a worker process whose parent was killed, so that it does not write beside a new run."""
    parent = multiprocessing.parent_process()
    if parent is not None:

        def watch() -> None:
            connection.wait([parent.sentinel])
            os._exit(1)

        threading.Thread(target=watch, daemon=True).start()


@contextlib.contextmanager
def mapped(
    workers: int,
) -> Iterator[Callable[[Callable[[Job], Found], Sequence[Job]], Iterable[Found]]]:
    """``map`` over this process or several; results come in order."""
    if workers == 1:
        yield map
        return
    # A forked child would inherit locks of the threads of Arrow and OpenCV.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_start_alone)
    try:
        yield pool.map
    finally:
        pool.shutdown(cancel_futures=True)


def _start_alone() -> None:
    start_worker()
    cv2.setNumThreads(1)
