"""A client whose requests have one deadline each, from the first byte sent to the last one read.

httpx limits the wait for the next bytes; a server that sends one now and then is waited for
without end, in the middle of its headers as well. Here the connection itself knows the deadline.
"""

import contextlib
import ssl
import time
from collections.abc import Iterable, Iterator, Mapping
from contextvars import ContextVar
from typing import Any

import httpcore
import httpx

CONNECT_SECONDS = 10.0
_until: ContextVar[float | None] = ContextVar("until", default=None)


@contextlib.contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Whatever this thread asks of such a client meanwhile ends after so many seconds.

    Raises:
        httpx.TimeoutException: By the request that is not answered by then.
    """
    token = _until.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _until.reset(token)


def client(
    timeout: float,
    headers: Mapping[str, str] | None = None,
    context: ssl.SSLContext | None = None,
) -> httpx.Client:
    """A client for any number of connections.

    Args:
        timeout: Seconds until the next bytes are there, besides the deadline.
        headers: Sent with every request.
        context: Shared by several clients, as making one takes a while.
    """
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    return httpx.Client(
        headers=headers,
        timeout=httpx.Timeout(timeout, connect=min(timeout, CONNECT_SECONDS)),
        transport=_Transport(context or httpx.create_ssl_context(), limits),
    )


class _Transport(httpx.HTTPTransport):
    """httpx's own, over connections that know the deadline."""

    def __init__(self, context: ssl.SSLContext, limits: httpx.Limits) -> None:
        super().__init__(verify=context, limits=limits)
        self._pool = httpcore.ConnectionPool(
            ssl_context=context,
            max_connections=limits.max_connections,
            max_keepalive_connections=limits.max_keepalive_connections,
            keepalive_expiry=limits.keepalive_expiry,
            network_backend=_Backend(),
        )


class _Backend(httpcore.SyncBackend):
    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        most = _left(timeout, httpcore.ConnectTimeout)
        return _Stream(super().connect_tcp(host, port, most, local_address, socket_options))


class _Stream(httpcore.NetworkStream):
    """A connection on which nothing is waited for beyond the deadline."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        most = _left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, most))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _left(timeout: float | None, late: type[Exception]) -> float | None:
    """Seconds that may be waited now: those asked for, or less where the deadline is nearer."""
    until = _until.get()
    if until is None:
        return timeout
    left = until - time.monotonic()
    if left <= 0:
        raise late("the deadline is over")
    return left if timeout is None else min(timeout, left)
