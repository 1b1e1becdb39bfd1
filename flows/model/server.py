"""Starts a vLLM server for a run, and ends it with the run."""

import contextlib
import json
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from annotators.chat.serving import ServeOptions, options_for, serve_command
from flows.processes import watched, when_interrupted
from schemas.config import AnswerConfig, RunConfig
from schemas.errors import ConfigError
from schemas.section import thawed

START_SECONDS = 1800.0
"""Large models take many minutes to load."""


def served_name(answers: AnswerConfig) -> str:
    """The model's name in requests and rows: a folder is called by its own name."""
    return Path(answers.model).name if Path(answers.model).is_dir() else answers.model


def _options(answers: AnswerConfig) -> ServeOptions:
    file = Path(answers.model) / "config.json"
    found: Mapping[str, Any] = {}
    if file.is_file():
        found = json.loads(file.read_text(encoding="utf-8"))
    chosen: dict[str, Any] = {
        "served_name": served_name(answers),
        "chat_template": answers.chat_template,
        "extra": tuple(sorted(thawed(answers.engine).items())),
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
