"""Types that break the contract, one promise each: the message names promise and remedy."""

import numpy as np
import pytest

from distortions import distortion, get
from distortions.testing import check_distortion, check_outside
from schemas.errors import ContractError, PluginError

pytestmark = pytest.mark.usefixtures("forgetful")
LEVELS = (0.1, 0.2, 0.3, 0.4, 0.5)
GOOD = """It is darker.

Source: our own.
"""


def darker(image, share):
    return np.round(image * (1 - share)).astype(np.uint8)


def register(body, doc=GOOD, levels=LEVELS, **more):
    """A type of family noise whose result is ``body(image, share, site)``."""

    def broken(image, share, site):
        return body(image, share, site)

    broken.__doc__ = doc
    distortion("noise", levels, **more)(broken)


def by_generator(image, share, site):
    generator = np.random.default_rng(site.key)
    return np.where(generator.random(image.shape[:2])[..., None] < share, 255, image).astype(
        np.uint8
    )


def by_site(image, share, site):
    noisy = image + 100 * share * site.normal(image.shape)
    return np.clip(np.rint(noisy), 0, 255).astype(np.uint8)


def by_clock(image, share, site):
    by_clock.calls = getattr(by_clock, "calls", 0) + 1
    return darker(image, share + by_clock.calls % 7 / 100)


def to_mean(image, share, site):
    return np.round(image + share * (image.mean() - image)).astype(np.uint8)


def shifted(image, share, site):
    return darker(np.roll(image, 3, axis=1), share)


def chequered(image, share, site):
    rows, columns = np.indices(image.shape[:2])
    return np.where(((rows + columns) % 7 == 0)[..., None], darker(image, share), image)


BROKEN = {
    "summary": (lambda i, s, _: darker(i, s), {"doc": "darker\n\nSource: x."}, "full stop"),
    "source": (lambda i, s, _: darker(i, s), {"doc": "It is darker."}, "'Source: our own.'"),
    "shares memory": (lambda i, s, _: i[:, ::-1], {}, "shares memory with its input; return a new"),
    "one pixel": (
        lambda i, s, _: darker(i[1:], s) if len(i) == 1 else darker(i, s),
        {},
        "on a picture that is one pixel: returned shape (0, 1, 3)",
    ),
    "clock": (by_clock, {}, "the same key gave different results; draw with site.uniform"),
    "undeclared": (by_site, {}, "another key changes the result; say random=True"),
    "not random": (lambda i, s, _: darker(i, s), {"random": True}, "declared random=True, but"),
    "order": (lambda i, s, _: darker(i, s), {"levels": LEVELS[::-1]}, "from weak to strong"),
    "nothing": (lambda i, s, _: darker(i, s), {"levels": (0, *LEVELS[:4])}, "severity 1 does noth"),
    "generator": (by_generator, {"random": True}, "draw noise with site.uniform(image.shape) or"),
    "mean": (to_mean, {}, "take statistics over site.domain and say domain='region'"),
    "halo": (shifted, {}, "say how many pixels an output pixel looks far (halo=8"),
    "pattern": (chequered, {}, "lay patterns out by site.x and site.y"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_broken_promise_says_how_to_mend(what):
    """The first broken promise is one line with the plugin's file, the fact and the remedy."""
    body, more, said = BROKEN[what]
    register(body, **more)
    with pytest.raises(PluginError) as caught:
        check_distortion("broken")
    assert said in str(caught.value)
    assert caught.value.type_name == "broken"
    assert "test_breaking.py:" in caught.value.place
    assert "\n" not in str(caught.value)


def test_first_natural_random_type_passes():
    """Noise drawn from the site keeps the contract, and the report lists nine promises."""
    register(by_site, random=True)
    report = check_distortion("broken")
    assert str(report) == "broken: 9 checks passed"
    assert len(set(report.promises)) == 9
    assert all(promise.endswith(".") for promise in report.promises)


def test_remedies_work():
    """What the messages advise makes the broken types pass: a halo, a domain, a place."""

    def placed(image, share, site):
        rows, columns = np.indices(image.shape[:2])
        struck = (rows + site.y + columns + site.x) % 7 == 0
        return np.where(struck[..., None], darker(image, share), image)

    def meaned(image, share, site):
        inside = image if site.domain is None else image[site.domain]
        return np.round(image + share * (inside.mean() - image)).astype(np.uint8)

    for body, more in (
        (placed, {}),
        (meaned, {"domain": "region"}),
        (shifted, {"halo": None, "domain": "neighbourhood"}),
    ):
        body.__name__ = f"mended_{body.__name__}"
        body.__doc__ = GOOD
        distortion("noise", LEVELS, **more)(body)
        check_distortion(body.__name__)


def test_outside_types_are_asked_once():
    """A run asks only what comes from outside, and that only once in a process."""
    asked = []

    def counted(image, share, site):
        asked.append(share)
        return darker(image, share)

    register(counted)
    first = check_outside([get("jitter"), get("broken")])
    assert [report.name for report in first] == ["broken"]
    asked.clear()
    assert check_outside([get("broken")]) == []
    assert asked == []


def test_built_in_type_that_breaks_is_a_bug(monkeypatch):
    """The same promise broken by a type of ours is our bug, not a plugin's mistake."""
    register(lambda i, s, _: darker(i, s), doc="It is darker.")
    monkeypatch.setattr(get("broken").function, "__module__", "distortions.types.noise")
    with pytest.raises(ContractError, match=r"^broken: the docstring needs a line"):
        check_distortion("broken")
