"""The settings hash follows what files hold, not where they lie."""

import pytest

from flows.store.identity import settings_hash
from schemas.errors import ConfigError
from schemas.settings.config import RunConfig


def with_regions(path):
    return RunConfig.parse({"regions": {"source": f"coco:{path}"}})


def test_place_does_not_matter_content_does(tmp_path):
    """The same annotations elsewhere give the same hash; changed ones another."""
    first, second = tmp_path / "a.json", tmp_path / "b.json"
    first.write_text("{}")
    second.write_text("{}")
    assert settings_hash(with_regions(first)) == settings_hash(with_regions(second))
    before = settings_hash(with_regions(first))
    first.write_text("[]")
    assert settings_hash(with_regions(first)) != before


def test_only_what_can_change_a_row_counts():
    """Workers, device and the settings of a source that is not used make no difference."""
    base = settings_hash(RunConfig())
    for same in ({"run": {"workers": 8}}, {"regions": {"ssa": {"top": 5}}}):
        assert settings_hash(RunConfig.parse(same)) == base
    assert settings_hash(RunConfig.parse({"gate": {"min_delta_e": 4.5}})) != base
    ssa = {"source": "ssa", "ssa": {"device": "cuda:1"}}
    first = settings_hash(RunConfig.parse({"regions": ssa}))
    assert first == settings_hash(RunConfig.parse({"regions": {"source": "ssa"}}))
    assert first != settings_hash(
        RunConfig.parse({"regions": {"source": "ssa", "ssa": {"top": 5}}})
    )


def test_missing_file_is_named(tmp_path):
    """A file that cannot be read is one clear line."""
    with pytest.raises(ConfigError, match=r"gone\.json"):
        settings_hash(with_regions(tmp_path / "gone.json"))
