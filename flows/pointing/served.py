"""Text-to-point over a served model: vLLM's log-probabilities instead of our own forward pass.

The answer is asked for without log-probabilities; then, for each of its positional words, the same
conversation is continued up to the word with one more token, whose exact log-probabilities for the
word and its rival are asked for by token id. Three traps of that server decide this (vLLM 0.32):
a grammar renormalises the log-probabilities it reports, so none is used; the top few may miss the
rival, so it is asked for by id; and requests by id corrupt the top few of their neighbours in a
batch, so this style is the only one sent.
"""

import base64
import io
import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from annotators.chat.address import authorization, base_address
from annotators.chat.reading import read_completion, shown, whole_body
from flows.pointing.points import Scored
from flows.pointing.scoring import Asked
from flows.pointing.words import SpokenPlace, Word, find_place
from schemas.errors import ConfigError, EndpointError

T = TypeVar("T")
IMPOSSIBLE = -9000.0
"""vLLM reports -9999 for what a sampler has ruled out; nothing is ruled out here."""


class ServedSpeaker:
    """A model behind an OpenAI-compatible endpoint of vLLM.

    Args:
        url: Address, with or without ``/v1``.
        model: Name the server knows it by.
        api_key: Sent as a bearer token; never logged.
        timeout: Seconds until a request counts as lost, its answer as a whole included.

    Raises:
        ConfigError: What is no address or holds a password, or a key that cannot be sent.
    """

    def __init__(self, url: str, model: str, api_key: str = "", timeout: float = 120.0) -> None:
        from annotators.chat.deadline import client

        self._url, self._model, self._timeout = base_address(url), model, timeout
        self._client = client(timeout, authorization(api_key))

    def answer(self, asked: Sequence[Asked], max_tokens: int) -> list[str]:
        """The most likely answers, asked for at once; the server batches on its own."""
        with ThreadPoolExecutor(max(1, len(asked))) as pool:
            return list(pool.map(lambda one: self._text(one, max_tokens), asked))

    def score(self, asked: Sequence[Asked], answers: Sequence[str]) -> list[Scored]:
        """Scores of the positional words of given answers."""
        with ThreadPoolExecutor(max(1, len(asked))) as pool:
            return list(pool.map(self._scored, asked, answers))

    def _scored(self, asked: Asked, answer: str) -> Scored:
        place = find_place(answer)
        across, down = (self._gap(asked, answer, word) for word in _both(place))
        return Scored(answer, place, across, down)

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def _text(self, asked: Asked, max_tokens: int) -> str:
        body = {"messages": [_user(asked)], "max_tokens": max_tokens, "temperature": 0}
        return self._asked(
            "/v1/chat/completions", body, lambda said: read_completion(said).text.strip()
        )

    def _gap(self, asked: Asked, answer: str, word: Word | None) -> float | None:
        """Log-probability of a word less its rival's.

        Of a word of several tokens the first counts, in which it differs from its rival: the rest
        follow from it almost surely, and a place of its own for each would take a request each.

        Raises:
            ConfigError: No token tells the words apart.
        """
        if word is None:
            return None
        stem = answer[: word.start].rstrip(" ")
        one = self._token(asked, stem, answer[len(stem) : word.end])
        other = self._token(asked, stem, answer[len(stem) : word.start] + word.rival)
        if one is None or other is None or one == other:
            raise ConfigError(
                f"{self._url}: this tokeniser does not tell {word.text!r} from "
                f"{word.rival!r} after {stem[-30:]!r}"
            )
        body: dict[str, Any] = {
            "messages": _continued(asked, stem),
            "max_tokens": 1,
            "temperature": 0,
            "logprobs": True,
            "logprob_token_ids": [one, other],
            "return_tokens_as_token_ids": True,
            **_continuing(stem),
        }
        found = self._asked("/v1/chat/completions", body, _logs)
        logs = [found.get(f"token_id:{token}", IMPOSSIBLE) for token in (one, other)]
        if min(logs) <= IMPOSSIBLE:
            raise ConfigError(
                f"{self._url}: no log-probabilities by token id; serve with vLLM 0.30 or later and "
                "no other client that asks for top_logprobs"
            )
        return logs[0] - logs[1]

    def _token(self, asked: Asked, stem: str, more: str) -> int | None:
        """The first token that ``more`` adds after ``stem``; ``None`` where they are joined."""
        text = asked._replace(image=None)
        short = self._tokenised(text, stem)
        long = self._tokenised(text, stem + more)
        return long[len(short)] if len(long) > len(short) and long[: len(short)] == short else None

    def _tokenised(self, asked: Asked, answer: str) -> list[int]:
        body = {"messages": _continued(asked, answer), **_continuing(answer)}
        return self._asked("/tokenize", body, _tokens)

    def _asked(self, path: str, body: dict[str, Any], read: Callable[[bytes], T]) -> T:
        """What ``read`` finds in the answer.

        Raises:
            ConfigError: The server refuses.
            EndpointError: It gives no answer, or one that holds something else.
        """
        import httpx

        from annotators.chat.deadline import deadline

        full = {"model": self._model, **body}
        try:
            with (
                deadline(self._timeout),
                self._client.stream("POST", self._url + path, json=full) as answer,
            ):
                said = whole_body(answer)
        except httpx.HTTPError as error:
            raise EndpointError(f"{self._url} gave no answer ({type(error).__name__})") from None
        if said is None:
            raise EndpointError(f"{self._url} gave no answer (one without end)")
        if not answer.is_success:
            raise ConfigError(f"{self._url}{path}: HTTP {answer.status_code}: {shown(said)}")
        try:
            return read(said)
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            raise EndpointError(f"{self._url}{path}: no answer: {shown(said)}") from None


def _logs(said: bytes) -> dict[str, float]:
    """Log-probabilities of the first token, by the token's own name."""
    entries = json.loads(said)["choices"][0]["logprobs"]["content"]
    return {str(entry["token"]): float(entry["logprob"]) for entry in entries[0]["top_logprobs"]}


def _tokens(said: bytes) -> list[int]:
    return [int(token) for token in json.loads(said)["tokens"]]


def _both(place: SpokenPlace) -> tuple[Word | None, Word | None]:
    return place.horizontal, place.vertical


def _user(asked: Asked) -> dict[str, Any]:
    parts: list[dict[str, Any]] = [{"type": "text", "text": asked.question}]
    if asked.image is not None:
        raw = io.BytesIO()
        asked.image.save(raw, "PNG")
        url = "data:image/png;base64," + base64.b64encode(raw.getvalue()).decode()
        parts.insert(0, {"type": "image_url", "image_url": {"url": url}})
    return {"role": "user", "content": parts}


def _continued(asked: Asked, answer: str) -> list[dict[str, Any]]:
    said = [{"role": "assistant", "content": answer}] if answer else []
    return [_user(asked), *said]


def _continuing(answer: str) -> dict[str, Any]:
    return {"add_generation_prompt": not answer, "continue_final_message": bool(answer)}
