"""On a thing, in an area: noise lies on the bird, but in the sky."""

import re
from typing import Final

# What is looked into rather than at: areas, scenes, what has no surface of its own.
SURROUNDS: Final = frozenset(
    (
        *("air", "area", "areas", "background", "bush", "bushes", "centre", "city", "cloud"),
        *("clouds", "corner", "corners", "crowd", "darkness", "distance", "fog", "foliage"),
        *("foreground", "forest", "garden", "haze", "image", "kitchen", "landscape", "light"),
        *("mist", "ocean", "part", "parts", "patch", "patches", "photograph", "picture", "place"),
        *("rain", "reflection", "region", "regions", "room", "scene", "sea", "section", "shade"),
        *("shadow", "shadows", "sky", "skyline", "smoke", "space", "stretch", "strip", "strips"),
        *("sunset", "town", "tree", "trees", "view", "village", "water", "woods", "zone"),
    )
)
# Where a place begins, the head of the phrase is over: "the area | at the top".
_PLACE: Final = re.compile(
    r"\s+(?:on|in|at|along|across|near|nearer|farther|higher|above|below|beside|between|of|with)\b"
)


def on_or_in(phrase: str) -> str:
    """``on the bird``, ``in the sky``, ``in the dark area at the top``; by the head noun.

    Args:
        phrase: Names a region, with its article.
    """
    words = re.findall(r"[\w'-]+", _PLACE.split(phrase, maxsplit=1)[0].lower())
    return f"{'in' if words and words[-1] in SURROUNDS else 'on'} {phrase}"
