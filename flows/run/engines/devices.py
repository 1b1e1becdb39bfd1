"""All the devices of a machine: one process each holds the models, and takes shard after shard.

``--device cuda:0-7`` names eight. Which device made a shard changes nothing but the last bits that
GPUs differ by; each shard goes to whoever is free.
"""

import multiprocessing
import queue
import re
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from typing import Any

from flows.processes import start_worker
from flows.regions.choose import chosen_source
from flows.run.job import ShardJob
from flows.store.ledger import ShardSummary
from flows.store.log import say
from schemas.errors import ConfigError
from schemas.settings.config import RunConfig

Work = Callable[..., ShardSummary]
MOST = 64
"""Devices at most."""


def device_names(asked: str) -> tuple[str, ...]:
    """The devices of a list: ``cuda:0-3`` and ``cuda:0,cuda:2`` are four and two.

    Raises:
        ConfigError: A range that goes back, a device that is named twice, or too many.
    """
    found: list[str] = []
    for part in asked.split(","):
        fits = re.fullmatch(r"([a-z]+):(\d{1,4})-(\d{1,4})", part.strip(), re.ASCII)
        if not fits:
            found.append(part.strip())
            continue
        kind, first, last = fits[1], int(fits[2]), int(fits[3])
        if last < first or last - first >= MOST:
            raise ConfigError(f"--device {part.strip()}: expected a range like cuda:0-7")
        found += [f"{kind}:{number}" for number in range(first, last + 1)]
    if len(set(found)) < len(found) or not all(found):
        raise ConfigError(f"--device {asked}: expected different devices, like cuda:0-7")
    return tuple(found)


def devices_of(config: RunConfig) -> tuple[str, ...]:
    """The devices that a configuration names."""
    return device_names(config.regions.ssa.device)


def on_device(config: RunConfig, device: str) -> RunConfig:
    """The same run on one device."""
    ssa = config.regions.ssa.model_copy(update={"device": device})
    return config.model_copy(update={"regions": config.regions.model_copy(update={"ssa": ssa})})


def let_go() -> None:
    """Drop the models that this process has loaded; others will hold them."""
    chosen_source.cache_clear()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()


def over_devices(
    devices: Sequence[str], retries: int, work: Work, jobs: Sequence[ShardJob], *more: Any
) -> Iterator[tuple[ShardJob, ShardSummary]]:
    """``work(job, *more)`` on the devices; jobs come as they are done, in whatever order.

    Args:
        devices: One process each.
        retries: Times that a process which died is replaced.
        work: To be done.
        jobs: Shards; no more than there are devices are begun at once.
        more: Further arguments of the work.
    """
    let_go()
    waiting: queue.SimpleQueue[ShardJob] = queue.SimpleQueue()
    ready: queue.SimpleQueue[tuple[ShardJob, ShardSummary] | BaseException] = queue.SimpleQueue()
    for job in jobs:
        waiting.put(job)
    ended = threading.Event()

    def serve(device: str) -> None:
        try:
            with _Process(retries) as process:
                while not ended.is_set():
                    job = waiting.get_nowait()
                    there = job._replace(config=on_device(job.config, device))
                    ready.put((job, process.run(work, there, *more)))
        except queue.Empty:
            pass
        except BaseException as error:  # noqa: BLE001  # raised again where it is waited for
            ready.put(error)

    threads = [threading.Thread(target=serve, args=(device,), daemon=True) for device in devices]
    for thread in threads:
        thread.start()
    try:
        for _ in jobs:
            found = ready.get()
            if isinstance(found, BaseException):
                raise found
            yield found
    finally:
        ended.set()


class _Process:
    """One process that holds models; replaced when it dies.

    Args:
        retries: How often.
    """

    def __init__(self, retries: int) -> None:
        self._left, self._pool = retries, self._started()

    def __enter__(self) -> "_Process":
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def run(self, work: Work, job: ShardJob, *more: Any) -> ShardSummary:
        """The work on a shard; once more where its process died."""
        while True:
            try:
                return self._pool.submit(work, job, *more).result()
            except BrokenExecutor:
                if self._left == 0:
                    raise
                device = job.config.regions.ssa.device
                say(job.folder.work, f"the process of device {device} died; a new one goes on")
                self._left, self._pool = self._left - 1, self._started()

    def _started(self) -> ProcessPoolExecutor:
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(1, mp_context=context, initializer=start_worker)
