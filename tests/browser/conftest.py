"""A real browser, when the extra ``browser`` and a Chromium are there; skipped without."""

import os
import re
import shutil
import subprocess
import sys

import pytest

from tests.conftest import ROOT
from tests.flows.conftest import dataset, environment, photos, prefect_home, spider

__all__ = ["dataset", "environment", "photos", "prefect_home", "spider"]
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def browser():
    """Chromium without a window; ``IQA_SPIDER_BROWSER`` names another program."""
    api = pytest.importorskip("playwright.sync_api", reason="extra `browser` is not installed")
    named = os.environ.get("IQA_SPIDER_BROWSER")
    program = named or next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        pytest.skip("no Chromium on this machine; IQA_SPIDER_BROWSER names one")
    with api.sync_playwright() as playwright:
        # its sandbox needs rights that a container rarely has; the pages are our own
        opened = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def page(browser):
    """A page that fails the test when a script does, or when anything else is fetched."""
    opened = browser.new_page(viewport={"width": 1280, "height": 900})
    opened.set_default_timeout(20_000)
    problems = []
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.on("request", lambda r: problems.append(r.url) if not _ours(r.url) else None)
    opened.on(
        "console",
        lambda said: problems.append(said.text) if "Security Policy" in said.text else None,
    )
    yield opened
    opened.close()
    assert problems == []


def _ours(address):
    return address.startswith(("file://", "data:", "http://127.0.0.1:"))


@pytest.fixture
def serve(environment):
    """Start ``iqa-spider ... --port 0``; gives the process and the addresses it says."""
    running = []

    def start(*arguments, port=0):
        command = [sys.executable, "-m", "flows", *map(str, arguments), "--port", str(port)]
        process = subprocess.Popen(
            command,
            env=environment | {"PYTHONUNBUFFERED": "1"},
            cwd=ROOT,
            text=True,
            stdout=subprocess.PIPE,
        )
        running.append(process)
        addresses = []
        for line in process.stdout:
            addresses += re.findall(r"http://\S+", line)
            if "Ctrl-C" in line:
                break
        return process, addresses

    yield start
    for process in running:
        process.kill()
        process.wait()
        process.stdout.close()
