"""OpenAI-compatible endpoints over HTTP: many at once, least loaded first, retried where it helps.

A conversation keeps its endpoint, because that endpoint has its picture and earlier turns in the
prefix cache; it moves only when the endpoint is gone.
"""

import contextlib
import itertools
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from annotators.chat.address import authorization, base_address
from annotators.chat.kept import Keeping, lifted, put_back
from annotators.chat.line import EndpointLine
from annotators.chat.protocol import ChatRequest, Completion, named_only
from annotators.chat.reading import read_completion, shown, whole_body
from schemas.errors import AnnotationError, ConfigError, EndpointError

CROWD = 32
"""Requests in flight for each HTTP client: a client looks through all of its connections with every
request, so that one for hundreds of requests does little else."""
MOST_UNUSABLE = 20
"""Requests in a row that may end so; after that it is the server and not the request."""
RETRIED = frozenset((408, 409, 425, 429, 500, 502, 503, 504))
REFUSED = frozenset((400, 413, 422))
"""What servers say of a request they will never answer: too long, too large, not understood."""
MOST_WAIT = 30.0
STEP = 0.5
"""Seconds of a wait after which somebody looks whether it is still wanted."""
TOP = 5
"""Tokens whose probabilities are asked for at each place; every server gives so many."""


class Endpoint:
    """One server: its address and how many conversations are on it."""

    def __init__(self, url: str, limit: int) -> None:
        self.url = url.rstrip("/")
        self.busy = 0
        self.keeping = Keeping()
        self.slots = threading.BoundedSemaphore(limit)


