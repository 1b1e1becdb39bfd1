"""The twelve built-in families and the words for them.

Source: DQ-495K's taxonomy (12 categories, 35 types); words are our own.
"""

from schemas.families import Family

BUILT_IN = (
    Family(
        "blur",
        "blur",
        ("blurring", "blurred", "blurry", "blurriness", "defocus", "out of focus"),
        ("softens edges and fine detail", "smears the texture", "takes the bite out of contours"),
    ),
    Family(
        "noise",
        "noise",
        ("noisy", "grain", "grainy", "graininess", "speckles", "speckled"),
        ("covers smooth areas with grain", "breaks up fine texture", "scatters stray pixels"),
    ),
    Family(
        "compression",
        "compression",
        ("compressed", "compression artifacts", "jpeg artifacts", "blocking", "blockiness"),
        ("leaves blocky patches and ringing", "wipes out fine detail", "breaks up gradients"),
    ),
    Family(
        "brighten",
        "brightening",
        ("brightened", "overexposure", "overexposed", "too bright", "excessive brightness"),
        ("washes out highlights", "lifts the tones towards white", "flattens bright detail"),
    ),
    Family(
        "darken",
        "darkening",
        ("darkened", "underexposure", "underexposed", "too dark", "insufficient brightness"),
        ("sinks shadows into black", "hides detail in the dark tones", "makes it gloomy"),
    ),
    Family(
        "contrast_strengthen",
        "contrast strengthening",
        ("strengthened contrast", "excessive contrast", "overly high contrast", "harsh contrast"),
        ("pushes tones to the extremes", "crushes shadows and clips highlights"),
    ),
    Family(
        "contrast_weaken",
        "contrast weakening",
        ("weakened contrast", "low contrast", "insufficient contrast", "reduced contrast"),
        ("flattens light and shade", "lays a grey veil over it", "makes edges less distinct"),
    ),
    Family(
        "saturate_strengthen",
        "saturation strengthening",
        ("strengthened saturation", "oversaturation", "oversaturated", "excessive saturation"),
        ("makes colours garish", "pushes hues beyond what looks natural"),
    ),
    Family(
        "saturate_weaken",
        "saturation weakening",
        ("weakened saturation", "desaturation", "desaturated", "insufficient saturation"),
        ("drains the colour", "leaves hues pale and greyish"),
    ),
    Family(
        "oversharpen",
        "oversharpening",
        ("oversharpened", "over-sharpening", "over-sharpened", "sharpening halos"),
        ("draws bright halos along edges", "makes texture brittle and harsh"),
    ),
    Family(
        "pixelate",
        "pixelation",
        ("pixelated", "mosaic", "coarse pixels"),
        ("turns contours into staircases", "replaces detail with coarse squares"),
    ),
    Family(
        "quantization",
        "quantization",
        ("quantized", "colour quantization", "color quantization", "banding", "posterization"),
        ("breaks gradients into bands", "leaves only a few flat tones"),
    ),
)
