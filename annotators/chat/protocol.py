"""What a chat model is asked and what it gives back, whoever serves it."""

import base64
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, runtime_checkable

from schemas.arrays import Image

ChatMessage = dict[str, Any]
"""A message of the OpenAI chat protocol; content is text or a list of parts."""


@dataclass(frozen=True)
class ChatRequest:
    """One turn that is asked for.

    Args:
        messages: The conversation so far, the last message from the user.
        schema: JSON schema the text must follow; ``None`` for free text.
        max_tokens: Longest text.
        temperature: 0 for the most likely text.
        seed: Of the sampling, where there is any.
        choices: Words one of which is the answer, their probabilities wanted; none asks for none.
    """

    messages: list[ChatMessage]
    schema: dict[str, Any] | None = None
    max_tokens: int = 400
    temperature: float = 0.0
    seed: int = 0
    choices: tuple[str, ...] = ()

    def key(self, model: str) -> str:
        """64 hex digits that are the same for the same question to the same model.

        A picture that has a name, which is a hash of it, counts by that.
        """
        asked = named_only(self.messages)
        body: list[Any] = [model, asked, self.schema, self.max_tokens, self.temperature, self.seed]
        if self.choices:
            body.append(list(self.choices))
        canonical = json.dumps(body, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()


class Completion(NamedTuple):
    """A text and what it cost.

    Args:
        text: What the model wrote.
        finish: Why it ended: ``stop``, ``length``, ...
        prompt_tokens: Tokens read.
        completion_tokens: Tokens written.
        cached_tokens: Of those read, how many the server had in its prefix cache.
        likely: Probability of each of the choices that were asked about, which add up to 1; none
            where the server does not say.
    """

    text: str
    finish: str = "stop"
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    likely: tuple[float, ...] = ()


class Connection(Protocol):
    """A line to a model that one conversation keeps, so that its prefix stays cached."""

    def complete(self, request: ChatRequest) -> Completion:
        """The model's answer.

        Raises:
            AnnotationError: ``refused_request``: the model cannot answer this one.
            EndpointError: Nobody answers, after all retries.
            ConfigError: The key or the model is wrong.
        """
        ...

    def close(self) -> None:
        """Let go of the line; it is closed once."""
        ...


@runtime_checkable
class Remembering(Connection, Protocol):
    """A line that keeps answers, and has to know which of them were of no use."""

    def settle(self, failed: str = "") -> None:
        """What was asked since the last time is over.

        Args:
            failed: Why nothing of it was taken; empty where it was.
        """
        ...


class ChatModel(Protocol):
    """A model that many conversations ask at once."""

    name: str
    """As the rows and the manifest call it."""

    def line(self) -> Connection:
        """A line for one conversation."""
        ...


def picture_part(data_url: str, uuid: str = "") -> ChatMessage:
    """A picture as a part of a message; ``uuid`` is vLLM's name for it in its own cache."""
    part: ChatMessage = {"type": "image_url", "image_url": {"url": data_url}}
    return part | {"uuid": uuid} if uuid else part


def text_part(text: str) -> ChatMessage:
    """Text as a part of a message."""
    return {"type": "text", "text": text}


def named_only(messages: Sequence[ChatMessage]) -> list[ChatMessage]:
    """The same messages, with names in the place of pictures that have one."""
    return [
        {**message, "content": [_named(part) for part in message["content"]]}
        if isinstance(message["content"], list)
        else message
        for message in messages
    ]


def _named(part: ChatMessage) -> ChatMessage:
    return {**part, "image_url": None} if part.get("uuid") else part


EncodePng = Callable[[Image], bytes]


def data_url(png: bytes) -> tuple[str, str]:
    """A picture as a data URL, and a name for it that is the same for the same bytes."""
    url = f"data:image/png;base64,{base64.b64encode(png).decode()}"
    return url, hashlib.sha256(png).hexdigest()[:32]
