"""A real server of S3's protocol (moto), in a process of its own, with one empty bucket."""

import contextlib
import socket
import subprocess
import sys
import time

import httpx

BUCKET = "pictures"
KEY, SECRET = "AKIAEXAMPLEOFATEST", "a/secret+that=nobody/may/see"


@contextlib.contextmanager
def serving(log):
    """The environment in which the tools of S3 find the server.

    Args:
        log: Where its output goes.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url, command = f"http://127.0.0.1:{port}", [sys.executable, "-m", "moto.server"]
    with log.open("wb") as said:
        server = subprocess.Popen(
            [*command, "-H", "127.0.0.1", "-p", str(port)], stdout=said, stderr=said
        )
        try:
            deadline = time.monotonic() + 120
            while True:
                assert server.poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                with contextlib.suppress(httpx.TransportError):
                    if httpx.put(f"{url}/{BUCKET}", timeout=20).is_success:
                        break
                time.sleep(0.2)
            yield {
                "AWS_ENDPOINT_URL": url,
                "AWS_ALLOW_HTTP": "true",
                "AWS_REGION": "us-east-1",
                "AWS_ACCESS_KEY_ID": KEY,
                "AWS_SECRET_ACCESS_KEY": SECRET,
            }
        finally:
            server.kill()
            server.wait()
