"""The recipe of the paper on tiny models, from photographs to tables; long, so by option."""

import json
import os
import subprocess
import sys

import pytest

from tests.conftest import ROOT

RECIPE = ROOT / "examples" / "iqa-spider-33k"


@pytest.mark.skipif(not os.environ.get("IQA_SPIDER_RECIPE"), reason="set IQA_SPIDER_RECIPE=1")
@pytest.mark.slow  # every command of the project, one after the other: minutes
def test_tiny_recipe(train_extra, shim, environment, tmp_path):
    """Every command takes what the one before it wrote; the page at the end has every table."""
    paths = os.pathsep.join([shim["PYTHONPATH"], str(ROOT)])
    done = subprocess.run(
        ["bash", RECIPE / "commands.sh", "--tiny", tmp_path],
        env=environment | shim | {"PYTHONPATH": paths, "PYTHON": sys.executable},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-1500:] + done.stderr[-3000:]
    assert "not on it" not in done.stdout
    page = (tmp_path / "report.html").read_text()
    tables = page.split("<h3>")[1:]
    for title in (*(f"Table {number}:" for number in (1, 2, 3, 4, 6, 7, 8, 9)), "Tables 10 to 18"):
        (table,) = (part for part in tables if part.startswith(title))
        assert table.count("<tr>") > 2, title
    assert all("Measured here on tiny models" in part for part in tables)
    rows = json.loads((tmp_path / "ablation" / "ablation.json").read_text())["rows"]
    assert list(rows) == ["without training", "mix_I", "mix_II", "mix_III", "mix_IV"]
    alone, second, third, both = (sum(row["sources"].values()) for row in list(rows.values())[1:])
    assert alone < min(second, third)
    assert both == second + third - alone
    origins = json.loads((tmp_path / "iqa-spider-33k" / "manifest.json").read_text())
    assert origins["counts"]["rows"]
    for model in ("qwen3_vl", "qwen2_5_vl"):
        assert json.loads((tmp_path / model / "merged" / "point.json").read_text())["rows"]
        scores = json.loads((tmp_path / "scores" / model / "results.json").read_text())
        assert scores["benchmark"]["counts"]["missing"] == 0
        assert scores["qbench"]["missing"] == 0
