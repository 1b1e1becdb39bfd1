"""Starts a vLLM server for a run, and ends it with the run."""

import contextlib
import json
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from annotators.chat.serving import ServeOptions, options_for, serve_command
from flows.processes import watched, when_interrupted
from flows.store.inside import read_regular
from schemas.errors import ConfigError
from schemas.settings.config import AnswerConfig, RunConfig
from schemas.settings.section import thawed

KEY = "VLLM_API_KEY"
START_SECONDS = 1800.0
"""Large models take many minutes to load."""


def served_name(answers: AnswerConfig) -> str:
    """The model's name in requests and rows: a folder is called by its own name."""
    return Path(answers.model).name if Path(answers.model).is_dir() else answers.model


def engine_options(answers: AnswerConfig) -> ServeOptions:
    """How the engine is started that a configuration asks for.

    Raises:
        ConfigError: The checkpoint takes no pictures, or brings code that may not run.
    """
    found = _checkpoint(Path(answers.model) / "config.json")
    chosen: dict[str, Any] = {
        "served_name": served_name(answers),
        "chat_template": answers.chat_template,
        "trust_remote_code": answers.trust_remote_code,
        "extra": tuple(sorted(thawed(answers.engine).items())),
    }
    # of a hub name nothing is known yet: the engine itself will say if it cannot be
    options = options_for(found, answers.model, **chosen) if found else ServeOptions(**chosen)
    asked = answers.trust_remote_code or answers.engine.get("trust_remote_code") is True
    if options.native and not asked:
        raise ConfigError(
            f"--model {answers.model} brings code of its own, which would run with your rights; "
            "allow it by [answers] trust_remote_code = true, or take a checkpoint in the form of "
            "transformers"
        )
    return options


def _checkpoint(file: Path) -> dict[str, Any]:
    if not file.is_file():
        return {}
    try:
        found = json.loads(read_regular(file))
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigError(f"{file}: not the configuration of a model: {error}") from None
    return found if isinstance(found, dict) else {}


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
    options = engine_options(answers)
    if options.trust_remote_code:
        say(f"{answers.model} may run code of its own (--trust-remote-code)")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command, url = serve_command(program, answers.model, port, options), f"http://127.0.0.1:{port}"
    environment = {**os.environ, "VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1"}
    name = answers.api_key_env or (KEY if os.environ.get(KEY) else "")
    if name:  # by the environment: the command line can be read by everybody on this machine
        environment[KEY] = os.environ[name]
    say(f"starting {' '.join(command[:3])} at {url}")
    with (
        tempfile.TemporaryFile() as log,
        watched(
            command, environment, log, f"{url}/health", START_SECONDS, "the vLLM server"
        ) as server,
        # no shard waits for an answer then
        when_interrupted(server.terminate),
    ):
        update = {"endpoints": (url,), "api_key_env": name}
        yield config.model_copy(update={"answers": answers.model_copy(update=update)})