class Endpoints:
    """A model served at one or several addresses.

    Args:
        urls: Base addresses, with or without ``/v1``.
        model: Name the servers know the model by.
        api_key: Sent as a bearer token; never logged.
        in_flight: Most requests at once for each endpoint; further ones wait.
        timeout: Seconds until a request counts as lost, its answer as a whole included.
        retries: Times a request is tried again.
        pause: Seconds before the first retry; doubled each time, with jitter.
        sleep: Waits; given by tests.

    Raises:
        ConfigError: No address, what is no address, or a key that cannot be sent.
    """

    def __init__(
        self,
        urls: Sequence[str],
        model: str,
        api_key: str = "",
        in_flight: int = 128,
        timeout: float = 120.0,
        retries: int = 5,
        pause: float = 0.5,
        sleep: Callable[[float], None] | None = None,
    ) -> None:
        import httpx

        from annotators.chat.deadline import client

        if not urls:
            raise ConfigError("--answers vllm needs an endpoint: --endpoint http://HOST:PORT")
        self.name, self._retries, self._pause, self._sleep = (
            model,
            retries,
            pause,
            sleep or self._doze,
        )
        self._endpoints = [Endpoint(base_address(url), in_flight) for url in urls]
        self._timeout = timeout
        self._lock = threading.Lock()
        self.counts: Counter[str] = Counter()
        """Requests, retries by cause and tokens; for the manifest."""
        self._unusable = 0
        self.interrupted: Callable[[], bool] = lambda: False
        """Whether the user wants the run to end; nothing is tried again then."""
        headers = authorization(api_key)
        most, context = in_flight * len(self._endpoints), httpx.create_ssl_context()
        self._clients = [client(timeout, headers, context) for _ in range(0, most, CROWD)]
        self._next_client = itertools.cycle(self._clients)

    def line(self) -> EndpointLine:
        """A line to the least loaded endpoint."""
        return EndpointLine(self)

    def close(self) -> None:
        """Close the connections."""
        for client in self._clients:
            client.close()

    def client(self) -> Any:
        """A client for a line; lines are spread evenly."""
        with self._lock:
            return next(self._next_client)

    def take(self, avoid: Endpoint | None = None) -> Endpoint:
        """The endpoint with fewest conversations, another one than ``avoid`` if there is one."""
        with self._lock:
            free = [e for e in self._endpoints if e is not avoid] or self._endpoints
            chosen = min(free, key=lambda endpoint: endpoint.busy)
            chosen.busy += 1
            return chosen

    def give_back(self, endpoint: Endpoint) -> None:
        """One conversation less."""
        with self._lock:
            endpoint.busy -= 1

    def count(self, name: str, number: int = 1) -> None:
        """Add to the counts."""
        with self._lock:
            self.counts[name] += number

    def keeps(self, client: Any, endpoint: Endpoint) -> bool:
        """Whether an endpoint keeps pictures under their names; it is asked once."""
        import httpx

        from annotators.chat.deadline import deadline

        known = endpoint.keeping.known()
        if known is not None:
            return known
        models: Any = None
        with (
            contextlib.suppress(httpx.HTTPError, ValueError, RecursionError),
            deadline(self._timeout),
            client.stream("GET", f"{endpoint.url}/v1/models") as said,
        ):
            models = json.loads(whole_body(said) or b"null")
        endpoint.keeping.said(models)
        return bool(endpoint.keeping.known())

    def post(
        self, client: Any, endpoint: Endpoint, request: ChatRequest, named: bool = False
    ) -> Completion | str:
        """One try: the completion, or the cause why another try may help.

        Args:
            client: Of the line.
            endpoint: Where to.
            request: What is asked.
            named: Whether pictures are named instead of sent.
        """
        import httpx

        from annotators.chat.deadline import deadline

        url, body = f"{endpoint.url}/v1/chat/completions", _body(self.name, request, named)
        with endpoint.slots:
            self.count("requests")
            try:
                with deadline(self._timeout), _posted(client, url, body) as answer:
                    said = whole_body(answer)
            except httpx.TimeoutException:
                return "timeout"
            except httpx.TransportError:
                return "unreachable"
            except httpx.RequestError:  # a body that is not packed as its header says
                return "half_answer"
        if said is None:
            return "endless"
        if answer.status_code in RETRIED:
            wait = answer.headers.get("Retry-After", "")
            if wait.isascii() and wait.isdigit():
                self._sleep(min(float(wait), MOST_WAIT))
            return f"http_{answer.status_code}"
        if answer.is_success:
            return self._read(said, request.choices)
        raise self._final(endpoint, answer.status_code, said)

    def forgives(self) -> bool:
        """Whether an unusable answer may be the fault of its request alone."""
        with self._lock:
            self._unusable += 1
            return self._unusable <= MOST_UNUSABLE

    def backoff(self, attempt: int) -> None:
        """Wait longer after every failure, and not as long in every thread, to spread the load."""
        wait = min(MOST_WAIT, self._pause * 2**attempt)
        spread = (threading.get_ident() // 64 + attempt * 7) % 16
        self._sleep(wait * (16 + spread) / 32)

    def _doze(self, seconds: float) -> None:
        """Sleep, but not on when nobody waits for the answer any more."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and not self.interrupted():
            time.sleep(min(left, STEP))

    @property
    def retries(self) -> int:
        """Times a request is tried again."""
        return self._retries

    def _read(self, body: bytes, choices: Sequence[str]) -> Completion | str:
        try:
            found = read_completion(body, choices)
        except ValueError:
            return "half_answer"
        self._unusable = 0
        self.count("prompt_tokens", found.prompt_tokens)
        self.count("completion_tokens", found.completion_tokens)
        self.count("cached_tokens", found.cached_tokens)
        return found

    def _final(self, endpoint: Endpoint, status: int, body: bytes) -> Exception:
        """What no retry helps against: a wrong key or model, a refused request, an odd answer."""
        said = shown(body)
        if status in (401, 403):
            return ConfigError(f"{endpoint.url} refuses the key (HTTP {status}); see --api-key-env")
        if status == 404:
            return ConfigError(f"{endpoint.url} does not serve {self.name!r}: {said}")
        if status in REFUSED:
            return AnnotationError("refused_request", f"HTTP {status}: {said}")
        if self.forgives():
            return AnnotationError("unusable_answer", f"HTTP {status}: {said}")
        return EndpointError(f"{endpoint.url} gave no answer (HTTP {status}: {said})")


def _posted(client: Any, url: str, body: bytes) -> Any:
    headers = {"Content-Type": "application/json"}
    return client.stream("POST", url, content=body, headers=headers)


def _body(model: str, request: ChatRequest, named: bool) -> bytes:
    messages, pictures = (named_only(request.messages), []) if named else lifted(request.messages)
    body: dict[str, Any] = {
        "model": model,
        "messages": messages,
        "max_tokens": request.max_tokens,
        "temperature": request.temperature,
        "seed": request.seed,
    }
    if request.choices:
        body |= {"logprobs": True, "top_logprobs": TOP}
    if request.schema is not None:
        # Not guided_json and its kin: servers took those and ignored them.
        body["response_format"] = {
            "type": "json_schema",
            "json_schema": {"name": "answer", "schema": request.schema, "strict": True},
        }
    return put_back(json.dumps(body, separators=(",", ":")).encode(), pictures)
