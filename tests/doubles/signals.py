"""How tests start what they send signals to, and wait for the moment."""

import signal
import subprocess
import sys
import time

from flows.store.marks import read_marks
from flows.store.run_folder import RunFolder


def hear_ctrl_c():
    """Run in a new process: it takes SIGINT even where a shell put the test run in the background.

    Shells make their background jobs deaf to it, and children inherit that.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def begun(environment, *arguments):
    """A command of ours in a session of its own; what it says on stderr can be read."""
    return subprocess.Popen(
        [sys.executable, "-m", "flows", *map(str, arguments)],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=hear_ctrl_c,
    )


def awaited(process, there, seconds=240, pause=0.005):
    """What ``there`` finds, as soon as it finds something, while the command still runs."""
    until = time.monotonic() + seconds
    while not (found := there()) and process.poll() is None and time.monotonic() < until:
        time.sleep(pause)
    if process.poll() is not None:
        raise AssertionError(f"it ended too soon: {process.communicate(timeout=5)[1]}")
    assert found, f"nothing was there after {seconds} s"
    return found


def worker(out, stage, done=0):
    """The number of a process at work on a shard of which so many pictures are done, or none."""
    for mark in read_marks(RunFolder(out)) if out.exists() else ():
        if mark.stage == stage and mark.done >= done:
            return mark.process
    return None
