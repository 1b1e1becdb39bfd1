"""A rating that was said to be saved is there, however the server ends."""

import os
import signal
import subprocess
import sys

import numpy as np

from flows.looking.study.store import Ratings
from tests.conftest import ROOT

KILLS = int(os.environ.get("IQA_SPIDER_KILLS", "20"))
SAVER = """
import sys
from pathlib import Path
from flows.looking.study.store import Ratings, Said
ratings, start = Ratings(Path(sys.argv[1])), int(sys.argv[2])
for number in range(start, start + 100000):
    ratings.save(Said("ada", f"row-{number}", "accuracy", 1 + number % 5))
    sys.stdout.write(f"{number}\\n")
    sys.stdout.flush()
"""


def test_a_killed_server_loses_no_rating(tmp_path):
    """After SIGKILL at any moment everything that was acknowledged can be read."""
    path, rng, said = tmp_path / "ratings.sqlite", np.random.default_rng(1), 0
    for _ in range(KILLS):
        with subprocess.Popen(
            [sys.executable, "-c", SAVER, str(path), str(said)],
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        ) as saver:
            for _ in range(int(rng.integers(1, 8))):
                said = int(saver.stdout.readline()) + 1
            saver.send_signal(signal.SIGKILL)
            rest = saver.stdout.read().splitlines()
        said = int(rest[-1]) + 1 if rest else said
        found = {one.row_id: one.score for one in Ratings(path).all()}
        assert found.items() >= {f"row-{n}": 1 + n % 5 for n in range(said)}.items()
        assert len(found) <= said + 1
        said = len(found)
