"""The Prefect API server of a run: there while needed, gone afterwards, whatever happens."""

import http.server
import signal
import subprocess
import sys
import threading
import time

import httpx
import pytest

from flows.run.engines.prefect_database import begin_with_kept, kept_database
from flows.run.engines.prefect_server import require_answer
from schemas.errors import ConfigError

OPEN = (
    "import os, sys\n"
    "from flows.run.engines.prefect_server import api_server, quiet_prefect\n"
    "quiet_prefect(False)\n"
    "with api_server() as url:\n"
    "    import threading\n"
    "    from prefect.settings import PREFECT_API_URL\n"
    "    seen = []\n"
    "    thread = threading.Thread(target=lambda: seen.append(PREFECT_API_URL.value()))\n"
    "    thread.start(); thread.join()\n"
    "    print(url, os.environ.get('PREFECT_API_URL'), seen[0], flush=True)\n"
    "    sys.stdin.readline()\n"
)


@pytest.fixture
def opened(environment):
    """Start a process that holds a server open until it gets a line."""
    process = subprocess.Popen(
        [sys.executable, "-c", OPEN],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    yield process, process.stdout.readline().split()
    process.kill()
    process.communicate()


def gone_within(url, seconds):
    """Whether the server stops answering in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            httpx.get(f"{url}/health", timeout=2, trust_env=False)
        except httpx.TransportError:
            return True
        time.sleep(0.2)
    return False


def test_server_lives_as_long_as_the_context(opened):
    """Workers and background threads are told its address; afterwards it is gone, silently."""
    process, (url, handed, seen) = opened
    assert handed == seen == url
    assert not gone_within(url, 0.5)
    _, complaints = process.communicate("\n", timeout=60)
    assert complaints == ""
    assert gone_within(url, 2)


def test_prefect_reports_to_nobody(environment):
    """Before Prefect is imported its statistics are switched off, for it and its servers."""
    asked = (
        "from flows.run.engines.prefect_server import quiet_prefect\n"
        "quiet_prefect(False)\n"
        "from prefect.settings import PREFECT_SERVER_ANALYTICS_ENABLED as found\n"
        "import os\n"
        "print(found.value(), os.environ['DO_NOT_TRACK'])\n"
    )
    said = subprocess.run(
        [sys.executable, "-c", asked], env=environment, capture_output=True, text=True, check=True
    )
    assert said.stdout.split() == ["False", "1"]


def test_server_of_a_killed_run_is_ended(opened):
    """SIGKILL leaves no server behind: its watcher ends it within seconds."""
    process, (url, *_) = opened
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert gone_within(url, 10)


def test_the_empty_database_is_made_once(environment, tmp_path, monkeypatch):
    """The first run keeps one, the next begins with it; a damaged one is passed over."""
    clean = {name: value for name, value in environment.items() if name != "PREFECT_HOME"}
    monkeypatch.setenv("HOME", str(tmp_path))
    kept, seen = kept_database(), []
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", OPEN],
            env=clean | {"HOME": str(tmp_path)},
            input="\n",
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
        seen.append((kept.stat().st_ino, kept.stat().st_mtime_ns))
    assert seen[0] == seen[1]
    assert list(kept.parent.iterdir()) == [kept]
    home = tmp_path / "home"
    home.mkdir()
    assert begin_with_kept(home)
    kept.write_bytes(kept.read_bytes()[:5000])
    assert not begin_with_kept(home)
    assert not list(home.iterdir())


@pytest.mark.parametrize(
    ("status", "usable"), [(200, True), (401, True), (403, True), (404, False), (503, False)]
)
def test_server_that_asks_who_we_are_is_there(status, usable):
    """A server behind a login answers 401 or 403 and is used; a broken one is refused."""

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_):
            """Say nothing."""

    with http.server.HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            url = f"http://127.0.0.1:{server.server_port}/api"
            if usable:
                require_answer(url)
            else:
                with pytest.raises(ConfigError, match="does not answer"):
                    require_answer(url)
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("url", ["nonsense", "http://[::bad/api"])
def test_address_that_is_none(url):
    """What is no address is one line, too."""
    with pytest.raises(ConfigError, match="does not answer"):
        require_answer(url)
