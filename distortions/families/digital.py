"""Structure, sensors, codecs, processing; with their words, drawn where a plan asks for them.

Source: kinds of flaws in KADID-10k, PIPAL and ViDA-UGC; words are our own.
"""

from schemas.families import Family

STRUCTURE = (
    Family(
        "ringing",
        "edge ringing",
        ("ringing", "ringing artifacts", "ringing artefacts"),
        (
            "draws faint echoes along edges",
            "leaves ripples beside contours",
            "softens fine texture into waves",
        ),
        unlike=("compression", "oversharpen", "blur", "ghosting"),
    ),
    Family(
        "aliasing",
        "aliasing",
        ("aliased", "jaggies"),
        (
            "turns fine lines into broken stairs",
            "makes slanting contours look ragged",
            "breaks up fine patterns",
        ),
        unlike=("pixelate", "blur", "moire", "interlacing"),
    ),
    Family(
        "moire",
        "moire",
        (
            "moiré",
            "moire pattern",
            "moiré pattern",
            "moire patterns",
            "moiré patterns",
            "moire fringes",
        ),
        (
            "covers the surface with wavy coloured stripes",
            "lays a shimmering raster over it",
            "disturbs even surfaces with a false pattern",
        ),
        unlike=("aliasing", "sensor_pattern", "noise", "interlacing"),
    ),
    Family(
        "demosaicing",
        "faulty demosaicing",
        (
            "demosaicing",
            "demosaicing artifacts",
            "demosaicing artefacts",
            "zippering",
            "zipper artifacts",
        ),
        (
            "makes contours look frayed like a zipper",
            "breaks fine lines into dots of false hues",
            "softens detail and leaves coloured specks along edges",
        ),
        unlike=("blur", "chromatic_aberration", "chroma_bleeding", "pixelate", "noise", "aliasing"),
    ),
    Family(
        "banding",
        "banding",
        ("colour banding", "color banding", "false contours"),
        (
            "breaks smooth gradients into steps",
            "draws hard edges across even surfaces",
            "turns soft shading into a few stripes",
        ),
        unlike=("quantization", "compression", "contrast_strengthen", "oversmoothing"),
    ),
)
SENSOR = (
    Family(
        "sensor_pattern",
        "fixed-pattern noise",
        (
            "sensor pattern",
            "row noise",
            "striping",
            "sensor stripes",
            "dead pixels",
            "hot pixels",
            "stuck pixels",
        ),
        (
            "draws straight lines across even surfaces",
            "scatters single false pixels over it",
            "disturbs the surface with a pattern that is not part of it",
        ),
        unlike=("noise", "moire", "interlacing", "low_light"),
    ),
    Family(
        "low_light",
        "low light",
        ("poor lighting", "insufficient light", "dim light", "too little light"),
        (
            "sinks everything into the dark and covers it with random dots",
            "drowns faint detail in darkness and random dots",
            "hides detail in the dark and roughens the tones",
        ),
        unlike=("darken", "noise", "contrast_weaken", "vignetting", "sensor_pattern"),
        excludes=("darken", "noise"),
    ),
)
CODEC = (
    Family(
        "packet_loss",
        "packet loss",
        (
            "lost blocks",
            "missing blocks",
            "displaced blocks",
            "transmission error",
            "transmission errors",
        ),
        (
            "replaces square pieces with others from nearby",
            "leaves grey squares in place of detail",
            "breaks contours into displaced squares",
        ),
        shows="sparse",
        unlike=("compression", "pixelate", "solid_color", "generative_artifact"),
    ),
)
CONTENT = (
    Family(
        "solid_color",
        "solid-colour occlusion",
        (
            "solid-color occlusion",
            "solid colour",
            "solid color",
            "meaningless solid colour",
            "meaningless solid color",
            "colour blocks",
            "color blocks",
        ),
        (
            "hides what lies behind under flat areas of one tone",
            "replaces detail with empty squares",
            "leaves nothing to see there",
        ),
        shows="sparse",
        unlike=("packet_loss", "pixelate", "brighten", "darken"),
    ),
    Family(
        "ghosting",
        "ghosting",
        ("ghosted", "ghost image", "ghost images", "double image", "doubled contours"),
        (
            "leaves a faint second outline beside each contour",
            "makes detail look doubled and unclear",
            "lays a pale copy over the surface",
        ),
        unlike=("blur", "ringing", "interlacing"),
    ),
    Family(
        "interlacing",
        "interlacing",
        ("interlaced", "combing", "comb artifacts", "interlacing artifacts"),
        (
            "frays upright contours into combs",
            "breaks shapes into alternating lines",
            "makes every second line look out of place",
        ),
        unlike=("aliasing", "ghosting", "sensor_pattern", "moire"),
    ),
)
PROCESSING = (
    Family(
        "oversmoothing",
        "oversmoothing",
        (
            "oversmoothed",
            "over-smoothing",
            "over-smoothed",
            "excessive smoothing",
            "excessive denoising",
        ),
        (
            "wipes out fine texture but leaves the contours standing",
            "makes surfaces look waxy",
            "smooths texture away and leaves flat areas",
        ),
        unlike=("blur", "quantization", "compression", "banding"),
    ),
    Family(
        "generative_artifact",
        "structural corruption",
        (
            "generative artifact",
            "generative artifacts",
            "generative artefacts",
            "generation artifacts",
            "deformed structure",
            "warping",
            "warped",
        ),
        (
            "bends straight lines and deforms shapes",
            "replaces texture with what does not belong there",
            "makes shapes run into each other",
        ),
        shows="sparse",
        unlike=("blur", "packet_loss", "ghosting", "lens_deposits"),
    ),
)
