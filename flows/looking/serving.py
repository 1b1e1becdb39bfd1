"""Servers of pages: on this machine only unless told otherwise, and for nobody else's pages."""

import os
import socket
from collections.abc import Awaitable, Callable

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse, Response

from schemas.errors import ConfigError

LOOPBACK = "127.0.0.1"
_LOCAL = frozenset({"127.0.0.1", "localhost", "[::1]"})


def guard(app: FastAPI, host: str) -> None:
    """Let only pages of this server speak to it.

    A request must name the host it was told to listen on: a foreign site whose name leads to this
    machine gets nothing (DNS rebinding). What changes something must come from a page of ours.

    Args:
        app: The server.
        host: Where it listens; with anything but loopback every name is taken.
    """

    @app.middleware("http")
    async def check(
        request: Request, proceed: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        named = request.headers.get("host", "")
        if host == LOOPBACK and named.rsplit(":", 1)[0] not in _LOCAL:
            return PlainTextResponse("ask for 127.0.0.1 or localhost", 403)
        if request.method != "GET" and not _ours(request, named):
            return PlainTextResponse("another site's page may change nothing here", 403)
        answer = await proceed(request)
        answer.headers["X-Content-Type-Options"] = "nosniff"
        answer.headers["Referrer-Policy"] = "no-referrer"
        answer.headers["X-Frame-Options"] = "DENY"
        return answer


def _ours(request: Request, named: str) -> bool:
    """Whether a page of this very server sent the request, as the browser says itself."""
    site = request.headers.get("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        return False
    origin = request.headers.get("origin")
    return origin is None or origin.split("://", 1)[-1] == named


def listening(host: str, port: int) -> socket.socket:
    """A bound socket, so that the address can be said before the first request; 0 is any port.

    Raises:
        ConfigError: The port is taken or the host is none of ours.
    """
    try:
        return socket.create_server((host, port), reuse_port=False)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise ConfigError(f"--host {host} --port {port}: cannot listen there: {reason}") from None


def serve(app: FastAPI, bound: socket.socket) -> None:
    """Answer until Ctrl-C; uvicorn lets requests that have begun come to their end."""
    config = uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off", ws="none")
    uvicorn.Server(config).run(sockets=[bound])
