"""Starts a vLLM server for a run, and ends it with the run."""

import contextlib
import json
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from annotators.chat.serving import ServeOptions, options_for, serve_command
from flows.processes import Server, wait_until_up, watched, when_interrupted
from flows.store.inside import read_regular
from schemas.errors import ConfigError
from schemas.settings.config import AnswerConfig, RunConfig
from schemas.settings.section import thawed

KEY = "VLLM_API_KEY"
VISIBLE = "CUDA_VISIBLE_DEVICES"
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
    """The configuration with endpoints; where none is given, servers live with the context.

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
    name = answers.api_key_env or (KEY if os.environ.get(KEY) else "")
    environment = {**os.environ, "VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1"}
    if name:  # by the environment: the command line can be read by everybody on this machine
        environment[KEY] = os.environ[name]
    with contextlib.ExitStack() as stack:
        servers, urls = [], []
        for own in _environments(answers, environment):
            port = _free_port()
            command, url = serve_command(program, answers.model, port, options), _url(port)
            say(f"starting {' '.join(command[:3])} at {url}")
            servers.append(stack.enter_context(_server(command, own, url)))
            urls.append(url)
        wait_until_up(servers, START_SECONDS)
        update = {"endpoints": tuple(urls), "api_key_env": name}
        yield config.model_copy(update={"answers": answers.model_copy(update=update)})


@contextlib.contextmanager
def _server(command: Sequence[str], environment: Mapping[str, str], url: str) -> Iterator[Server]:
    with (
        tempfile.TemporaryFile() as log,
        watched(command, environment, log, f"{url}/health", "the vLLM server") as server,
        # no shard waits for an answer then
        when_interrupted(server.process.terminate),
    ):
        yield server


def _environments(answers: AnswerConfig, base: Mapping[str, str]) -> list[dict[str, str]]:
    """One environment a server; of several, each sees as many GPUs as its engine takes."""
    if answers.servers == 1:
        return [dict(base)]
    each = int(answers.engine.get("tensor_parallel_size", 1))
    given = [gpu for gpu in base.get(VISIBLE, "").split(",") if gpu]
    gpus = given or [str(number) for number in range(each * answers.servers)]
    if len(gpus) < each * answers.servers:
        raise ConfigError(
            f"--servers {answers.servers}: {each * answers.servers} GPUs are needed, "
            f"{VISIBLE} names {len(gpus)}"
        )
    starts = range(0, each * answers.servers, each)
    return [{**base, VISIBLE: ",".join(gpus[start : start + each])} for start in starts]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _url(port: int) -> str:
    return f"http://127.0.0.1:{port}"
