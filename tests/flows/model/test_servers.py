"""Several servers for one run: each with GPUs of its own, all up at once, all gone afterwards."""

import os
import sys

import httpx
import pytest

from flows.model.server import VISIBLE, _environments, model_server
from schemas.errors import ConfigError
from schemas.settings.config import AnswerConfig, RunConfig


@pytest.mark.parametrize(
    ("servers", "engine", "visible", "found"),
    [
        (1, {}, "3,4", ["3,4"]),
        (2, {}, "", ["0", "1"]),
        (2, {}, "3,4,5", ["3", "4"]),
        (2, {"tensor_parallel_size": 2}, "", ["0,1", "2,3"]),
    ],
)
def test_each_server_sees_its_own_gpus(servers, engine, visible, found):
    """One sees all; several see as many each as their engine takes, of those that are given."""
    answers = AnswerConfig(servers=servers, engine=engine)
    made = _environments(answers, {VISIBLE: visible, "HOME": "/h"})
    assert [environment[VISIBLE] for environment in made] == found
    assert {environment["HOME"] for environment in made} == {"/h"}


def test_too_few_gpus_are_a_mistake():
    """What is missing is counted."""
    answers = AnswerConfig(servers=2, engine={"tensor_parallel_size": 2})
    with pytest.raises(ConfigError, match="4 GPUs are needed, CUDA_VISIBLE_DEVICES names 3"):
        _environments(answers, {VISIBLE: "0,1,2"})


def configured(folder, script):
    """A run that starts three servers of ours in the place of vLLM."""
    program = folder / "vllm"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    answers = {"writer": "vllm", "model": "m", "vllm": str(program), "servers": 3}
    return RunConfig.load(None, {f"answers.{name}": value for name, value in answers.items()})


def test_three_servers_come_and_go(tmp_path):
    """Three addresses answer, each with another GPU; after the run nobody does."""
    fake = f'"{sys.executable}" -m tests.doubles.fake_vllm "{tmp_path}" ready "$@"'
    script = f'echo ${VISIBLE} >> "{tmp_path}/gpus"; exec {fake}'
    with model_server(configured(tmp_path, script), lambda line: None) as served:
        urls = served.answers.endpoints
        assert len(set(urls)) == 3
        assert all(httpx.get(f"{url}/health", trust_env=False).is_success for url in urls)
    assert sorted((tmp_path / "gpus").read_text().split()) == ["0", "1", "2"]
    for url in urls:
        with pytest.raises(httpx.TransportError):
            httpx.get(f"{url}/health", trust_env=False)


def test_one_that_does_not_start_ends_the_others(tmp_path):
    """The mistake is said at once, though the others would load for ever; they are gone then."""
    loading = f'exec "{sys.executable}" -m tests.doubles.fake_vllm "{tmp_path}" loading "$@"'
    begin = f'echo $$ >> "{tmp_path}/numbers"'
    fail = f'if [ "${VISIBLE}" = 1 ]; then echo no such model; exit 1; fi'
    with (
        pytest.raises(ConfigError, match="did not start: no such model"),
        model_server(configured(tmp_path, f"{begin}; {fail}; {loading}"), lambda line: None),
    ):
        pass
    for number in (tmp_path / "numbers").read_text().split():
        with pytest.raises(ProcessLookupError):
            os.kill(int(number), 0)
