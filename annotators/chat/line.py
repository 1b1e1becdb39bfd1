"""A conversation's line to an endpoint: it stays with one while that answers."""

from typing import TYPE_CHECKING

from annotators.chat.kept import names_of
from annotators.chat.protocol import ChatRequest, Completion
from schemas.errors import AnnotationError, EndpointError, StoppedError

if TYPE_CHECKING:
    from annotators.chat.endpoints import Endpoint, Endpoints

UNUSABLE = ("half_answer", "endless")
"""Failures of a server that is there and answers."""


class EndpointLine:
    """A conversation's line; it stays with one endpoint while that answers."""

    def __init__(self, pool: "Endpoints") -> None:
        self._pool = pool
        self._endpoint, self._client = pool.take(), pool.client()
        self._sent = set[tuple["Endpoint", str]]()

    def complete(self, request: ChatRequest) -> Completion:
        """See ``Line``."""
        pool, cause = self._pool, ""
        for attempt in range(pool.retries + 1):
            found = self._post(request)
            if isinstance(found, Completion):
                return found
            cause = found
            pool.count(f"failed.{cause}")
            if pool.interrupted():
                raise StoppedError("interrupted; the same command goes on from here")
            if cause in ("unreachable", "timeout"):
                self._move()
            if attempt < pool.retries:
                pool.backoff(attempt)
        if cause in UNUSABLE and pool.forgives():
            raise AnnotationError("unusable_answer", f"{cause}, {pool.retries + 1} tries")
        raise EndpointError(
            f"{self._endpoint.url} gave no answer ({cause}, {pool.retries + 1} tries); "
            "finished conversations are kept, the same command goes on from there"
        )

    def _post(self, request: ChatRequest) -> Completion | str:
        """One try; pictures that the endpoint has are named, and sent if it has them no more."""
        pool, endpoint = self._pool, self._endpoint
        sent = {(endpoint, name) for name in names_of(request.messages)}
        if sent and sent <= self._sent and pool.keeps(self._client, endpoint):
            found = self._post_named(request)
            if found is not None:
                return found
        found = pool.post(self._client, endpoint, request)
        if isinstance(found, Completion):
            self._sent |= sent
        return found

    def _post_named(self, request: ChatRequest) -> Completion | str | None:
        """The same with names; none where the endpoint has dropped a picture."""
        pool, endpoint = self._pool, self._endpoint
        try:
            found = pool.post(self._client, endpoint, request, named=True)
        except AnnotationError:
            found = "http_400"
        hit = isinstance(found, Completion)
        if not hit and not str(found).startswith("http_"):
            return found  # nothing is known of the picture then
        endpoint.keeping.count(hit)
        if hit:
            return found
        pool.count("pictures_sent_again")
        return None

    def _move(self) -> None:
        old = self._endpoint
        self._endpoint = self._pool.take(avoid=old)
        self._pool.give_back(old)

    def close(self) -> None:
        """Let go of the endpoint."""
        self._pool.give_back(self._endpoint)
