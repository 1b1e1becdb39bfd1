"""The proof of learning, in its short form."""

import json
import os
import subprocess
import sys

import pytest

from tests.conftest import ROOT


@pytest.mark.slow  # trains for minutes
def test_short_proof(train_extra, shim, environment, tmp_path):
    """The example builds, trains, points and evaluates; what was learnt beats what was random."""
    out = tmp_path / "proof"
    paths = os.pathsep.join([shim["PYTHONPATH"], str(ROOT)])
    done = subprocess.run(
        [sys.executable, ROOT / "examples" / "prove_learning.py", "--out", out, "--short"],
        env=environment | shim | {"PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    losses = json.loads((out / "seed0" / "run" / "sft.json").read_text())["losses"]
    assert losses[-1][1] < losses[0][1] / 10
    accuracy = {}
    for name in ("untrained", "trained"):
        found = json.loads((out / "seed0" / name / "results.json").read_text())
        systems = found["benchmark"]["systems"]
        accuracy[name] = systems["predictions"]["referring"]["all"]["accuracy"]["value"]
    assert accuracy["untrained"] < 0.1
    assert accuracy["trained"] > 0.25
    report = (out / "report.md").read_text()
    assert "**pointing accuracy, trained**" in report
    assert (out / "loss.png").stat().st_size > 5_000
    assert len([path for path in out.glob("*.png") if path.stem.isdigit()]) == 5
