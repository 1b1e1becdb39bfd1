"""A real Label Studio in a folder of its own, spoken to through its HTTP API."""

import contextlib
import os
import socket
import subprocess
import time

import httpx

TOKEN = "iqa-spider-round-trip-0123456789abcdef"
PATIENCE = 300.0
"""Seconds for migrations of a new database on a slow machine."""


def environment(folder, shown):
    """Settings that keep it to itself: no analytics, no version check, data in the folder."""
    return {
        **os.environ,
        "HOME": str(folder),
        "COLLECT_ANALYTICS": "false",
        "LATEST_VERSION_CHECK": "false",
        "LABEL_STUDIO_LOCAL_FILES_SERVING_ENABLED": "true",
        "LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT": str(shown),
    }


@contextlib.contextmanager
def serving(program, folder, shown):
    """A client of a server that runs as long as the block and may show the files of a project."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        program,
        "start",
        "--no-browser",
        "--data-dir",
        folder / "data",
        "--port",
        port,
        "--internal-host",
        "127.0.0.1",
        "--username",
        "a@example.org",
        "--password",
        "correct-horse",
        "--user-token",
        TOKEN,
        "--enable-legacy-api-token",
    ]
    with (folder / "log.txt").open("wb") as log:
        process = subprocess.Popen(
            list(map(str, command)), stdout=log, stderr=log, env=environment(folder, shown)
        )
        headers = {"Authorization": f"Token {TOKEN}"}
        try:
            with httpx.Client(
                base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=120
            ) as client:
                _wait(client, process, folder)
                yield client
        finally:
            process.terminate()
            process.wait(30)


def _wait(client, process, folder):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(httpx.TransportError):
            if client.get("/api/projects/").status_code == 200:
                return
        time.sleep(0.5)
    raise AssertionError((folder / "log.txt").read_text(errors="replace")[-2000:])


def call(client, method, path, **more):
    """The JSON of an answer that is no error."""
    answer = client.request(method, path, **more)
    assert answer.status_code < 300, f"{path}: {answer.status_code} {answer.text[:500]}"
    return answer.json()
