"""What people see in Label Studio: the picture, and beside it what can be said of a region.

One says of a region which flaws it has and how strong each is, or that it has none; who says
nothing, praises nothing.

Source: the tags of Label Studio's interfaces (Image, BrushLabels, Choices, visibleWhen, hotkey).
"""

import colorsys
from collections.abc import Iterator, Mapping, Sequence
from xml.sax.saxutils import quoteattr

from annotators.human.meaning import NO_FLAW, SCOPES, SEVERITIES
from schemas.families import Family

GOLDEN = 0.618034
GROUPS = {
    "sharpness": ("blur", "oversharpen", "pixelate", "oversmoothing", "aliasing", "jitter"),
    "grain and blocks": ("noise", "compression", "quantization", "banding", "sensor_pattern"),
    "light": ("brighten", "darken", "contrast_strengthen", "contrast_weaken", "contrast"),
    "colour": ("saturate_strengthen", "saturate_weaken", "color_cast", "chroma_bleeding", "colour"),
    "lens": ("chromatic_aberration", "flare", "vignetting", "lens_deposits"),
    "weather": ("haze", "rain", "snow"),
}
"""Families that stand together; what is in none of them stands at the end."""
OTHER = "other"
_LETTERS = "qwertyuiopasdfghjklzxcvbnm"


def labelstudio_config(families: Mapping[str, Family]) -> str:
    """The labelling interface.

    Each proposal has its own colour and its own name, which come with the task. What can be said of
    a region is shown when one is chosen: flaws in groups with a key each (shift and a letter), and
    under its group how strong a chosen flaw is.
    """
    groups = _grouped(families)
    letters = iter(_LETTERS)
    flaws = "".join(
        _flaws(name, nouns, letters) + "".join(_strength(name, noun) for noun in nouns)
        for name, nouns in groups.items()
    )
    scopes = "".join(f'<Choice value="{value}"/>' for value in SCOPES)
    whole = "".join(_choice(noun) for nouns in groups.values() for noun in nouns)
    return f"""<View style="display: flex; gap: 1em">
  <View style="flex: 70%">
    <Image name="image" value="$image" zoom="true" zoomControl="true"/>
    <BrushLabels name="brush" toName="image" value="$regions"
      showInline="true"><Label value="region" background="{colour(0)}"/></BrushLabels>
    <PolygonLabels name="outline" toName="image" opacity="0" strokeWidth="3">
      <Label value="region"/>
    </PolygonLabels>
    <RectangleLabels name="box" toName="image" opacity="0" strokeWidth="3">
      <Label value="region"/>
    </RectangleLabels>
  </View>
  <View style="flex: 30%">
    <View visibleWhen="no-region-selected">
      <Header value="Choose a region, in the list or in the picture" size="5"/>
    </View>
    <View visibleWhen="region-selected">
      <Header value="This region: what it is, and what is wrong with it" size="5"/>
      <TextArea name="label" toName="image" perRegion="true" maxSubmissions="1"
        placeholder="what it is"/>
      <Choices name="distortion" toName="image" perRegion="true" choice="multiple"
        layout="inline">{_choice(NO_FLAW, "shift+0")}
      </Choices>{flaws}
    </View>
    <Header size="5"
      value="The whole picture: flaws in regions, everywhere, or none at all (clean)"/>
    <Choices name="scope" toName="image" layout="inline">{scopes}</Choices>
    <Choices name="whole_distortion" toName="image" choice="multiple" layout="inline">{whole}
    </Choices>
    <TextArea name="description" toName="image" maxSubmissions="1"/>
  </View>
</View>
"""


def _grouped(families: Mapping[str, Family]) -> dict[str, list[str]]:
    """Group to the nouns in it, in the order of the groups; none is empty."""
    group_of = {family: group for group, names in GROUPS.items() for family in names}
    found: dict[str, list[str]] = {group: [] for group in (*GROUPS, OTHER)}
    for name, family in families.items():
        found[group_of.get(name, OTHER)].append(family.noun)
    return {group: nouns for group, nouns in found.items() if nouns}


def _flaws(group: str, nouns: Sequence[str], letters: Iterator[str]) -> str:
    """One group of flaws; those for whom no letter is left have no key."""
    # nouns first: else the letter after the last noun would be taken and lost
    keys = [f"shift+{letter}" for _, letter in zip(nouns, letters, strict=False)]
    keys += [""] * (len(nouns) - len(keys))
    choices = "".join(_choice(noun, key) for noun, key in zip(nouns, keys, strict=True))
    return f"""
    <Header value={quoteattr(group)} size="6"/>
    <Choices name={quoteattr(f"{group} distortion")} toName="image" perRegion="true"
      choice="multiple" layout="inline">{choices}
    </Choices>"""


def _strength(group: str, noun: str) -> str:
    """How strong one flaw is; shown when it has been chosen."""
    strengths = "".join(f'<Choice value="{value}"/>' for value in SEVERITIES)
    return f"""
    <View visibleWhen="choice-selected" whenTagName={quoteattr(f"{group} distortion")}
      whenChoiceValue={quoteattr(noun)} style="display: flex; gap: 1em">
      <Header value={quoteattr(noun)} size="6"/>
      <Choices name={quoteattr(f"{noun} severity")} toName="image" perRegion="true"
        choice="single" layout="inline">{strengths}</Choices>
    </View>"""


def _choice(value: str, hotkey: str = "") -> str:
    key = f' hotkey="{hotkey}"' if hotkey else ""
    return f"\n      <Choice value={quoteattr(value)}{key}/>"


def colour(number: int) -> str:
    """Of a region, as HTML writes it; hues far apart in a row."""
    rgb = colorsys.hsv_to_rgb((0.1 + number * GOLDEN) % 1, 0.85, 0.95)
    return "#" + "".join(f"{round(255 * value):02x}" for value in rgb)
