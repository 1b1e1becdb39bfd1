"""What a started engine is trusted with: no secret in sight, and code only where it was allowed."""

import json
import sys

import pytest

from flows.model.choose import check_answers
from flows.model.server import engine_options, model_server
from schemas.errors import ConfigError
from schemas.settings.config import RunConfig
from tests.conftest import ROOT


def config(**answers):
    return RunConfig.parse({"answers": {"writer": "vllm", "model": "m", **answers}})


@pytest.mark.parametrize(
    "engine",
    [
        {"api_key": "SECRET"},
        {"api-key": "SECRET"},
        {"hf_token": "SECRET"},
        {"a": {"token": "SECRET"}},
    ],
)
def test_secrets_among_the_engines_arguments_are_refused(engine):
    """They would be stored with the dataset; the line says where to put them, and not which."""
    with pytest.raises(ConfigError, match="VLLM_API_KEY") as caught:
        check_answers(config(engine=engine))
    assert "SECRET" not in str(caught.value)


def test_arguments_that_are_no_secrets_stay():
    """Numbers of tokens and names of tokenizers are arguments like others."""
    engine = {"max_num_batched_tokens": 8, "tokenizer": "x", "hf_overrides": {"pad_token_id": 0}}
    check_answers(config(engine=engine))


@pytest.mark.parametrize(("key", "words"), [("k\u00e4y", "no server takes such a key")])
def test_keys_are_looked_at_before_the_run(monkeypatch, key, words):
    """A key that no header may hold is the user's mistake."""
    monkeypatch.setenv("MY_KEY", key)
    with pytest.raises(ConfigError, match=words):
        check_answers(config(api_key_env="MY_KEY"))


def test_a_checkpoints_own_code_needs_a_word(tmp_path):
    """InternVL's first format runs code of its own; without a setting one line says so."""
    described = {"architectures": ["InternVLChatModel"], "vision_config": {}}
    (tmp_path / "config.json").write_text(json.dumps(described))
    model = str(tmp_path)
    with pytest.raises(ConfigError, match=r"trust_remote_code = true"):
        engine_options(config(model=model).answers)
    allowed = engine_options(config(model=model, trust_remote_code=True).answers)
    assert allowed.engine_arguments()["trust_remote_code"] is True
    (tmp_path / "config.json").write_text("[" * 100_000)
    with pytest.raises(ConfigError, match="not the configuration of a model"):
        engine_options(config(model=model).answers)


def test_a_started_server_gets_its_key_by_the_environment(tmp_path, monkeypatch):
    """Its command line, which everybody can read, does not hold it; it reports to nobody."""
    said, program = tmp_path / "said", tmp_path / "vllm"
    fake = f'"{sys.executable}" -m tests.doubles.fake_vllm "{tmp_path}" ready "$@"'
    program.write_text(
        f'#!/bin/sh\necho "$VLLM_API_KEY|$VLLM_NO_USAGE_STATS|$@" > "{said}"\nexec {fake}\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("MY_KEY", "SECRET")
    for name in ("VLLM_API_KEY", "VLLM_NO_USAGE_STATS"):
        monkeypatch.delenv(name, raising=False)
    lines = []
    given = config(vllm=str(program), api_key_env="MY_KEY")
    with model_server(given, lines.append) as served:
        assert served.answers.endpoints[0].startswith("http://127.0.0.1:")
        assert served.answers.api_key_env == "MY_KEY"
    key, silent, arguments = said.read_text().split("|", 2)
    assert (key, silent) == ("SECRET", "1")
    assert "SECRET" not in arguments
    assert "SECRET" not in "".join(lines)
