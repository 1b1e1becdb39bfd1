"""What a plan calls by one word, where types may lie, and the levels of another benchmark."""

import numpy as np
import pytest

from distortions import DISTORTIONS, FAMILIES, distortion, get
from distortions.families import BUILT_IN, GROUPS, MORE, known
from distortions.plan import draw_chain, fingerprint, make_palette
from distortions.profiles import LEVELS, TABLES, at_levels, counterparts
from distortions.profiles.selection import drawable
from distortions.registry import families_among
from distortions.site import Site
from schemas.errors import ConfigError, UnknownNameError
from schemas.settings.config import PlanConfig
from schemas.streams import Stream

PUBLISHED = {family.name for family in BUILT_IN}
LEVEL = (1, 2, 3, 4, 5)


@pytest.fixture
def extra(forgetful):
    """A veil over pictures, a flaw of colour on regions, a type more in an old family."""

    @distortion("haze", LEVEL, scope="picture", default=False, panda="haze")
    def pale_veil(image, amount, site):
        """All is paler."""
        return image // 2 + 20 * amount

    @distortion("color_cast", LEVEL, default=False, kadid=5)
    def red_stain(image, amount, site):
        """All is redder."""
        return image

    @distortion("compression", LEVEL, default=False)
    def other_codec(image, amount, site):
        """All is squashed."""
        return image

    return {"pale_veil", "red_stain", "other_codec"}


def drawn(*families, **more):
    return {entry.name for entry in make_palette(PlanConfig(families=families, **more)).types}


def test_nothing_new_is_drawn_unasked(extra):
    """Without a word, and by an old family's name, a plan draws what it always drew."""
    published = {name for name, entry in DISTORTIONS.items() if entry.dq495k}
    assert not published & extra
    assert drawn() & published == published
    assert not drawn() & extra
    assert drawn("compression") == {"jpeg_compression", "jpeg2000_compression"}


def test_words_of_a_plan(extra):
    """``all``, tables, groups, families that come on top, and types by their own names."""
    everything = set(DISTORTIONS)
    assert drawn("all") == everything
    assert drawn("haze", scoped=False) & extra == {"pale_veil"}
    assert drawn("+weather") & extra == {"pale_veil"}
    assert "gaussian_blur" in drawn("+weather")
    assert "gaussian_blur" not in drawn("weather", uniform_share=1.0, clean_share=0.0)
    assert drawn("+codec") & extra == drawn("+compression") & extra == {"other_codec"}
    assert drawn("blur", "+colour") & {"red_stain", "gaussian_blur", "pixelate"} == {
        "red_stain",
        "gaussian_blur",
    }
    assert drawn(types=["other_codec", "jitter"]) == {"other_codec", "jitter"}
    assert drawn("compression", types=["other_codec", "jitter"]) == {"other_codec"}
    assert "pale_veil" not in drawn("all", exclude_types=["pale_veil"])
    assert drawn("kadid") == {n for n, e in DISTORTIONS.items() if e.kadid}
    assert drawn("panda") == {n for n, e in DISTORTIONS.items() if e.panda}
    with pytest.raises(UnknownNameError, match="weather"):
        drawn("+wether")


def test_families_keep_the_order_they_are_named_in():
    """What is drawn hangs on it, so an old configuration draws what it drew."""
    assert list(make_palette(PlanConfig(families=["noise", "blur"])).families) == ["noise", "blur"]
    assert list(make_palette(PlanConfig()).families)[:12] == [family.name for family in BUILT_IN]


def test_what_lies_over_pictures_stays_off_regions(extra):
    """It is in the palette of whole pictures alone, until a plan is not scoped."""
    palette = make_palette(PlanConfig(families=["blur", "haze"]))
    assert "haze" not in palette.families
    assert "haze" in palette.over_picture.families
    chains = [draw_chain(Stream("whole", n), palette.over_picture, []) for n in range(60)]
    assert "haze" in {entry.family for chain in chains for entry, _ in chain}
    loose = make_palette(PlanConfig(families=["blur", "haze"], scoped=False))
    assert "haze" in loose.families
    assert loose.over_picture is loose
    with pytest.raises(ConfigError, match="whole pictures"):
        make_palette(PlanConfig(families=["haze"]))
    alone = PlanConfig(families=["haze"], uniform_share=1.0, clean_share=0.0)
    assert list(make_palette(alone).over_picture.families) == ["haze"]


