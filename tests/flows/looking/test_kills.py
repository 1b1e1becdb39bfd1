"""A rating that was said to be saved is there, however the server ends."""

import os
import subprocess
import sys

from flows.looking.study.store import Ratings
from tests.conftest import ROOT

KILLS = int(os.environ.get("IQA_SPIDER_KILLS", "100"))
# A process that saves and says what it saved is killed at any moment, again and again. It is forked
# from a small one, which has no threads, and goes on behind the last row that is there.
SCRIPT = """
import os, random, signal, sqlite3, sys
from pathlib import Path
from flows.looking.study.store import Ratings, Said

path, kills, draw = Path(sys.argv[1]), int(sys.argv[2]), random.Random(1)

def save_for_ever(start, told):
    ratings = Ratings(path)
    for number in range(start, start + 10**6):
        ratings.save(Said("ada", f"row-{number:06d}", "accuracy", 1 + number % 5))
        os.write(told, f"{number}\\n".encode())

next_row = lost = unsaid = 0
for _ in range(kills):
    heard, told = os.pipe()
    child = os.fork()
    if not child:
        os.close(heard)
        save_for_ever(next_row, told)
    os.close(told)
    with os.fdopen(heard) as lines:
        for _ in range(draw.randrange(1, 6)):
            last = int(lines.readline())
        # at any moment of the next one, not only right after an answer
        for _ in range(draw.randrange(3000)):
            pass
        os.kill(child, signal.SIGKILL)
        last = max([last, *map(int, lines.read().split())])
    os.waitpid(child, 0)
    with sqlite3.connect(path) as database:
        (count,) = database.execute("SELECT count(DISTINCT row_id) FROM said").fetchone()
    database.close()
    lost += max(0, last + 1 - count)
    unsaid += count - (last + 1) > 0
    next_row = count
print(next_row, lost, unsaid)
"""


def test_a_killed_server_loses_no_rating(tmp_path):
    """After SIGKILL at any moment everything that was acknowledged can be read."""
    path = tmp_path / "ratings.sqlite"
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(path), str(KILLS)],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    rows, lost, unsaid = map(int, done.stdout.split())
    assert lost == 0
    assert unsaid <= KILLS  # saved, but killed before it was said: one each time at most
    found = {one.row_id: one.score for one in Ratings(path).all()}
    assert found == {f"row-{n:06d}": 1 + n % 5 for n in range(rows)}
    assert rows >= KILLS
