"""Progress on the terminal: pictures done, rate and time left, per stage.

Workers mark every finished picture by one byte in a file of their own; here the sizes of those
files are added up now and then. That costs the workers microseconds and works across processes.
"""

import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

COMPILING = "compiling"
"""Name of the marks of workers that compile kernels before their first picture."""
COMPILES = "compiling kernels, once"
POLL_SECONDS = 0.3
PLAIN_SECONDS = 10.0


class _Rate(ProgressColumn):
    """Pictures per second."""

    def render(self, task: Task) -> Text:
        """``12.3/s`` once there is a speed."""
        speed = task.finished_speed or task.speed
        return Text(f"{speed:.1f}/s" if speed else "")


class StageProgress:
    """Shows the stages of one run.

    Args:
        folder: Where workers leave their marks.
        console: Where to draw; lines instead of bars when it is not a terminal.
    """

    def __init__(self, folder: Path, console: Console) -> None:
        self.folder, self.console = folder, console
        self.seconds: dict[str, float] = {}

    def __getstate__(self) -> dict[str, object]:
        """Prefect sends a flow's parameters to its worker processes; the terminal stays here."""
        return {"folder": self.folder, "seconds": self.seconds}

    def done(self, stage: str) -> int:
        """Pictures marked so far."""
        return sum(file.stat().st_size for file in self.folder.glob(f"{stage}.*"))

    @contextlib.contextmanager
    def stage(self, name: str, total: int) -> Iterator[None]:
        """Show a stage while the context lasts."""
        start, stop = time.perf_counter(), threading.Event()
        show = self._bar if self.console.is_terminal else self._lines
        watcher = threading.Thread(target=show, args=(name, total, stop), daemon=True)
        watcher.start()
        try:
            yield
        finally:
            stop.set()
            watcher.join()
            self.seconds[name] = time.perf_counter() - start

    def _bar(self, name: str, total: int, stop: threading.Event) -> None:
        columns = (
            TextColumn("{task.description:<8}"),
            BarColumn(),
            MofNCompleteColumn(),
            _Rate(),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=self.console) as progress:
            task = progress.add_task(name, total=total)
            while not stop.wait(POLL_SECONDS):
                said = COMPILES if self._compiles() else name
                progress.update(task, completed=self.done(name), description=said)
            progress.update(task, completed=self.done(name), description=name)

    def _compiles(self) -> bool:
        return any(self.folder.glob(f"{COMPILING}.*"))

    def _lines(self, name: str, total: int, stop: threading.Event) -> None:
        start = last = time.perf_counter()
        told = False
        while not stop.wait(min(POLL_SECONDS, PLAIN_SECONDS)):
            if not told and self._compiles():
                self.console.print(f"{name}: {COMPILES}", highlight=False)
                told = True
            if time.perf_counter() - last >= PLAIN_SECONDS:
                last = time.perf_counter()
                self._line(name, total, start)
        self._line(name, total, start)

    def _line(self, name: str, total: int, start: float) -> None:
        done, seconds = self.done(name), time.perf_counter() - start
        rate = done / seconds if seconds else 0.0
        left = f", {(total - done) / rate:.0f} s left" if rate and done < total else ""
        self.console.print(f"{name}: {done}/{total} pictures, {rate:.1f}/s{left}", highlight=False)