def test_a_chain_holds_no_family_twice_under_two_names():
    """Low light is dark and noisy, so neither darkening nor noise joins it, in any order."""
    after_blur = ["noise", "darken", "compression"]
    rows = {"low_light": ["blur"], "blur": after_blur, "noise": ["low_light"]}
    config = PlanConfig.parse(
        {
            "order_profile": "mine",
            "orders": {"mine": rows},
            "families": ["blur", "noise", "darken", "compression"],
            "length_weights": [0, 0, 1],
        }
    )
    palette = make_palette(config)
    pairs = tuple((a, b) for a, after in rows.items() for b in after)
    dark = palette._replace(
        pairs=pairs, families={**palette.families, "low_light": (get("darken_rgb_shift"),)}
    )
    for n in range(80):
        chain = draw_chain(Stream("dark", n), dark, [])
        families = [entry.family for entry, _ in chain]
        assert len(chain) <= 3
        if len(chain) == 3 and chain[0][0] in dark.families["low_light"]:
            assert families[1:] == ["blur", "compression"]


def test_words_belong_to_one_family():
    """No two families of all share a word; in a run without banding it is quantization."""
    words = [word.lower() for f in FAMILIES.values() for word in (f.noun, *f.aliases)]
    assert len(words) == len(set(words))
    assert "banding" in families_among(["blur"])["quantization"].aliases
    both = families_among(["banding"])
    assert "banding" not in both["quantization"].aliases
    assert both["banding"].noun == "banding"
    assert set(families_among([])) >= PUBLISHED
    assert not set(families_among([])) & {family.name for family in MORE}
    assert known(BUILT_IN) == {family.name: family for family in BUILT_IN}


def test_effects_name_no_other_family():
    """Compression leaves ringing only where no family is called so."""
    assert any("ringing" in effect for effect in families_among([])["compression"].effects)
    assert not any("ringing" in effect for effect in FAMILIES["compression"].effects)


def test_groups_hold_every_new_family():
    """Each is in one group; the groups of sensors and codecs reach into an old family."""
    named = [name for group in GROUPS.values() for name in group if name not in PUBLISHED]
    assert sorted(named) == sorted(family.name for family in MORE)


def test_tables_of_other_data_sets():
    """KADID-10k has 25 kinds, Panda 14 classes; a type that has one is in the table's row."""
    assert {name: len(kinds) for name, kinds in TABLES.items()} == {"kadid": 25, "panda": 14}
    assert get("jpeg_compression") in counterparts("kadid")[10]
    assert {entry.family for entry in counterparts("panda")["blur"]} == {"blur"}
    for table in TABLES:
        told = {entry.name for types in counterparts(table).values() for entry in types}
        assert told == {name for name, e in DISTORTIONS.items() if getattr(e, table) is not None}
    with pytest.raises(UnknownNameError):
        counterparts("koniq")


@pytest.mark.parametrize("name", sorted(LEVELS["imagenet_c"]))
def test_levels_of_imagenet_c_run(name, astronaut):
    """Each row fits its type, differs from ours, and the last is further away than the first."""
    entry = at_levels(get(name), "imagenet_c")
    photo = astronaut[40:200, 60:220]
    results = [entry.apply(photo, entry.resolve(s, 7), Site.whole(photo, 7)) for s in (1, 5)]
    mild, strong = (float(np.abs(r.astype(int) - photo).mean()) for r in results)
    assert 0 < mild < strong


def test_levels_reach_the_plan_and_the_manifest():
    """A plan with other levels draws types that have them; what has none keeps its own."""
    config = PlanConfig(levels="imagenet_c", families=["noise", "oversharpen"])
    palette = make_palette(config)
    noise = next(e for e in palette.types if e.name == "gaussian_noise")
    assert noise.resolve(5) == {"sigma": 0.38}
    assert palette.families["oversharpen"] == (get("oversharpen"),)
    assert fingerprint("imagenet_c")["gaussian_noise"][1][4] == [0.38]
    assert fingerprint()["gaussian_noise"][1][4] == [0.25]
    with pytest.raises(UnknownNameError):
        at_levels(noise, "cifar")


def test_new_arguments_are_checked(forgetful):
    """A scope that is none is refused; what a type shows is its family's unless it says so."""

    def speck(image, amount, site):
        """Dots."""
        return image

    distortion("rain", LEVEL, default=False)(speck)
    assert get("speck").shows == "sparse"
    speck.__name__ = "dust"
    distortion("noise", LEVEL, default=False, sparse=True)(speck)
    assert get("dust").shows == "sparse"
    speck.__name__ = "mist"
    distortion("rain", LEVEL, default=False, sparse=False)(speck)
    assert get("mist").shows == "any"
    speck.__name__ = "smoke"
    with pytest.raises(UnknownNameError, match="scope of smoke"):
        distortion("haze", LEVEL, scope="sky")(speck)
    with pytest.raises(UnknownNameError, match="extra of smoke"):
        distortion("haze", LEVEL, extra="video")(speck)
    assert drawable(["rain"]) >= {"speck", "mist"}
