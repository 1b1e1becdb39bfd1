"""The proof of learning, in its short form."""

import json
import os
import re
import subprocess
import sys

import pytest

from tests.conftest import ROOT


@pytest.mark.slow  # trains for minutes
def test_short_proof(train_extra, shim, environment, tmp_path):
    """What was learnt beats what was random; guesses, which still beat it, are in no table."""
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
    assert report == done.stdout[-len(report) - 1 : -1]
    assert "Short form" in report
    assert "majority" not in report
    assert "centre" not in report
    table = dict(re.findall(r"^\| \**([a-z, ]+?)\** \| ([\d.]+)", report, re.MULTILINE))
    assert float(table["referring accuracy, trained"]) == round(accuracy["trained"], 3)
    assert float(table["right quadrant named, trained"]) > 0.1
    assert (out / "loss.png").stat().st_size > 5_000
    assert len([path for path in out.glob("*.png") if path.stem.isdigit()]) == 5
