"""The configuration: defaults, TOML, flags, one clear line per mistake."""

import copy
import pickle

import pytest

from schemas.errors import ConfigError
from schemas.settings.config import RunConfig
from schemas.settings.everyday import dotted
from schemas.settings.section import frozen, thawed
from schemas.settings.training import MixConfig, PointConfig, SftConfig, SourceConfig


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


FILE = """
plugins = ["mine.py"]
[plan]
families = ["blur", "noise"]
length_weights = [1, 2]
[plan.orders.mine]
blur = ["noise"]
noise = ["blur"]
[answers.engine]
max_model_len = 8
limits = [{image = 1}]
"""


def test_a_configuration_is_its_own_key(tmp_path):
    """Configurations that hold the same have the same hash; nothing inside one can be changed."""
    file = tmp_path / "c.toml"
    file.write_text(FILE)
    one, other = RunConfig.load(file), RunConfig.load(file)
    assert one is not other
    assert {one: "found"}[other] == "found"
    assert pickle.loads(pickle.dumps(one)) == copy.deepcopy(one) == one
    assert hash(pickle.loads(pickle.dumps(one))) == hash(one)
    assert one not in {RunConfig(): 1}
    assert one.plan.families == ("blur", "noise")
    for table in (one.answers.engine, one.plan.orders, one.plan.orders["mine"]):
        with pytest.raises(TypeError, match="cannot be changed"):
            table["new"] = 1
        with pytest.raises(TypeError, match="cannot be changed"):
            table.update(new=1)
        with pytest.raises(TypeError, match="cannot be changed"):
            table |= {"new": 1}


def test_frozen_sections_are_written_as_lists_and_tables(tmp_path):
    """The JSON of a configuration has lists and objects, and reads back as the same thing."""
    file = tmp_path / "c.toml"
    file.write_text(FILE)
    config = RunConfig.load(file)
    written = config.model_dump(mode="json")
    assert written["plan"]["orders"] == {"mine": {"blur": ["noise"], "noise": ["blur"]}}
    assert written["answers"]["engine"] == {"max_model_len": 8, "limits": [{"image": 1}]}
    assert RunConfig.model_validate_json(config.model_dump_json()) == config
    assert hash(RunConfig.model_validate_json(config.model_dump_json())) == hash(config)


def test_tables_thaw():
    """Libraries that ask for lists and dicts get them, all the way down."""
    table = frozen({"report_to": ["none"], "deep": {"list": [[1], {"a": [2]}]}})
    assert thawed(table) == {"report_to": ["none"], "deep": {"list": [[1], {"a": [2]}]}}
    assert type(thawed(table)["deep"]) is dict


@pytest.mark.parametrize(
    "section",
    [
        SftConfig(trainer={"a": [1]}),
        PointConfig(),
        MixConfig(source=[SourceConfig(path="x", tasks=["t"])]),
    ],
)
def test_sections_of_training_have_a_hash(section):
    """Settings of training are keys, too."""
    assert hash(section) == hash(section.model_copy(deep=True))


@pytest.mark.parametrize("profile", ["published", "paper"])
def test_what_is_given_beats_the_profile(tmp_path, profile):
    """A key of the file or a flag stands; what nobody gave comes from the profile."""
    file = tmp_path / "c.toml"
    file.write_text(f"[plan]\nprofile = '{profile}'\nlength_weights = [1.0]\n")
    config = RunConfig.load(file, {"plan.weights.families.noise": 2.0})
    whole = RunConfig.parse({"plan": {"profile": profile}})
    assert config.plan.length_weights == (1.0,)
    assert config.plan.weights.families["noise"] == 2.0
    assert config.plan.weights.families["brighten"] == whole.plan.weights.families["brighten"]
    assert config.questions == whole.questions != RunConfig().questions


def test_profiles_differ_in_what_they_promise():
    """``published`` sets shares only; ``paper`` has more of the paper than that."""
    published, paper = (
        RunConfig.parse({"plan": {"profile": name}}) for name in ("published", "paper")
    )
    assert (published.plan.grades, published.questions.intensity) == ("sight", "measures")
    assert published.plan.order_profile == "restored"
    assert (paper.plan.grades, paper.questions.intensity) == ("levels", "severity")
    assert paper.plan.order_profile == "paper"
    assert (published.questions.order_needs_rival, paper.questions.order_needs_rival) == (
        True,
        False,
    )


def test_profiles_can_be_changed():
    """Another profile takes what the former brought with it, but nothing that was given."""
    paper = RunConfig.parse({"plan": {"profile": "paper", "attempts": 9}, "seed": 3})
    assert paper.changed({"plan.profile": "default"}) == RunConfig.parse(
        {"plan": {"attempts": 9}, "seed": 3}
    )
    assert paper.changed({"seed": 4}).changed({"plan.profile": "published"}) == RunConfig.parse(
        {"plan": {"profile": "published", "attempts": 9}, "seed": 4}
    )


def test_profiles_are_refused_by_name():
    """A profile that does not exist is one line with those that do."""
    with pytest.raises(ConfigError, match=r"plan.profile: .*'published' or 'paper', got 'papers'"):
        RunConfig.load(None, {"plan.profile": "papers"})


def test_lists_of_flags():
    """``--families`` and ``--types`` take names with commas and spaces between."""
    plan = RunConfig.load(None, dotted({"families": "blur, noise", "types": "jitter"})).plan
    assert (plan.families, plan.types) == (("blur", "noise"), ("jitter",))
