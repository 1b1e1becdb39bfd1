"""Progress on the terminal: pictures done, rate and time left, per stage.

Workers say how far they are by marks and ledgers in the run's folder, which are added up here now
and then; that works wherever the workers are.
"""

import contextlib
import threading
import time
from collections.abc import Iterable, Iterator

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

from flows.store.marks import Survey
from flows.store.place import is_remote
from flows.store.run_folder import RunFolder

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
        folder: Of the run.
        console: Where to draw; lines instead of bars when it is not a terminal.
    """

    def __init__(self, folder: RunFolder, console: Console) -> None:
        self.folder, self.console = folder, console
        self.seconds: dict[str, float] = {}
        self._survey, self._shards = Survey(folder), frozenset[int]()

    def __getstate__(self) -> dict[str, object]:
        """Prefect sends a flow to its worker processes; the terminal stays here."""
        return {"folder": self.folder, "seconds": self.seconds}

    def done(self, stage: str) -> int:
        """Pictures done so far, of the shards that are asked for."""
        found = self._survey.done(stage).items()
        return sum(done for shard, done in found if not self._shards or shard in self._shards)

    @contextlib.contextmanager
    def stage(self, name: str, total: int, shards: Iterable[int] = ()) -> Iterator[None]:
        """Show a stage while the context lasts.

        Args:
            name: Of the stage.
            total: Pictures.
            shards: Which shards they are in; none means all.
        """
        self._shards = frozenset(shards)
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
            task, spent = progress.add_task(name, total=total, completed=self.done(name)), 0.0
            # of a run with very many shards, looking must not become the work
            while not stop.wait(max(POLL_SECONDS, 20 * spent)):
                begun = time.perf_counter()
                said = COMPILES if self._compiles() else name
                progress.update(task, completed=self.done(name), description=said)
                spent = time.perf_counter() - begun
            progress.update(task, completed=self.done(name), description=name)

    def _compiles(self) -> bool:
        mark = self.folder.compiling
        return not is_remote(mark) and any(mark.parent.glob(f"{mark.name}.*"))

    def _lines(self, name: str, total: int, stop: threading.Event) -> None:
        start = last = time.perf_counter()
        before, told = self.done(name), False
        while not stop.wait(min(POLL_SECONDS, PLAIN_SECONDS)):
            if self._compiles():
                if not told:
                    self.console.print(f"{name}: {COMPILES}", highlight=False)
                told, start, last = True, time.perf_counter(), time.perf_counter()
            if time.perf_counter() - last >= PLAIN_SECONDS:
                last = time.perf_counter()
                self._line(name, total, start, before)
        self._line(name, total, start, before)

    def _line(self, name: str, total: int, start: float, before: int) -> None:
        done, seconds = self.done(name), time.perf_counter() - start
        rate = max(0, done - before) / seconds if seconds else 0.0
        left = f", {(total - done) / rate:.0f} s left" if rate and done < total else ""
        self.console.print(f"{name}: {done}/{total} pictures, {rate:.1f}/s{left}", highlight=False)
