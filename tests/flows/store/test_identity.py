"""The settings hash follows what files hold, not where they lie."""

import json
from importlib.metadata import version

import pytest

from flows.store.identity import drawing_libraries, run_identity, settings_hash
from flows.store.run_folder import RunFolder
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


CODECS = RunConfig.parse({"plan": {"types": ["mpeg4_compression", "webp_compression"]}})


def test_what_codecs_drew_is_gone_on_with_by_them_alone(tmp_path):
    """A run under one version of a codec's library is refused under another, in one line."""
    folder = RunFolder(tmp_path)
    folder.claim(CODECS, [])
    folder.claim(CODECS, [])
    folder.require_libraries(CODECS)
    there = json.loads(folder.marker.read_text())
    assert there["libraries"] == f"av {version('av')}, pillow {version('pillow')}"
    folder.marker.write_text(json.dumps({**there, "libraries": "av 17.0.0, pillow 12.0.0"}))
    for again in (lambda: folder.claim(CODECS, []), lambda: folder.require_libraries(CODECS)):
        with pytest.raises(ConfigError, match="begun with av 17") as refused:
            again()
        assert "\n" not in str(refused.value)
    del there["libraries"]
    folder.marker.write_text(json.dumps(there))
    with pytest.raises(ConfigError, match="codecs of unknown versions"):
        folder.claim(CODECS, [])


def test_other_runs_hang_on_no_codec():
    """By default no library decides pixels, nor where only regions are made."""
    assert drawing_libraries(RunConfig()) == ""
    assert "libraries" not in run_identity(RunConfig(), [])
    assert "libraries" not in run_identity(CODECS, [], "segment")
