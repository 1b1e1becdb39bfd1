"""Pictures that a server keeps: sent with the first turn, only named in later ones.

vLLM keeps what it made of a picture under the name that came with it, and then takes the name
alone. A picture of 1.5 MB is sent once a conversation instead of eight times. Others would answer
without having seen it, so this is done only where the server says that it is vLLM; a server that
has dropped a picture refuses, and gets it again.
"""

import threading
from collections.abc import Sequence
from typing import Any

from annotators.chat.protocol import ChatMessage

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
