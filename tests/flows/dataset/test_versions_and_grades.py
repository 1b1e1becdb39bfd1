"""Datasets of other versions are refused; words for strength are derived again."""

import json
import re

import pytest

from flows.dataset.validate import validate
from schemas.records import Sample, Step
from tests.flows.dataset.test_reading import tampered


def test_validate_derives_grades_again(dataset, tmp_path):
    """A word for strength that its damage does not give is found, and so is a missing one."""

    def change(rows):
        steps = [step for row in rows for step in row["chain"]]
        named = next(step for step in steps if step["grade"])
        named["grade"] = "" if named["grade"] == "mild" else "mild"

    tampered(dataset, tmp_path / "d", change, "records/degraded")
    found = [problem for problem in validate(tmp_path / "d") if problem.rule == "grade"]
    assert len(found) == 1
    assert "expected" in found[0].detail


@pytest.mark.parametrize(
    "command", [("validate",), ("export", "--format", "llava", "--out", "new")], ids=lambda c: c[0]
)
def test_older_datasets_are_refused(dataset, spider, tmp_path, command):
    """A dataset of another version is refused in one line: what, got, expected."""
    folder = tmp_path / "d"
    folder.mkdir()
    manifest = json.loads((dataset / "manifest.json").read_text())
    manifest["records"]["Sample"] = manifest["records"]["Step"] = 1
    (folder / "manifest.json").write_text(json.dumps(manifest))
    done = spider(command[0], folder, *command[1:], cwd=tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    named = {record.__name__: record.version for record in (Sample, Step)}
    said = re.search(r"(\w+) records of version 1, expected (\d+);", done.stderr)
    assert said, done.stderr
    assert named[said[1]] == int(said[2])
