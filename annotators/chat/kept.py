"""Pictures that a server keeps: sent with the first turn, only named in later ones.

vLLM keeps what it made of a picture under the name that came with it, and then takes the name
alone. A picture of 1.5 MB is sent once a conversation instead of eight times. Others would answer
without having seen it, so this is done only where the server says that it is vLLM; a server that
has dropped a picture refuses, and gets it again.
"""

import json
import re
import threading
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from annotators.chat.protocol import ChatMessage

_MARK = uuid4().hex
# What base64 is made of; the pattern looks at the beginning, our own encoder made the rest.
_PLAIN = re.compile(r"data:image/png;base64,[A-Za-z0-9+/=]")
MOST_MISSES = 8
"""Pictures that may have been dropped before a server counts as one that keeps too few; more only
while most are still there."""


def names_of(messages: Sequence[ChatMessage]) -> frozenset[str]:
    """The names of the pictures in messages; empty where one has none, and must be sent."""
    parts = [
        part
        for message in messages
        if isinstance(message["content"], list)
        for part in message["content"]
        if part["type"] == "image_url"
    ]
    names = [str(part.get("uuid", "")) for part in parts]
    return frozenset(names) if all(names) else frozenset()


def lifted(messages: Sequence[ChatMessage]) -> tuple[list[ChatMessage], list[str]]:
    """The messages with marks in the place of pictures' addresses, and the addresses in order.

    JSON looks at every character of a megabyte, in vain: an address of data needs no escapes.
    """
    addresses: list[str] = []

    def lift(part: ChatMessage) -> ChatMessage:
        address = part.get("image_url") and part["image_url"]["url"]
        if not address or not _PLAIN.match(address):
            return part
        addresses.append(address)
        return {**part, "image_url": {**part["image_url"], "url": f"{_MARK}{len(addresses) - 1}"}}

    found = [
        {**message, "content": [lift(part) for part in message["content"]]}
        if isinstance(message["content"], list)
        else message
        for message in messages
    ]
    return found, addresses


def put_back(body: bytes, addresses: Sequence[str]) -> bytes:
    """The JSON of lifted messages with the addresses in their places."""
    for number, address in enumerate(addresses):
        mark = json.dumps(f"{_MARK}{number}").encode()
        body = body.replace(mark, b'"' + address.encode("ascii") + b'"', 1)
    return body


class Keeping:
    """Whether a server keeps pictures, asked once, and how often it still had one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._hits = self._misses = 0
        self._says: bool | None = None

    def known(self) -> bool | None:
        """Whether it does; ``None`` where nobody has asked it."""
        with self._lock:
            tired = self._misses > MOST_MISSES and self._misses > self._hits
            return False if tired else self._says

    def said(self, models: Any) -> None:
        """What it says of its models decides: vLLM owns those that it serves."""
        try:
            vllm = any(model["owned_by"] == "vllm" for model in models["data"])
        except (LookupError, TypeError):
            vllm = False
        with self._lock:
            self._says = vllm

    def count(self, hit: bool) -> None:
        """A name that was enough, or was not."""
        with self._lock:
            self._hits += hit
            self._misses += not hit
