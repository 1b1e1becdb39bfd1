"""Every setting of ``ground``: what it changes, or how it is refused."""

import json
import shutil

import cv2
import numpy as np
import pytest

from flows.grounding.command import ground
from schemas.errors import ConfigError
from schemas.settings.grounding import GroundConfig
from schemas.settings.section import Section
from tests.doubles.chat_server import serving
from tests.flows.grounding.test_ground import contents, reply, settings

TEXT = "Here the towers are rather blurry, and the dog is average at best."
BOXES = [[100, 100, 500, 900], [150, 200, 400, 800], [500, 100, 560, 300], [600, 100, 900, 500]]
CHANGED = {
    "seed": 1,
    "limit": 1,
    "images": "other",
    "language.model": "n",
    "vision.model": "n",
    "triplets.at_most": 1,
    "triplets.never": ["dog"],
    "triplets.attempts": 1,
    "detect.at_most": 1,
    "detect.min_area": 0.05,
    "filter.enabled": False,
    "filter.view": "picture",
    "filter.grow": 0.5,
    "filter.p_yes": False,
    "filter.neutral": [],
    "merge.enabled": False,
    "merge.area": 0.05,
    "merge.area_plural": 0.05,
    "merge.cover": 1.0,
    "questions.min_mentions": 3,
    "questions.yes": 0,
    "questions.no": 0,
    "questions.open": 1,
    "questions.attempts": 1,
    "shard_size": 2,
}
"""Another value of every setting that decides what is asked or what comes out."""
ELSEWHERE = {
    *("language.endpoints", "vision.endpoints", "detect.detector", "detect.model"),
    *("detect.device", "detect.box_threshold", "detect.text_threshold", "detect.batch"),
    *("run.retries", "run.verify"),
    *(
        f"{who}.{name}"
        for who in ("language", "vision")
        for name in ("api_key_env", "in_flight", "timeout", "retries")
    ),
}
"""Settings of speed and of the way to a model, and those of Grounding DINO."""


def leaves(section, before=""):
    """Dotted names of all settings."""
    for name, field in section.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, Section):
            yield from leaves(kind, f"{before}{name}.")
        else:
            yield before + name


def many(body, number):
    """A model that speaks of several towers and an average dog."""
    content = body["messages"][-1]["content"]
    text = content if isinstance(content, str) else content[-1]["text"]
    if "List the things" in text:
        keys = ("phrase", "name", "quality", "effect")
        said = [("the towers", "towers", "blurry", "degrades")]
        said += [("the dog", "dog", "average", "degrades"), ("a ghost", "ghost", "x", "degrades")]
        return json.dumps({"triplets": [dict(zip(keys, one, strict=True)) for one in said]})
    return json.dumps({"boxes": BOXES}) if "Find every" in text else reply(body, number)


def made(source, out, url, more):
    """What a run leaves beside its manifest, which says all settings again."""
    config = settings(url, **more)
    ground(source, out, config)
    return {name: data for name, data in contents(out).items() if name != "manifest.json"}


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """Two pictures with texts, and a folder that lacks one of them."""
    folder = tmp_path_factory.mktemp("texts")
    for name in ("a", "b"):
        pixels = np.random.default_rng(0).integers(0, 255, (90, 120, 3), np.uint8)
        cv2.imwrite(str(folder / f"{name}.png"), pixels)
    (folder / "other").mkdir()
    shutil.copy(folder / "a.png", folder / "other")
    rows = [{"image": f"{name}.png", "text": TEXT} for name in ("a", "b")]
    (folder / "texts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder / "texts.jsonl"


@pytest.fixture(scope="module")
def plain(source, tmp_path_factory):
    """Requests and files of a run with settings as they are."""
    with serving(many) as server:
        files = made(source, tmp_path_factory.mktemp("plain") / "out", server.url, {})
        return requests(server), files


def requests(server):
    """The bodies that a server was sent, in a fixed order."""
    return sorted(json.dumps(body, sort_keys=True) for body in server.bodies)


def test_every_setting_is_known_here():
    """A setting that is added has to say what it changes."""
    assert set(leaves(GroundConfig)) == set(CHANGED) | ELSEWHERE


def test_the_same_settings_ask_and_make_the_same(source, plain, tmp_path):
    """Neither requests nor files hang on anything else, such as time or address of the server."""
    more = {"language.timeout": 60.0, "language.in_flight": 3, "language.retries": 1}
    with serving(many) as server:
        files = made(source, tmp_path / "out", server.url, more)
        assert (requests(server), files) == plain


@pytest.mark.parametrize("name", CHANGED)
def test_a_setting_changes_what_is_asked_or_made(name, source, plain, tmp_path):
    """With another value the model hears something else, or other files come out."""
    value = str(source.parent / "other") if name == "images" else CHANGED[name]
    with serving(many) as server:
        files = made(source, tmp_path / "out", server.url, {name: value})
        assert (requests(server), files) != plain


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"run.workers": 2}, "run.workers"),
        ({"run.look": False}, "run.look"),
        ({"language.temperature": 0.5}, "language.temperature"),
        ({"vision.writer": "vllm"}, "vision.writer"),
        ({"detect.model": "x"}, "model: read by grounding-dino alone"),
        ({"detect.text_threshold": 0.5}, "text_threshold: read by grounding-dino alone"),
        ({"filter.view": "picture", "filter.grow": 0.1}, "grow: a box grows where view is crop"),
    ],
)
def test_what_nothing_reads_is_refused(more, said):
    """A setting without an effect is one line that names it."""
    with pytest.raises(ConfigError, match=said) as error:
        settings("http://x", **more)
    assert "\n" not in str(error.value)


def test_a_model_that_sees_at_the_server_of_the_one_that_writes(source, tmp_path):
    """``--vision-model`` alone asks that model about pictures, at the same address."""
    with serving(many) as server:
        made(source, tmp_path / "out", server.url, {"vision.model": "eyes"})
        asked = {(type(b["messages"][-1]["content"]), b["model"]) for b in server.bodies}
    assert asked == {(str, "m"), (list, "eyes")}
