"""Folders that a marker claims."""

import pytest

from flows.store.layout import TEMPORARY
from flows.store.marked import mark_folder
from schemas.errors import ConfigError


def claim(out, mark="mine"):
    """Claim a folder."""
    mark_folder(out, ".mark", mark, "work of this kind", aside=(".work",))


def test_the_same_mark_goes_on(tmp_path):
    """A folder of its own is taken again with whatever it holds by then."""
    claim(tmp_path / "new")
    (tmp_path / "new" / "result").write_text("")
    claim(tmp_path / "new")
    assert (tmp_path / "new" / ".mark").read_text() == "mine"


def test_a_torn_marker_and_what_is_set_aside_are_nothing(tmp_path):
    """What a process left that was killed while it claimed does not hinder the next one."""
    (tmp_path / ".work").mkdir()
    (tmp_path / f".mark.1{TEMPORARY}").write_text("mi")
    claim(tmp_path)
    assert (tmp_path / ".mark").read_text() == "mine"


def test_anything_else_is_refused_and_left_alone(tmp_path):
    """Another mark, a stranger's file, a file in the place of the folder."""
    claim(tmp_path / "other", "theirs")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").write_text("x")
    for name in ("other", "full"):
        before = {path.name: path.read_text() for path in (tmp_path / name).iterdir()}
        with pytest.raises(ConfigError, match="is not empty and holds no work of this kind"):
            claim(tmp_path / name)
        assert {path.name: path.read_text() for path in (tmp_path / name).iterdir()} == before
    with pytest.raises(ConfigError, match="is a file"):
        claim(tmp_path / "full" / "x")
