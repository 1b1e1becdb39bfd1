"""Types beyond the published 35: any crop, the bytes they give, what a plan does with them."""

import hashlib
import json
import sys

import numpy as np
import pytest

from distortions import DISTORTIONS, get
from distortions.registry import SEVERITIES
from distortions.site import Site
from distortions.warm import warm_jobs
from schemas.errors import ConfigError
from tests.conftest import ROOT
from tests.distortions.crops import crops_that_differ

BEYOND = [name for name, entry in DISTORTIONS.items() if not (entry.dq495k or entry.outside)]
LOCAL = [name for name in BEYOND if get(name).domain != "crop"]
PINNED = json.loads((ROOT / "tests" / "golden" / "beyond.json").read_text())


def pattern():
    y, x, channel = np.ogrid[:72, :88, :3]
    smooth = 90 + 60 * np.sin(x / 9 + channel) + 50 * np.sin(y / 13)
    spots = np.where((x // 11 + y // 7) % 5 == 0, 70, 0) + (x * 37 ^ y * 59) % 31
    return np.clip(smooth + spots, 0, 255).astype(np.uint8)


def digest(name):
    """Of the five levels of a given picture."""
    image, found = pattern(), hashlib.sha256()
    for severity in SEVERITIES:
        params = get(name).resolve(severity, 2024)
        found.update(get(name).apply(image, params, Site.whole(image, 2024)).tobytes())
    return found.hexdigest()[:16]


@pytest.mark.parametrize("name", LOCAL)
def test_a_crop_with_its_halo_gives_the_same_pixels(name, coffee):
    """Any box, at borders too, comes out as the whole picture has it, at the ends of the scale."""
    for severity in (1, 4, 5):
        assert list(crops_that_differ(name, severity, coffee[100:231, 50:223], count=5)) == []


@pytest.mark.parametrize("name", LOCAL)
def test_the_bytes_are_pinned(name):
    """Those of a given picture are the same on every machine and in every release."""
    assert digest(name) == PINNED[name]


def test_pins_hold_every_type_but_codecs_on_crops():
    """None is left out, and none is kept of a type that is gone."""
    assert set(PINNED) == set(LOCAL)


@pytest.mark.parametrize("name", BEYOND)
def test_is_drawn_only_when_asked_for(name):
    """None is a type by default, and each has a level that nothing comes before."""
    assert not get(name).default
    assert get(name).visible_from in (1, 2)


def test_what_nobody_asked_for_is_not_compiled_at_the_start(monkeypatch):
    """Warming up calls no type that a plan has to ask for."""
    called = []
    monkeypatch.setattr("distortions.warm.degrade_region", lambda i, m, c: called.append(c[0].type))
    for job in warm_jobs():
        job()
    assert called
    assert all(entry.default for entry in called)


def test_without_pyav_a_video_codec_says_what_to_install(monkeypatch):
    """One line names the type, the library and the extra."""
    monkeypatch.setitem(sys.modules, "av", None)
    image = pattern()
    with pytest.raises(ConfigError, match=r"h264_compression needs av: .*\[codec\]"):
        get("h264_compression")(image, 1)
