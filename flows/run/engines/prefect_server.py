"""One Prefect API server for the run and all its workers.

If the user points at a server (``PREFECT_API_URL``, or a profile), it is used as it is. Otherwise
one local server is started, before any worker, and its address handed to all of them: workers
that each start a temporary server of their own cost half a second a task and time out.
"""

import atexit
import contextlib
import logging
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from flows.processes import wait_until_up, watched, when_interrupted
from flows.run.engines.prefect_database import begin_with_kept, keep
from schemas.errors import ConfigError, EndpointError

QUIET = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "PREFECT_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_LOGGING_SERVER_LEVEL": "CRITICAL",
    "PREFECT_LOGGING_TO_API_ENABLED": "false",
}
"""No telemetry; our own progress display speaks to the user, not Prefect's log."""

START_SECONDS = 120.0
ResultT = TypeVar("ResultT")


def quiet_prefect(verbose: bool) -> None:
    """Set Prefect's environment; must come before Prefect is imported."""
    for name, value in QUIET.items():
        if not (verbose and "LOGGING" in name):
            os.environ.setdefault(name, value)
    if "PREFECT_HOME" not in os.environ and not _home_is_writable():
        home = tempfile.mkdtemp(prefix="iqa-spider-prefect-")
        atexit.register(shutil.rmtree, home, ignore_errors=True)
        os.environ["PREFECT_HOME"] = home


def _home_is_writable() -> bool:
    """Whether Prefect can have its folder; without one it complains at every import."""
    try:
        folder = Path.home() / ".prefect"
        return os.access(folder if folder.exists() else folder.parent, os.W_OK)
    except (OSError, RuntimeError):
        return False


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
    from prefect.settings import (
        PREFECT_API_URL,
        PREFECT_CLIENT_MAX_RETRIES,
        temporary_settings,
    )

    given = PREFECT_API_URL.value()
    if given:
        yield given
        return
    # when a server on this machine does not listen any more, it is dead; five tries last a minute
    with (
        _local_server(meanwhile) as url,
        temporary_settings({PREFECT_API_URL: url, PREFECT_CLIENT_MAX_RETRIES: 1}),
    ):
        os.environ["PREFECT_API_URL"] = url
        _send_no_events(True)
        # Prefect's background threads see only the global settings; without the address there
        # they start a second server, which nobody ends when we are killed.
        refresh_global_settings_context()
        try:
            yield url
        finally:
            _send_no_events(False)
            del os.environ["PREFECT_API_URL"]
            refresh_global_settings_context()


def reported(run: Callable[[], object], done: Sequence[ResultT]) -> ResultT:
    """Run a flow; whether its work is done is known from us, not from its server.

    Args:
        run: The flow.
        done: Holds its result once all of its work is done.

    Raises:
        EndpointError: The server is gone before that.
    """
    import httpx

    try:
        run()
    except Exception as error:
        if not done and isinstance(error, httpx.TransportError):
            raise EndpointError(
                f"the Prefect server is gone ({type(error).__name__}); finished shards are kept, "
                "the same command goes on from there"
            ) from None
        if not done:
            raise
        kind = type(error).__name__
        sys.stderr.write(f"iqa-spider: all is done, but Prefect could not be told ({kind})\n")
    return done[-1]


def _send_no_events(none: bool) -> None:
    """A server that lives as long as the run has nobody who would look at its events.

    They are sent in the background for ever, and when the server is gone each is a complaint.
    """
    from prefect.events.clients import NullEventsClient
    from prefect.events.worker import EventsWorker

    EventsWorker.set_client_override(NullEventsClient if none else None)


@contextlib.contextmanager
def _local_server(meanwhile: Callable[[], object]) -> Iterator[str]:
    from prefect.settings import get_current_settings

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}/api"
    command = [
        sys.executable,
        "-m",
        "uvicorn",
        "--factory",
        "prefect.server.api.server:create_app",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--log-level",
        "error",
        "--lifespan",
        "on",
    ]
    environment = {
        **os.environ,
        "PREFECT_UI_ENABLED": "0",
        "PREFECT__SERVER_EPHEMERAL": "1",
        "PREFECT__SERVER_FINAL": "1",
        **get_current_settings().to_environment_variables(exclude_unset=True),
    }
    name, health = "the local Prefect server", f"{url}/health"
    with (
        # its database is of no use to anybody later, and a home may not be there to write to
        tempfile.TemporaryDirectory(prefix="iqa-spider-prefect-") as home,
        tempfile.TemporaryFile() as log,
    ):
        environment = {"PREFECT_HOME": home, **environment}
        is_new = environment["PREFECT_HOME"] == home and not begin_with_kept(Path(home))
        with watched(command, environment, log, health, name) as server:
            meanwhile()
            with when_interrupted(server.process.terminate):
                wait_until_up([server], START_SECONDS)
            if is_new:
                keep(Path(home))
            try:
                yield url
            finally:
                # its background threads complain of the server that we are about to end
                logging.getLogger("prefect").setLevel(logging.CRITICAL)
