"""Servers that fail in every way they know: rows as of a sound one, or one line that says no."""

import json
import socket
import threading

import pytest

from tests.doubles.chat_server import chat_body, serving
from tests.flows.model.test_chat_build import BUILD, obedient
from tests.flows.run.test_build import parquet_bytes

DEEP = "[" * 50_000
FAULTS = [
    (500, "oops", {}),
    (503, "loading", {"Retry-After": "0"}),
    (429, "busy", {"Retry-After": "\u00b2"}),
    (0, "", {}),
    (200, '{"choices": [', {}),
    (200, "", {}),
    (200, "<html>a proxy</html>", {}),
    (200, DEEP, {}),
    (200, {"choices": []}, {}),
    (200, [], {}),
    (200, chat_body({"answer": "an object"}), {}),
    (200, chat_body(7), {}),
    (200, chat_body([["no", "part"]]), {}),
    (200, "no gzip", {"Content-Encoding": "gzip"}),
    (200, "x" * (5 << 20), {}),
    (-1, (b"{", 60), {}),
    (-2, (b"X-More: and more\r\n", 60), {}),
]
"""Each is tried again and leaves no trace in the rows."""


def parts(said):
    """A sound answer as servers give it that know no plain text and cannot count."""
    body = chat_body([{"type": "text", "text": said[:9]}, {"type": "text", "text": said[9:]}])
    return 200, body | {"usage": {"prompt_tokens": None, "completion_tokens": "many"}}, {}


@pytest.mark.slow  # two builds over a server
def test_every_fault_is_passed_over(photos, spider, tmp_path):
    """A third of all requests fails, each time in another way; the rows are as if none had."""
    config = tmp_path / "c.toml"
    config.write_text("[answers]\ntimeout = 3.0\n")
    flags = (*BUILD, "--answers-mode", "paraphrase", "--config", config)
    failed, lock = [], threading.Lock()

    def failing(body, number):
        with lock:
            if number % 3 == 2:
                failed.append(number)
                return FAULTS[len(failed) % len(FAULTS)]
        return parts(obedient(body, number))

    with serving(obedient) as server:
        done = spider("build", photos, "--out", tmp_path / "a", *flags, "--endpoint", server.url)
        assert done.returncode in (0, 3), done.stderr
    with serving(failing) as server:
        done = spider("build", photos, "--out", tmp_path / "b", *flags, "--endpoint", server.url)
        assert done.returncode in (0, 3), done.stderr
    assert len(failed) >= len(FAULTS)
    assert parquet_bytes(tmp_path / "a") == parquet_bytes(tmp_path / "b")


@pytest.mark.slow  # a build over a server
def test_texts_that_cannot_be_read_end_no_run(photos, spider, tmp_path):
    """Brackets without end and halves of characters, for every request: the template writes."""
    config = tmp_path / "c.toml"
    config.write_text("[answers]\nprobe = false\n")
    texts = [DEEP, json.dumps({"answer": "It is \ud83d blurred."}), "\ud800", '{"answer": 7}']
    flags = (*BUILD, "--limit", 3, "--config", config)
    with serving(lambda body, number: texts[number % 4]) as server:
        build = ("build", photos, "--out", tmp_path / "d", *flags, "--endpoint", server.url)
        done = spider(*build)
        assert done.returncode in (0, 3), done.stderr
        assert spider(*build).returncode in (0, 3)
    assert spider("validate", tmp_path / "d").returncode == 0


def test_nobody_there_is_said_at_once(photos, spider, tmp_path):
    """A closed port, an unknown host, a port that is none: one line before the folder is made."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{free.getsockname()[1]}"
    for url, words in (
        (closed, "nobody is there"),
        ("http://no-such-host.invalid:1", "nobody is"),
        ("http://localhost:99999", "no address"),
        ("http://[::1", "no address"),
        ("http://me:SECRET@localhost:1", "--api-key-env"),
    ):
        done = spider("build", photos, "--out", tmp_path / "d", *BUILD, "--endpoint", url)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
        assert words in done.stderr
        assert "SECRET" not in done.stderr
        assert not (tmp_path / "d").exists()


def test_who_waits_gets_a_server_that_is_late(tmp_path):
    """``wait_seconds`` is how long; a server that comes in time is found."""
    from flows.model.probe import require_there
    from schemas.errors import ConfigError

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(ConfigError, match="nobody is there"):
        require_there(f"http://127.0.0.1:{port}", 0.5)
    late = socket.socket()
    late.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)

    def listen():
        late.bind(("127.0.0.1", port))
        late.listen()
        late.accept()[0].close()

    timer = threading.Timer(1.0, listen)
    timer.start()
    try:
        require_there(f"http://127.0.0.1:{port}", 20)
    finally:
        timer.join()
        late.close()
