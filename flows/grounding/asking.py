"""Models that are asked: replies read without trust, many texts at once."""

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from annotators.chat.endpoints import Endpoints
from annotators.chat.protocol import ChatModel, Connection
from annotators.chat.reading import SURROGATE
from flows.model.choose import api_key
from schemas.errors import AnnotationError, ConfigError
from schemas.settings.grounding import ModelConfig

Item = TypeVar("Item")
Found = TypeVar("Found")


def endpoint_model(config: ModelConfig, what: str) -> Endpoints:
    """The model at the endpoints of a configuration.

    Args:
        config: Addresses, name, key, limits.
        what: Flag by which it is named, for messages.

    Raises:
        ConfigError: It names no endpoint or no model.
    """
    if not config.endpoints or not config.model:
        raise ConfigError(f"{what}: an endpoint and a model are needed")
    return Endpoints(
        config.endpoints,
        config.model,
        api_key(config.api_key_env),
        config.in_flight,
        config.timeout,
        config.retries,
    )


def each(
    items: Sequence[Item], ask: Callable[[Item, Connection], Found], model: ChatModel, at_once: int
) -> list[Found]:
    """``ask`` for every item, so many at once; results in the order of the items."""

    def one(item: Item) -> Found:
        line = model.line()
        try:
            return ask(item, line)
        finally:
            line.close()

    with ThreadPoolExecutor(max(1, min(at_once, len(items) or 1))) as threads:
        return list(threads.map(one, items))


def read_list(text: str, key: str) -> list[Any]:
    """The list under a key.

    Raises:
        AnnotationError: ``no_json`` or ``wrong_json``.
    """
    try:
        found = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        raise AnnotationError("no_json", f"expected a JSON object, got {text[:60]!r}") from None
    if not isinstance(found, dict) or not isinstance(found.get(key), list):
        raise AnnotationError("wrong_json", f"expected a list under {key!r}, got {text[:60]!r}")
    if SURROGATE.search(json.dumps(found[key], ensure_ascii=False)):
        raise AnnotationError("wrong_json", "half of a character")
    return list(found[key])
