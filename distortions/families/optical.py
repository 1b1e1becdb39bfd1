"""Weather, lens and colour; with their words, drawn where a plan asks for them.

Source: classes of restoration sets (rain, snow, haze) and flaws of lenses; words are our own.
"""

from schemas.families import Family

WEATHER = (
    Family(
        "haze",
        "haze",
        ("hazy", "fog", "foggy"),
        (
            "lays a pale veil over what lies farther off",
            "makes distant contours fade",
            "drains contrast and colour with distance",
        ),
        unlike=("contrast_weaken", "brighten", "saturate_weaken", "flare"),
    ),
    Family(
        "rain",
        "rain",
        ("rain streaks", "streaks of rain", "rainy"),
        (
            "draws thin pale streaks across it",
            "covers the view with slanting lines",
            "breaks up contours with bright streaks",
        ),
        shows="sparse",
        unlike=("snow", "noise", "lens_deposits"),
    ),
    Family(
        "snow",
        "falling snow",
        ("snowflakes", "snowfall", "snowy"),
        (
            "scatters soft white spots over it",
            "hides detail behind pale flakes",
            "covers the view with bright spots",
        ),
        shows="sparse",
        unlike=("rain", "noise", "lens_deposits"),
    ),
    Family(
        "lens_deposits",
        "moisture on the lens",
        (
            "drops on the lens",
            "droplets on the lens",
            "water drops",
            "wet lens",
            "frost on the lens",
            "frost",
        ),
        (
            "distorts what lies behind in round spots",
            "hides detail behind pale spots",
            "breaks the view into small bent images",
        ),
        shows="sparse",
        unlike=("blur", "rain", "snow"),
    ),
)
LENS = (
    Family(
        "chromatic_aberration",
        "chromatic aberration",
        (
            "colour fringing",
            "color fringing",
            "purple fringing",
            "coloured fringes",
            "colored fringes",
        ),
        (
            "lines edges with red, blue or violet rims",
            "tears the colours apart at contours",
            "leaves bright edges with violet seams",
        ),
        shows="chroma",
        unlike=("chroma_bleeding", "demosaicing", "color_cast"),
    ),
    Family(
        "vignetting",
        "vignetting",
        ("vignette", "vignetted", "dark corners", "darkened corners", "shaded corners"),
        (
            "makes the picture fade to black towards its corners",
            "sinks the rim of the picture into shadow",
            "hides detail far from the middle",
        ),
        unlike=("darken", "low_light"),
    ),
    Family(
        "flare",
        "glare",
        ("lens flare", "flare", "veiling glare", "stray light"),
        (
            "lays a bright veil over what lies behind",
            "lifts the shadows with scattered light",
            "makes contours around bright parts fade",
        ),
        unlike=("brighten", "contrast_weaken", "haze", "saturate_weaken"),
    ),
)
COLOUR = (
    Family(
        "color_cast",
        "colour cast",
        (
            "color cast",
            "colour tint",
            "color tint",
            "tinted",
            "wrong white balance",
            "off white balance",
            "warm cast",
            "cool cast",
            "green cast",
        ),
        (
            "makes what should be neutral look stained",
            "pushes all hues in one direction",
            "makes the colours look unnatural",
        ),
        unlike=("saturate_strengthen", "saturate_weaken", "brighten", "darken"),
    ),
    Family(
        "chroma_bleeding",
        "colour bleeding",
        ("color bleeding", "chroma bleeding", "bleeding colours", "bleeding colors"),
        (
            "makes the colours run over their contours",
            "smears the hues beside sharp edges",
            "leaves colours that no longer fit their outlines",
        ),
        shows="chroma",
        unlike=("chromatic_aberration", "saturate_weaken", "compression", "demosaicing"),
    ),
)
