"""Compiles the kernels once, beside each other, before the first picture; and says so.

numba compiles a loop when it is first called and keeps the result on the disk. Left to itself, a
newcomer's first pictures would stand still for half a minute, and two workers would compile the
same loops side by side. Whoever comes first does it with helpers, one a core; others wait.
"""

import contextlib
import fcntl
import hashlib
import importlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from annotators.regions.segments import SegmentRegions
from distortions.warm import Job, sample, warm_jobs
from flows.store.place import is_remote
from schemas.masks import pole

HELPERS = 3
"""Processes beside this one, at most: the longest loops take a third of all."""


@cache
def warm_up(said: Path, regions: str) -> None:
    """Compile what a build calls, unless this machine has it already.

    Args:
        said: Mark of the run that says so to its progress; each process adds its number.
        regions: Name of the region source.
    """
    folder = _cache_folder()
    marker = folder / f"iqa-spider-{_version(regions)}.warm"
    # Where the cache cannot be written, everything is compiled when it is called.
    if marker.is_file() or not os.access(folder, os.W_OK):
        return
    with (folder / "iqa-spider.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not marker.is_file():
            with _marked(said):
                _compile(regions)
            marker.touch()


def _cache_folder() -> Path:
    """Where numba keeps what it compiled of ours."""
    kernels = importlib.import_module("distortions.kernels.compare")
    folder = Path(kernels.luma.stats.cache_path)
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def _version(regions: str) -> str:
    """Of the loops as numba tells them apart: its own version, the processor, our files."""
    # Importing numba takes half a second.
    numba, binding = map(importlib.import_module, ("numba", "llvmlite.binding"))
    root, digest = Path(__file__).resolve().parents[2], hashlib.sha256()
    digest.update(f"{regions} {numba.__version__} {sys.version}".encode())
    digest.update(binding.get_host_cpu_name().encode())
    for room in ("distortions/kernels", "annotators/regions/kernels", "schemas"):
        for file in sorted((root / room).glob("*.py")):
            stat = file.stat()
            digest.update(f"{file.name} {stat.st_size} {stat.st_mtime_ns}".encode())
    return digest.hexdigest()[:16]


@contextlib.contextmanager
def _marked(said: Path) -> Iterator[None]:
    """While the context lasts, the progress says what is waited for."""
    if is_remote(said):
        yield
        return
    mark = said.with_name(f"{said.name}.{os.getpid()}")
    try:
        with contextlib.suppress(OSError):
            mark.touch()
        yield
    finally:
        mark.unlink(missing_ok=True)


def _compile(regions: str) -> None:
    with tempfile.TemporaryDirectory() as claims:
        line = [sys.executable, "-m", "flows.run.warm", claims, regions]
        root = str(Path(__file__).resolve().parents[2])
        paths = os.pathsep.join([root, os.environ.get("PYTHONPATH", "")])
        helpers = [
            subprocess.Popen(  # noqa: S603  # our own module
                line,
                env={**os.environ, "PYTHONPATH": paths},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            for _ in range(min(HELPERS, len(os.sched_getaffinity(0)) - 1))
        ]
        try:
            take_turns(Path(claims), regions)
        finally:
            # A helper that failed has only left more to do for later.
            for helper in helpers:
                helper.wait()


def take_turns(claims: Path, regions: str) -> None:
    """Call what nobody else has claimed in this folder, until nothing is left."""
    for number, job in enumerate(_jobs(regions)):
        try:
            (claims / str(number)).touch(exist_ok=False)
        except FileExistsError:
            continue
        job()


def _jobs(regions: str) -> list[Job]:
    jobs = warm_jobs()
    if regions == "segments":
        jobs.insert(0, _segments)
    return jobs


def _segments() -> None:
    image, _ = sample()
    for mask in SegmentRegions().masks(image.repeat(4, axis=0).repeat(4, axis=1)):
        pole(mask)


if __name__ == "__main__":
    take_turns(Path(sys.argv[1]), sys.argv[2])
