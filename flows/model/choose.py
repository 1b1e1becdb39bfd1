"""The model that writes: chosen by the configuration, made once per process, served if need be."""

import os
import re
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from annotators.answers.conversation import ChatSettings, ConversationOpener
from annotators.answers.registry import WRITERS
from annotators.chat.address import authorization, base_address
from annotators.chat.endpoints import Endpoints
from annotators.chat.offline import OfflineModel
from annotators.chat.protocol import ChatModel
from annotators.regions.relabel import Refiner
from flows.model.ledger import Ledger
from flows.model.server import engine_options, served_name
from flows.store.png import encode_png
from schemas.errors import ConfigError, UnknownNameError
from schemas.settings.config import AnswerConfig, RunConfig

MODEL_WRITERS = ("vllm", "vllm-offline")
"""Writers that hold a conversation: with endpoints, or with a model in this process."""

SECRET = re.compile(
    r"(^|_)((api|access|private)_?key|token|pass(word|wd|phrase)|secret|credentials?)$"
)


def uses_model(config: RunConfig) -> bool:
    """Whether a model writes."""
    return config.answers.writer in MODEL_WRITERS


def check_answers(config: RunConfig) -> None:
    """Refuse what cannot work before anything is begun.

    Raises:
        ConfigError: No such writer, no model, no key, what is no address, a secret among the
            engine's arguments, or an engine in many processes.
    """
    answers = config.answers
    known = (*WRITERS, *MODEL_WRITERS)
    if answers.writer not in known:
        raise UnknownNameError("writer", answers.writer, known)
    if config.questions.wording == "model" and not uses_model(config):
        raise ConfigError("--questions model needs a model: --answers vllm")
    if not uses_model(config):
        return
    if not answers.model:
        raise ConfigError(f"--answers {answers.writer} needs --model NAME")
    authorization(api_key(answers.api_key_env))
    for url in answers.endpoints:
        base_address(url)
    _refuse_secrets(answers.engine)
    engine = config.run.engine
    many = engine in ("dask", "ray") or (config.run.workers > 1 and engine == "local")
    if answers.writer == "vllm-offline" and many:
        raise ConfigError(
            "--answers vllm-offline holds the model in this process; "
            "use --workers 1 or --engine threads"
        )


def _refuse_secrets(values: Mapping[str, Any]) -> None:
    """Engine arguments are stored with the dataset and stand in the list of processes."""
    for name, value in values.items():
        if SECRET.search(name.replace("-", "_").lower()):
            raise ConfigError(
                f"[answers.engine] {name}: a secret would be stored with the dataset; put it into "
                "the environment (vLLM reads VLLM_API_KEY and HF_TOKEN there)"
            )
        if isinstance(value, Mapping):
            _refuse_secrets(value)


def chat_model(config: RunConfig) -> ChatModel:
    """The model the configuration asks for; one per process.

    Raises:
        ConfigError: It cannot be had.
    """
    return _chat_model(config.answers, config.run.workers)


@lru_cache(maxsize=1)
def _chat_model(answers: AnswerConfig, workers: int) -> ChatModel:
    if answers.writer == "vllm-offline":
        return OfflineModel(answers.model, engine_options(answers), answers.in_flight)
    return Endpoints(
        answers.endpoints,
        served_name(answers),
        api_key(answers.api_key_env),
        max(1, answers.in_flight // workers),
        answers.timeout,
        answers.retries,
    )


def at_once(config: RunConfig) -> int:
    """Conversations that one worker has at once."""
    endpoints = max(1, len(config.answers.endpoints))
    return max(1, config.answers.in_flight * endpoints // config.run.workers)


def requests_of(config: RunConfig) -> Counter[str]:
    """Requests, failures and tokens of this process so far."""
    model = chat_model(config)
    return Counter(model.counts) if isinstance(model, Endpoints) else Counter()


def opener_and_refiner(
    config: RunConfig, ledger: Ledger
) -> tuple[ConversationOpener, Refiner | None]:
    """The writer of a shard and, where names are refined, who refines them."""
    answers = config.answers
    settings = ChatSettings(answers.mode, answers.temperature, answers.max_tokens, config.seed)
    opener = ConversationOpener(ledger, settings, encode_png)
    return opener, Refiner(ledger, encode_png) if answers.refine_labels else None


def api_key(variable: str) -> str:
    """The key in an environment variable; empty where none is named.

    Raises:
        ConfigError: The variable is not set.
    """
    if not variable:
        return ""
    try:
        return os.environ[variable]
    except KeyError:
        raise ConfigError(f"--api-key-env {variable}: not set here") from None
