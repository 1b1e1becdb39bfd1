"""The model that writes: chosen by the configuration, made once per process, served if need be."""

import contextlib
import json
import os
import shutil
import socket
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from annotators.chat.endpoints import Endpoints
from annotators.chat.offline import OfflineModel
from annotators.chat.protocol import ChatModel
from annotators.chat.serving import ServeOptions, options_for, serve_command
from annotators.dialogue import ChatScribe, ChatSettings
from annotators.refine import Refiner
from flows.conversations import Ledger
from flows.interrupt import when_interrupted
from flows.png import encode_png
from flows.processes import watched
from schemas.config import AnswerConfig, RunConfig
from schemas.errors import ConfigError

START_SECONDS = 1800.0
"""Large models take many minutes to load."""


def uses_model(config: RunConfig) -> bool:
    """Whether a model writes."""
    return config.answers.writer != "template"


def check_answers(config: RunConfig) -> None:
    """Refuse what cannot work before anything is begun.

    Raises:
        ConfigError: No model, no key, or an engine in many processes.
    """
    answers = config.answers
    if config.questions.wording == "model" and not uses_model(config):
        raise ConfigError("--questions model needs a model: --answers vllm")
    if not uses_model(config):
        return
    if not answers.model:
        raise ConfigError(f"--answers {answers.writer} needs --model NAME")
    api_key(answers)
    many = config.run.workers > 1 and config.run.runner == "processes"
    if answers.writer == "vllm-offline" and many:
        raise ConfigError(
            "--answers vllm-offline holds the model in this process; "
            "use --workers 1 or --runner threads"
        )


def chat_model(config: RunConfig) -> ChatModel:
    """The model the configuration asks for; one per process.

    Raises:
        ConfigError: It cannot be had.
    """
    return _chat_model(config.answers.model_dump_json(), config.run.workers)


@lru_cache(maxsize=1)
def _chat_model(settings: str, workers: int) -> ChatModel:
    answers = AnswerConfig.model_validate_json(settings)
    if answers.writer == "vllm-offline":
        return OfflineModel(answers.model, _options(answers), answers.in_flight)
    return Endpoints(
        answers.endpoints,
        served_name(answers),
        api_key(answers),
        max(1, answers.in_flight // workers),
        answers.timeout,
        answers.retries,
    )


def served_name(answers: AnswerConfig) -> str:
    """The model's name in requests and rows: a folder is called by its own name."""
    return Path(answers.model).name if Path(answers.model).is_dir() else answers.model


def at_once(config: RunConfig) -> int:
    """Conversations that one worker has at once."""
    endpoints = max(1, len(config.answers.endpoints))
    return max(1, config.answers.in_flight * endpoints // config.run.workers)


def requests_of(config: RunConfig) -> Counter[str]:
    """Requests, failures and tokens of this process so far."""
    model = chat_model(config)
    return Counter(model.counts) if isinstance(model, Endpoints) else Counter()


def scribe_and_refiner(config: RunConfig, ledger: Ledger) -> tuple[ChatScribe, Refiner | None]:
    """The writer of a shard and, where names are refined, who refines them."""
    answers = config.answers
    settings = ChatSettings(answers.mode, answers.temperature, answers.max_tokens, config.seed)
    scribe = ChatScribe(ledger, settings, encode_png)
    return scribe, Refiner(ledger, encode_png) if answers.refine_labels else None


def api_key(answers: AnswerConfig) -> str:
    """The key; empty where none is asked for.

    Raises:
        ConfigError: Its variable is not set.
    """
    if not answers.api_key_env:
        return ""
    try:
        return os.environ[answers.api_key_env]
    except KeyError:
        raise ConfigError(f"--api-key-env {answers.api_key_env}: not set here") from None


def _options(answers: AnswerConfig) -> ServeOptions:
    file = Path(answers.model) / "config.json"
    found: Mapping[str, Any] = {}
    if file.is_file():
        found = json.loads(file.read_text(encoding="utf-8"))
    chosen: dict[str, Any] = {
        "served_name": served_name(answers),
        "chat_template": answers.chat_template,
        "extra": tuple(sorted(answers.engine.items())),
    }
    if not found:  # a hub name: the server itself will say if it is none
        return ServeOptions(**chosen)
    return options_for(dict(found), answers.model, **chosen)


@contextlib.contextmanager
def model_server(config: RunConfig, say: Any) -> Iterator[RunConfig]:
    """The configuration with an endpoint; where none is given, a server lives with the context.

    Args:
        config: The run.
        say: Called with lines for people.

    Raises:
        ConfigError: vLLM is not there or its server does not start.
    """
    answers = config.answers
    if answers.writer != "vllm" or answers.endpoints:
        yield config
        return
    program = shutil.which(answers.vllm)
    if program is None:
        raise ConfigError(
            f"--answers vllm: no --endpoint is given and {answers.vllm!r} is not installed; "
            "pip install 'iqa-spider[vllm]' in an environment of its own, or start a server"
        )
    options = _options(answers)
    if options.native:
        say(f"{answers.model} brings code of its own, which the server runs (--trust-remote-code)")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command, url = serve_command(program, answers.model, port, options), f"http://127.0.0.1:{port}"
    environment = {**os.environ, "VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1"}
    say(f"starting {' '.join(command[:3])} at {url}")
    with (
        tempfile.TemporaryFile() as log,
        watched(
            command, environment, log, f"{url}/health", START_SECONDS, "the vLLM server"
        ) as server,
        # no shard waits for an answer then
        when_interrupted(server.terminate),
    ):
        yield config.model_copy(update={"answers": answers.model_copy(update={"endpoints": [url]})})
