"""Tries the mutants of one module against its tests, each in a forked process of its own.

What is heavy is imported once; the project itself is imported in the fork, the module under trial
from its mutated source.
"""

import contextlib
import importlib.abc
import importlib.machinery
import json
import os
import signal
import sys
import time
from pathlib import Path
from types import CodeType

import cv2
import hypothesis
import numba
import numpy as np
import pyarrow.parquet
import pydantic
import pytest
import scipy.ndimage
import skimage.data
from PIL import Image

HEAVY = (cv2, numba, np, pyarrow.parquet, pydantic, scipy.ndimage, skimage.data, Image)
OPTIONS = (
    *("-x", "-q", "--assert=plain", "-m", "not benchmark and not slow"),
    *("-p", "no:cacheprovider", "-p", "no:benchmark", "-p", "no:xdist"),
)
SLACK = 20.0
"""Seconds that a mutant may take besides five times what the sound module takes."""


class Mutated(importlib.abc.MetaPathFinder):
    """Finds one module, and gives it another source."""

    def __init__(self, name: str, file: Path, source: str) -> None:
        self.name, self.file, self.source = name, file, source

    def find_spec(self, name, path=None, target=None):
        """The module, where it is the one."""
        if name != self.name:
            return None
        loader = Changed(name, str(self.file), self.source)
        return importlib.machinery.ModuleSpec(name, loader, origin=str(self.file))


class Changed(importlib.machinery.SourceFileLoader):
    """Loads a file as if it held another source; nothing is cached."""

    def __init__(self, name: str, path: str, source: str) -> None:
        super().__init__(name, path)
        self.source = source

    def get_code(self, fullname: str) -> CodeType:
        """The other source, compiled."""
        return compile(self.source, self.path, "exec", dont_inherit=True)


def tried(name: str, file: Path, source: str, tests: list[str], seconds: float) -> str:
    """``killed``, ``survived`` or ``timeout``: what became of the tests."""
    child = os.fork()
    if child == 0:
        os.setsid()
        with Path(os.devnull).open("w") as nowhere:
            os.dup2(nowhere.fileno(), 1)
            os.dup2(nowhere.fileno(), 2)
        status = 2
        with contextlib.suppress(BaseException):
            sys.meta_path.insert(0, Mutated(name, file, source))
            hypothesis.settings.register_profile(
                "mutants", derandomize=True, database=None, deadline=None
            )
            status = int(pytest.main([*OPTIONS, "--hypothesis-profile", "mutants", *tests]))
        os._exit(status)
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return "survived" if os.waitstatus_to_exitcode(status) == 0 else "killed"
        time.sleep(0.02)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "timeout"


def main() -> None:
    """A job as JSON on stdin; one line of JSON a mutant on stdout."""
    job = json.load(sys.stdin)
    file = Path(job["file"])
    start = time.monotonic()
    sound = tried(job["name"], file, file.read_text(), job["tests"], 600.0)
    usual = time.monotonic() - start
    print(json.dumps({"sound": sound, "seconds": round(usual, 1)}), flush=True)
    if sound != "survived":
        return
    for number, source in enumerate(job["sources"]):
        outcome = tried(job["name"], file, source, job["tests"], SLACK + 5 * usual)
        print(json.dumps({"number": number, "outcome": outcome}), flush=True)


if __name__ == "__main__":
    main()
