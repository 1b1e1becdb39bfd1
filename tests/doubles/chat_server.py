"""A real HTTP server that speaks the chat protocol and misbehaves as it is told."""

import contextlib
import http.server
import json
import threading
import time
from collections import Counter


def chat_body(text, finish="stop"):
    return {
        "choices": [{"message": {"role": "assistant", "content": text}, "finish_reason": finish}],
        "usage": {
            "prompt_tokens": 10,
            "completion_tokens": 3,
            "prompt_tokens_details": {"cached_tokens": 4},
        },
    }


def allowed_words(body):
    """The words that the request's schema allows as answer, if it names any."""
    schema = body.get("response_format", {}).get("json_schema", {}).get("schema", {})
    return schema.get("properties", {}).get("answer", {}).get("enum", [])


class ChatServer(http.server.ThreadingHTTPServer):
    """Answers ``reply(body, number)`` with (status, body, headers) or text.

    ``number`` counts requests from 0. A status of 0 cuts the connection; with -1 the body is a
    piece and a number, and the piece is sent so many times, ten a second; with -2 the same happens
    among the headers, which never end.
    """

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, reply, models=("m",), port=0):
        super().__init__(("127.0.0.1", port), _Handler)
        self.reply, self.models = reply, models
        self.bodies, self.lock, self.seen = [], threading.Lock(), Counter()
        self.most = self.busy = 0
        self.closed = False
        self.owner = "somebody"

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        owned = {"owned_by": self.server.owner}
        self._send(200, {"data": [{"id": name, **owned} for name in self.server.models]}, {})

    def do_POST(self):
        if self.server.closed:  # a connection that was kept alive ends with the server
            self.close_connection = True
            return
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.lock:
            number = len(self.server.bodies)
            self.server.bodies.append(body)
            self.server.seen[self.headers.get("Authorization", "")] += 1
            self.server.busy += 1
            self.server.most = max(self.server.most, self.server.busy)
        try:
            said = self.server.reply(body, number)
        finally:
            with self.server.lock:
                self.server.busy -= 1
        status, answer, headers = said if isinstance(said, tuple) else (200, chat_body(said), {})
        if status < 0:
            self._drip(*answer, headers_only=status == -2)
        elif status:
            self._send(status, answer, headers)
        else:
            self.close_connection = True

    def _send(self, status, body, headers):
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(data)

    def _drip(self, piece, times, headers_only):
        self.close_connection = True
        self.send_response(200)
        if headers_only:
            self.flush_headers()
        else:
            self.end_headers()
        with contextlib.suppress(OSError):
            for _ in range(times):
                self.wfile.write(piece)
                time.sleep(0.1)

    def log_message(self, *_):
        """Say nothing."""


@contextlib.contextmanager
def serving(reply, models=("m",)):
    """A server in a thread while the context lasts."""
    with ChatServer(reply, models) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.closed = True
            server.shutdown()
            thread.join()


def slow(seconds, text):
    """A reply that takes its time."""

    def reply(body, number):
        time.sleep(seconds)
        return text

    return reply
