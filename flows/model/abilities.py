"""What one server that speaks OpenAI's protocol can do."""

from collections.abc import Callable
from typing import NamedTuple

import httpx
import numpy as np

from annotators.chat.address import authorization, base_address
from annotators.chat.endpoints import Endpoints
from annotators.chat.protocol import ChatRequest, data_url, picture_part, text_part
from flows.model.probe import asked, obeys
from flows.store.png import encode_png
from schemas.errors import IqaSpiderError


class Finding(NamedTuple):
    """Something that was looked at.

    Args:
        what: What was looked at.
        ok: Whether it works.
        found: Version, path, or what is wrong.
        help: What to run; empty when nothing is to do.
        needed: Whether its door is closed without it.
    """

    what: str
    ok: bool
    found: str
    help: str = ""
    needed: bool = True


SECONDS = 60.0


def check_endpoint(url: str, model: str, api_key: str = "") -> list[Finding]:
    """Findings about one endpoint; later ones are left out when it is not there.

    Args:
        url: Base address.
        model: Name to ask for; empty takes the first that the server lists.
        api_key: Sent as a bearer token; never part of a finding.
    """
    headers, base = authorization(api_key), base_address(url)
    with httpx.Client(headers=headers, timeout=SECONDS) as client:
        listed, finding = _models(client, base)
        found = [finding]
        if not finding.ok:
            return found
        name = model or listed[0]
        there = name in listed
        found.append(
            Finding(
                "endpoint: model",
                there,
                name if there else f"{name} is not served",
                "" if there else f"--model {', '.join(listed)}",
            )
        )
        if there:
            pool = Endpoints([base], name, api_key, retries=0, timeout=SECONDS)
            found += [
                _try("picture", lambda: _sees(pool)),
                _try("schema", lambda: _obeys(pool)),
                _try("log-probabilities", lambda: _tells(client, base, name)),
            ]
            pool.close()
    return found


def _models(client: httpx.Client, base: str) -> tuple[list[str], Finding]:
    try:
        answer = client.get(f"{base}/v1/models")
        answer.raise_for_status()
        listed = [str(entry["id"]) for entry in answer.json()["data"]]
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError) as error:
        help = "start the server, or give --api-key-env"
        said = " ".join(str(error).split())[:80] or type(error).__name__
        return [], Finding("endpoint: there", False, f"{base}: {said}", help)
    return listed, Finding("endpoint: there", bool(listed), base)


def _try(what: str, test: Callable[[], str]) -> Finding:
    try:
        return Finding(f"endpoint: {what}", True, test())
    except (IqaSpiderError, httpx.HTTPError, ValueError, KeyError, TypeError) as error:
        said = " ".join(str(error).split())[:120]
        return Finding(f"endpoint: {what}", False, said or type(error).__name__)


def _ask(pool: Endpoints, request: ChatRequest) -> str:
    line = pool.line()
    try:
        return line.complete(request).text
    finally:
        line.close()


def _sees(pool: Endpoints) -> str:
    red = np.zeros((64, 64, 3), np.uint8)
    red[..., 0] = 255
    url, _ = data_url(encode_png(red))
    content = [picture_part(url), text_part("Which colour is this?")]
    text = _ask(pool, ChatRequest([{"role": "user", "content": content}], max_tokens=16))
    return f"takes pictures; of a red one it says {text.strip()[:40]!r}"


def _obeys(pool: Endpoints) -> str:
    text = asked(pool.line())
    if not obeys(text):
        raise ValueError(f"ignores the schema: {text[:40]!r}")
    return "follows a JSON schema"


def _tells(client: httpx.Client, base: str, name: str) -> str:
    body = {
        "model": name,
        "messages": [{"role": "user", "content": "left or right?"}],
        "max_tokens": 1,
        "logprobs": True,
        "top_logprobs": 5,
    }
    answer = client.post(f"{base}/v1/chat/completions", json=body)
    answer.raise_for_status()
    top = answer.json()["choices"][0]["logprobs"]["content"][0]["top_logprobs"]
    return f"gives the log-probabilities of {len(top)} tokens"
