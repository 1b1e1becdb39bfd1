"""One small request to each endpoint before a run: does it take pictures and obey a JSON schema?

A server that ignores schemas would cost a whole run: it answers every request, and nearly every
answer is refused.
"""

import json
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import numpy as np

from annotators.chat.address import base_address
from annotators.chat.deadline import CONNECT_SECONDS, client, deadline
from annotators.chat.endpoints import Endpoints
from annotators.chat.protocol import ChatRequest, Connection, data_url, picture_part, text_part
from flows.model.choose import api_key
from flows.model.server import engine_options, served_name
from flows.store.png import encode_png
from schemas.errors import AnnotationError, ConfigError, EndpointError
from schemas.settings.config import AnswerConfig, RunConfig

# A model that is free to write would not answer this with one of these two words.
QUESTION, WORDS = "Name an animal.", ("quagga", "okapi")
SCHEMA = {
    "type": "object",
    "properties": {"answer": {"type": "string", "enum": list(WORDS)}},
    "required": ["answer"],
    "additionalProperties": False,
}
MOST_TOKENS = 40
TRIES_AGAIN = 1


def check_endpoints(config: RunConfig) -> None:
    """Look whether what writes can be had: endpoints are there and obey, a checkpoint is trusted.

    An endpoint that is there and fails is left to the run, which tries for longer.

    Raises:
        ConfigError: An endpoint is not there, refuses the request, or answers without regard to
            its schema; or a checkpoint brings code that may not run.
    """
    answers = config.answers
    if answers.writer == "template":
        return
    if not answers.endpoints or answers.writer == "vllm-offline":
        engine_options(answers)
        return
    with ThreadPoolExecutor(len(answers.endpoints)) as pool:
        list(pool.map(lambda url: require_there(url, answers.wait_seconds), answers.endpoints))
        if answers.probe:
            list(pool.map(lambda url: _check(url, answers), answers.endpoints))


def require_there(url: str, seconds: float = 0.0) -> None:
    """Raise ``ConfigError`` unless somebody listens at an address, or does so within a time."""
    until, base = time.monotonic() + seconds, base_address(url)
    with client(CONNECT_SECONDS) as asking:
        while True:
            try:
                with deadline(CONNECT_SECONDS), asking.stream("GET", f"{base}/v1/models"):
                    return
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                if time.monotonic() >= until:
                    said = " ".join(str(error).split()) or type(error).__name__
                    raise ConfigError(
                        f"--endpoint {url}: nobody is there ({said}); start the server first, or "
                        "let the run wait for it by [answers] wait_seconds"
                    ) from None
            except httpx.HTTPError:
                return  # somebody is there
            time.sleep(min(1.0, max(0.0, until - time.monotonic())))


def _check(url: str, answers: AnswerConfig) -> None:
    retries = min(answers.retries, TRIES_AGAIN)
    pool = Endpoints(
        [url], served_name(answers), api_key(answers.api_key_env), 1, answers.timeout, retries
    )
    try:
        text = asked(pool.line())
    except EndpointError:
        return
    except AnnotationError as error:
        raise ConfigError(
            f"{url} does not take a picture with a JSON schema: {error.detail}; serve a "
            "vision-language model with structured outputs, e.g. by vllm serve"
        ) from None
    finally:
        pool.close()
    if not obeys(text):
        raise ConfigError(
            f"{url} ignores the JSON schema: expected {' or '.join(WORDS)}, got {text[:60]!r}; "
            "switch structured outputs on in the server, or, if you want to try it nevertheless, "
            "set [answers] probe = false"
        )


def asked(line: Connection) -> str:
    """What a model says to the question beside a red picture."""
    red = np.zeros((64, 64, 3), np.uint8)
    red[..., 0] = 255
    url, uuid = data_url(encode_png(red))
    content = [picture_part(url, uuid), text_part(QUESTION)]
    request = ChatRequest([{"role": "user", "content": content}], SCHEMA, max_tokens=MOST_TOKENS)
    try:
        return line.complete(request).text
    finally:
        line.close()


def obeys(text: str) -> bool:
    """Whether a text is what the schema allows."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict) and found.get("answer") in WORDS
