"""The tool that asks whether tests can fail can itself be trusted."""

import ast
import json
import subprocess
import sys
import tomllib

import pytest

from tests.conftest import ROOT
from tests.mutation.__main__ import equivalents, targets
from tests.mutation.mutants import mutants, sample

SOURCE = '''
"""A module."""
LIMIT: int = 3

def clipped(values: list[int], low: int = 0) -> list[int]:
    """Values from low on, at most LIMIT."""
    if not values:
        raise ValueError(f"expected {1 + 1} values")
    values.sort()
    return [min(value, LIMIT) for value in values if value >= low and value != 7]
'''
TEST = """
import pytest
from clip import clipped

def test_clipped():
    assert clipped([9, 2, 7, -1]) == [2, 3]
    with pytest.raises(ValueError):
        clipped([])
"""


def test_each_mutant_is_another_program():
    """One change, valid, never twice the same; types and messages are left alone."""
    found = list(mutants(SOURCE))
    assert len({mutant.source for mutant in found}) == len(found)
    plain = ast.unparse(ast.parse(SOURCE))
    for mutant in found:
        compile(mutant.source, "x", "exec")
        different = zip(plain.splitlines(), mutant.source.splitlines(), strict=True)
        assert sum(a != b for a, b in different) <= 2, mutant
    changes = {mutant.change for mutant in found}
    assert {
        "value >= low  ->  value > low",
        "value != 7  ->  value == 7",
        "value >= low and value != 7  ->  value >= low or value != 7",
        "min(value, LIMIT)  ->  max(value, LIMIT)",
        "values.sort()  ->  pass",
        "3  ->  4",
        "7  ->  6",
    } <= changes
    assert not [change for change in changes if change.startswith("1 + 1")]


def test_the_sample_is_keyed():
    """The same arguments give the same mutants, at most one a line; another seed gives others."""
    first = sample(SOURCE, "clip", 3, 0)
    assert first == sample(SOURCE, "clip", 3, 0)
    assert len({mutant.line for mutant in first}) == len(first) == 3
    assert len({tuple(sample(SOURCE, "clip", 3, seed)) for seed in range(9)}) > 3


def test_a_mutant_is_killed_or_survives(tmp_path):
    """The tests see the changed module: what they ask is killed, what they do not ask survives."""
    (tmp_path / "clip.py").write_text(SOURCE)
    (tmp_path / "test_clip.py").write_text(TEST)
    found = list(mutants(SOURCE))
    job = {
        "name": "clip",
        "file": str(tmp_path / "clip.py"),
        "tests": ["test_clip.py"],
        "sources": [
            next(mutant.source for mutant in found if mutant.change == change)
            for change in (
                "value != 7  ->  value == 7",
                "value >= low  ->  value > low",
                "values.sort()  ->  pass",
            )
        ],
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.mutation.worker"],
        input=json.dumps(job),
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env={"PYTHONPATH": f"{ROOT}:{tmp_path}", "PATH": ""},
    )
    first, *rest = map(json.loads, done.stdout.splitlines())
    assert first["sound"] == "survived"
    assert [line["outcome"] for line in rest] == ["killed", "survived", "killed"]


@pytest.mark.parametrize("name", [name for name, _ in targets([])])
def test_modules_and_their_tests_exist(name):
    """Whatever is named in the tables is there."""
    ((_, tests),) = [found for found in targets([name]) if found[0] == name]
    assert (ROOT / f"{name}.py").is_file()
    assert all((ROOT / test.split("::")[0]).exists() for test in tests)


def test_what_is_called_equivalent_is_a_mutant():
    """A reason that fits no change any more, since the module was rewritten, is to be deleted."""
    listed = tomllib.loads((ROOT / "tests/mutation/equivalent.toml").read_text())["mutant"]
    for name in {one["module"] for one in listed}:
        found = {(m.text, m.change) for m in mutants((ROOT / f"{name}.py").read_text())}
        assert equivalents(name) <= found, name
    assert all(one["why"] for one in listed)
