"""One Prefect API server for the run and all its workers.

If the user points at a server (``PREFECT_API_URL``, or a profile), it is used as it is. Otherwise
one local server is started, before any worker, and its address handed to all of them: workers
that each start a temporary server of their own cost half a second a task and time out.
"""

import contextlib
import logging
import os
import subprocess
from collections.abc import Iterator

from schemas.errors import ConfigError

QUIET = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "PREFECT_LOGGING_LEVEL": "ERROR",
    "PREFECT_LOGGING_SERVER_LEVEL": "ERROR",
    "PREFECT_LOGGING_TO_API_ENABLED": "false",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
}
"""No telemetry; our own progress display speaks to the user, not Prefect's log."""

# Ends the server when this process is killed and cannot end it itself.
_WATCH = 'while kill -0 "$0" 2>/dev/null; do sleep 1; done; kill "$1" 2>/dev/null'


def quiet_prefect(verbose: bool) -> None:
    """Set Prefect's environment; must come before Prefect is imported."""
    for name, value in QUIET.items():
        if not (verbose and "LOGGING" in name):
            os.environ.setdefault(name, value)


@contextlib.contextmanager
def api_server() -> Iterator[str]:
    """The address of the API server; a local one lives as long as the context.

    Raises:
        ConfigError: The server the user points at does not answer.
    """
    from prefect.settings import PREFECT_API_URL, temporary_settings

    given = PREFECT_API_URL.value()
    if given:
        _require_answer(given)
        yield given
        return
    with _local_server() as url, temporary_settings({PREFECT_API_URL: url}):
        os.environ["PREFECT_API_URL"] = url
        try:
            yield url
        finally:
            del os.environ["PREFECT_API_URL"]


@contextlib.contextmanager
def _local_server() -> Iterator[str]:
    from prefect.server.api.server import SubprocessASGIServer

    server = SubprocessASGIServer()
    server.start()
    process = server.server_process
    watch = subprocess.Popen(  # noqa: S603  # a fixed script and two process numbers
        ["/bin/sh", "-c", _WATCH, str(os.getpid()), str(process.pid if process else 0)],
        start_new_session=True,
    )
    try:
        yield server.api_url
    finally:
        logging.getLogger("prefect").setLevel(logging.CRITICAL)
        server.stop()
        watch.terminate()
        watch.wait()


def _require_answer(url: str) -> None:
    import httpx

    try:
        httpx.get(f"{url.rstrip('/')}/health", timeout=3).raise_for_status()
    except httpx.HTTPError as error:
        reason = type(error).__name__
        raise ConfigError(
            f"PREFECT_API_URL {url} does not answer ({reason}); start that server or unset it"
        ) from None
