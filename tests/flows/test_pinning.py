"""The settings hash follows what files hold, not where they lie."""

import pytest

from flows.pinning import settings_hash
from schemas.config import RunConfig
from schemas.errors import ConfigError


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


def test_no_files_no_difference():
    """Without files it is the configuration's own hash."""
    assert settings_hash(RunConfig()) == RunConfig().config_hash()


def test_missing_file_is_named(tmp_path):
    """A file that cannot be read is one clear line."""
    with pytest.raises(ConfigError, match=r"gone\.json"):
        settings_hash(with_regions(tmp_path / "gone.json"))
