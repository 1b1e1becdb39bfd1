"""The configuration: defaults, TOML, flags, one clear line per mistake."""

import pytest

from schemas.config import RunConfig
from schemas.errors import ConfigError


def test_empty_file_is_a_valid_run(tmp_path):
    """Every setting has a default."""
    file = tmp_path / "c.toml"
    file.write_text("")
    assert RunConfig.load(file) == RunConfig()


def test_flags_lie_on_top(tmp_path):
    """A flag beats the file; a flag that was not given does not."""
    file = tmp_path / "c.toml"
    file.write_text("seed = 3\n[plan]\norder_profile = 'paper'\n")
    config = RunConfig.load(file, {"seed": 9, "plan.order_profile": None, "run.workers": 2})
    assert (config.seed, config.plan.order_profile, config.run.workers) == (9, "paper", 2)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sede = 1", "unknown key 'sede'; allowed here: .*seed"),
        ("[plan]\nmin_region = 1", "unknown key 'plan.min_region'; allowed here: .*min_regions"),
        ("[plan]\nmin_regions = 0", "plan.min_regions: .* got 0"),
        ("[plan]\nmin_regions = 5", "max_regions must be at least min_regions"),
        ("[plan]\nsingle_grades = ['mild', 'mild', 'bad', 'severe', 'severe']", "'bad'"),
        ("[export]\ntest_share = 1.5", "export.test_share"),
        ("seed = [", "not valid TOML"),
    ],
)
def test_mistakes_are_one_line(tmp_path, text, message):
    """What, got, allowed."""
    file = tmp_path / "c.toml"
    file.write_text(text)
    with pytest.raises(ConfigError, match=message) as caught:
        RunConfig.load(file)
    assert "\n" not in str(caught.value)
    assert str(file) in str(caught.value)


def test_missing_file(tmp_path):
    """A configuration that is not there is named."""
    with pytest.raises(ConfigError, match=r"nowhere\.toml"):
        RunConfig.load(tmp_path / "nowhere.toml")
