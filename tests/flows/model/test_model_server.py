"""The server that ``build`` starts goes with ``build``, whatever ends it, and at any moment."""

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from flows.processes import STOP_SECONDS
from tests.doubles.signals import awaited, begun


def program(folder, mood):
    """A ``vllm`` of ours, in its mood."""
    file = folder / "vllm"
    command = f'"{sys.executable}" -m tests.doubles.fake_vllm "{folder}" {mood} "$@"'
    file.write_text(f"#!/bin/sh\nexec {command}\n")
    file.chmod(0o755)
    config = folder / "c.toml"
    config.write_text(f'[answers]\nwriter = "vllm"\nmodel = "m"\nvllm = "{file}"\n')
    return config


def alive(pid):
    """Whether a process runs; one that only waits to be taken note of does not."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def waited(seconds, until):
    deadline = time.monotonic() + seconds
    while not until() and time.monotonic() < deadline:
        time.sleep(0.02)
    return until()


def talking(photos, environment, folder, mood):
    """A build that talks to its server, or waits for it; and the numbers of the server's two."""
    flags = ("--out", folder / "d", "--config", program(folder, mood))
    process = begun(environment, "build", photos, *flags)
    pids, talk = folder / "pids", folder / "d" / ".work" / "conversations" / "00000.jsonl"
    awaited(process, (pids if mood == "loading" else talk).exists)
    numbers = [int(number) for number in pids.read_text().split()]
    assert all(map(alive, numbers))
    return process, numbers


@pytest.mark.slow  # waits for a server that is deaf to SIGTERM
@pytest.mark.parametrize("mood", ["loading", "ready"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_server_is_left_behind(photos, environment, tmp_path, mood, number):
    """Server and worker are gone within seconds; Ctrl-C is one line and status 130."""
    process, numbers = talking(photos, environment, tmp_path, mood)
    os.kill(process.pid, number)
    try:
        _, said = process.communicate(timeout=STOP_SECONDS + 5)
        assert waited(5, lambda: not any(map(alive, numbers)))
    finally:
        process.kill()
        for pid in filter(alive, numbers):
            os.kill(pid, signal.SIGKILL)
    assert process.returncode == (130 if number == signal.SIGINT else -number), said
    assert "Traceback" not in said


@pytest.mark.slow  # waits for a server that is deaf to SIGTERM
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_server_that_hears_nothing_is_killed(photos, environment, tmp_path, number):
    """One that ignores SIGTERM goes a little later, and its worker goes with it."""
    process, numbers = talking(photos, environment, tmp_path, "stubborn")
    os.kill(process.pid, number)
    try:
        process.communicate(timeout=2 * STOP_SECONDS + 5)
        # its watcher counts to ten, which takes longer where much else runs
        assert waited(6 * STOP_SECONDS, lambda: not any(map(alive, numbers)))
    finally:
        process.kill()
        for pid in filter(alive, numbers):
            os.kill(pid, signal.SIGKILL)
