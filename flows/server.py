"""One Prefect API server for the run and all its workers.

If the user points at a server (``PREFECT_API_URL``, or a profile), it is used as it is. Otherwise
one local server is started, before any worker, and its address handed to all of them: workers
that each start a temporary server of their own cost half a second a task and time out.
"""

import contextlib
import logging
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from typing import IO

from schemas.errors import ConfigError

QUIET = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "PREFECT_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_LOGGING_SERVER_LEVEL": "CRITICAL",
    "PREFECT_LOGGING_TO_API_ENABLED": "false",
}
"""No telemetry; our own progress display speaks to the user, not Prefect's log."""

START_SECONDS = 120.0

# Ends the server when this process is killed and cannot end it itself: the pipe it reads closes
# with us, also while nobody has taken note of our end, and no stream of ours is held open.
_WATCH = 'read -r _; kill "$0" 2>/dev/null'


def quiet_prefect(verbose: bool) -> None:
    """Set Prefect's environment; must come before Prefect is imported."""
    for name, value in QUIET.items():
        if not (verbose and "LOGGING" in name):
            os.environ.setdefault(name, value)


def require_server() -> None:
    """Look whether the server that the user points at, if any, is there.

    Raises:
        ConfigError: It does not answer.
    """
    from prefect.settings import PREFECT_API_URL

    if url := PREFECT_API_URL.value():
        require_answer(url)


def require_answer(url: str) -> None:
    """Raise ``ConfigError`` unless a Prefect server answers at ``url``."""
    import httpx

    try:
        answer = httpx.get(f"{url.rstrip('/')}/health", timeout=3)
        # a server that asks who we are is there; Prefect's client sends the key
        if answer.status_code not in (401, 403):
            answer.raise_for_status()
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        reason = type(error).__name__
        raise ConfigError(
            f"PREFECT_API_URL {url} does not answer ({reason}); start that server or unset it"
        ) from None


@contextlib.contextmanager
def api_server(meanwhile: Callable[[], object] = lambda: None) -> Iterator[str]:
    """The address of the API server; a local one lives as long as the context.

    Args:
        meanwhile: Called once while a local server starts, which takes seconds.

    Raises:
        ConfigError: The local server does not start.
    """
    from prefect.context import refresh_global_settings_context
    from prefect.settings import PREFECT_API_URL, temporary_settings

    given = PREFECT_API_URL.value()
    if given:
        yield given
        return
    with _local_server(meanwhile) as url, temporary_settings({PREFECT_API_URL: url}):
        os.environ["PREFECT_API_URL"] = url
        # Prefect's background threads see only the global settings; without the address there
        # they start a second server, which nobody ends when we are killed.
        refresh_global_settings_context()
        try:
            yield url
        finally:
            del os.environ["PREFECT_API_URL"]
            refresh_global_settings_context()


@contextlib.contextmanager
def _local_server(meanwhile: Callable[[], object]) -> Iterator[str]:
    with tempfile.TemporaryFile() as log:
        process, url = _start(log)
        watch = subprocess.Popen(  # noqa: S603  # a fixed script and a process number
            ["/bin/sh", "-c", _WATCH, str(process.pid)], start_new_session=True,
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            meanwhile()
            _wait_until_up(process, url, log)
            yield url
        finally:
            logging.getLogger("prefect").setLevel(logging.CRITICAL)
            _stop(watch)
            _stop(process)


def _start(log: IO[bytes]) -> tuple[subprocess.Popen[bytes], str]:
    """A server in a session of its own: Ctrl-C must reach us, not the server we still talk to."""
    from prefect.settings import get_current_settings

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "--factory", "prefect.server.api.server:create_app",
               "--host", "127.0.0.1", "--port", str(port), "--log-level", "error",
               "--lifespan", "on"]  # fmt: skip
    environment = {
        **os.environ,
        "PREFECT_UI_ENABLED": "0",
        "PREFECT__SERVER_EPHEMERAL": "1",
        "PREFECT__SERVER_FINAL": "1",
        **get_current_settings().to_environment_variables(exclude_unset=True),
    }
    process = subprocess.Popen(  # noqa: S603  # our own interpreter
        command, env=environment, start_new_session=True, stdin=subprocess.DEVNULL, stdout=log,
        stderr=log,
    )  # fmt: skip
    return process, f"http://127.0.0.1:{port}/api"


def _wait_until_up(process: subprocess.Popen[bytes], url: str, log: IO[bytes]) -> None:
    import httpx

    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"{url}/health", timeout=5, trust_env=False).is_success:
                return
        time.sleep(0.1)
    log.seek(0)
    said = log.read().decode(errors="replace").strip().splitlines() or ["it said nothing"]
    raise ConfigError(f"the local Prefect server did not start: {said[-1]}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    if process.stdin:
        process.stdin.close()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
