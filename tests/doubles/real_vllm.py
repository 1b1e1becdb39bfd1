"""Real vLLM on a CPU, for the tests that start it: its program, its interpreter, its settings."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT

SHIM = ROOT / "tests" / "doubles" / "vllm_cpu"
OFFLINE = {"HF_HUB_OFFLINE": "1", "TORCHDYNAMO_DISABLE": "1", "VLLM_NO_USAGE_STATS": "1"}


def installed():
    """The vLLM program, or no test."""
    found = os.environ.get("IQA_SPIDER_VLLM") or shutil.which("vllm")
    if not found:
        pytest.skip("no vllm program; set IQA_SPIDER_VLLM to one")
    return Path(found)


def python(*arguments, path=(SHIM,)):
    """Run vLLM's own interpreter; its standard output."""
    found = os.pathsep.join(map(str, path))
    done = subprocess.run(
        [installed().parent / "python", *map(str, arguments)],
        capture_output=True,
        text=True,
        env=os.environ | OFFLINE | {"PYTHONPATH": found},
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def config(folder, model, **answers):
    """A configuration that starts vLLM with a tiny model."""
    program, file = folder / "serve", folder / "vllm.toml"
    exports = " ".join(f"{name}={value}" for name, value in OFFLINE.items())
    program.write_text(
        f'#!/bin/sh\nexport PYTHONPATH="{SHIM}" {exports}\nexec "{installed()}" "$@"\n'
    )
    program.chmod(0o755)
    values = {"writer": "vllm", "model": str(model), "vllm": str(program), **answers}
    lines = [f"{name} = {json.dumps(value)}" for name, value in values.items()]
    file.write_text(
        "\n".join(
            [
                "[answers]",
                *lines,
                """[answers.engine]
dtype = "float32"
enforce_eager = true
max_model_len = 4096
max_num_seqs = 8
kv_cache_memory_bytes = 268435456
block_size = 32
""",
            ]
        )
    )
    return file
