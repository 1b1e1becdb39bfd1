"""A table of mixtures, on a tiny model with random weights."""

import json
import signal
import subprocess
import sys
import time

import pytest

from flows.evaluation.ablation.ablate import mixtures
from flows.evaluation.ablation.table import table
from schemas.errors import ConfigError
from tests.conftest import ROOT

SFT = """
batch = 4
accumulate = 1
checkpointing = false
steps = 2
[tune]
rank = 4
alpha = 8
"""


def test_the_table_has_what_was_scored():
    """Sources and scores of all rows are columns; a row without one has a dash there."""
    found = {
        "I": {
            "sources": {"ours": 10},
            "scores": {"HyD-G": {"value": 0.5, "low": 0.4, "high": 0.6}},
        },
        "II": {"sources": {"ours": 10, "other": 5}, "scores": {"Q-Bench": {"value": 0.25}}},
    }
    heads, _, first, second = table(found).splitlines()[:4]
    assert heads == "|  | rows of ours | rows of other | HyD-G | Q-Bench |"
    assert first == "| I | 10 | 0 | 0.500 [0.400, 0.600] | - |"
    assert second == "| II | 10 | 5 | - | 0.250 |"


def test_two_files_of_one_name(tmp_path):
    """Rows are named after files, so that two of one name are refused."""
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "mix.toml").write_text('[[source]]\npath = "x"\n')
    with pytest.raises(ConfigError, match="two mixtures are named 'mix'"):
        mixtures([tmp_path / "a" / "mix.toml", tmp_path / "b" / "mix.toml"], False)


@pytest.mark.slow  # trains twice
def test_killed_and_resumed(train_extra, qwen, dataset, environment, shim, tmp_path):
    """What was trained when the command was killed is not trained again; the table has all rows."""
    (tmp_path / "sft.toml").write_text(SFT)
    for name, tasks in (("words", ["referring"]), ("places", ["grounding"])):
        text = f"[[source]]\npath = {json.dumps(str(dataset))}\ntasks = {json.dumps(tasks)}\n"
        (tmp_path / f"{name}.toml").write_text(text)
    command = [sys.executable, "-m", "flows", "ablate", tmp_path / "words.toml"]
    command += [tmp_path / "places.toml", "--data", dataset, "--model", qwen, "--out", tmp_path]
    command += ["--config", tmp_path / "sft.toml", "--max-tokens", "8", "--bootstrap", "20"]
    command[command.index("--out") + 1] = tmp_path / "out"
    paths = f"{shim['PYTHONPATH']}:{ROOT}"
    setting = environment | shim | {"PYTHONPATH": paths}
    first = tmp_path / "out" / "words" / "run" / "sft.json"
    with subprocess.Popen(list(map(str, command)), env=setting, stderr=subprocess.DEVNULL) as run:
        until = time.monotonic() + 280
        while not first.is_file() and run.poll() is None and time.monotonic() < until:
            time.sleep(0.1)
        run.send_signal(signal.SIGKILL)
    assert first.is_file()
    assert not (tmp_path / "out" / "places" / "run" / "sft.json").exists()
    weights = first.with_name("adapter_model.safetensors")
    before = weights.stat().st_mtime_ns, first.stat().st_mtime_ns
    done = subprocess.run(
        list(map(str, command)), env=setting, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert (weights.stat().st_mtime_ns, first.stat().st_mtime_ns) == before
    rows = json.loads((tmp_path / "out" / "ablation.json").read_text())["rows"]
    assert list(rows) == ["without training", "words", "places"]
    counts = [sum(row["sources"].values()) for row in rows.values()]
    assert counts[0] == 0 < min(counts[1:])
    for row in rows.values():
        assert row["scores"]["Ref. short"]["n"] > 0
    assert "| places |" in done.stdout
