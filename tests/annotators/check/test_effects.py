"""A text that was asked for harm must name some; texts such as a model writes them."""

import pytest

from annotators.check.harm import missing_effect
from annotators.facts import Ask
from tests.annotators.builders import facts, region, step

TELLING = (
    (
        "noise",
        "The dog is covered with severe noise, and its fur can barely be made out beneath.",
    ),
    ("noise", "Severe noise gives the dog a grainy, restless look."),
    ("noise", "The dog suffers from severe noise, resulting in a loss of fine detail in its fur."),
    (
        "noise",
        "Severe noise is visible on the dog, making it difficult to discern the individual hairs.",
    ),
    ("noise", "Due to the severe noise, the dog's eyes and muzzle are no longer recognisable."),
    ("blur", "Moderate blur leaves the dog's face without a crisp outline."),
    ("blur", "The dog exhibits moderate blur, so that its whiskers melt into the background."),
    (
        "blur",
        "With moderate blur, the edges of the dog appear soft and its features lack definition.",
    ),
    ("blur", "Moderate blur affects the dog, which reduces the sharpness of its fur and eyes."),
    ("blur", "The dog looks out of focus because of moderate blur, and its contours run together."),
    (
        "compression",
        "Moderate compression artefacts break the smooth coat of the dog into square blocks.",
    ),
    (
        "compression",
        "Moderate compression on the dog results in visible blocks and ringing around its ears.",
    ),
    (
        "compression",
        "The dog's coat has turned into a patchwork of flat squares through moderate compression.",
    ),
    ("saturate_weaken", "Mild desaturation makes the dog's brown coat look greyish."),
    ("saturate_weaken", "The colours of the dog appear faded owing to mild desaturation."),
    ("pixelate", "Severe pixelation turns the dog into a mosaic of large squares."),
    ("pixelate", "Because of severe pixelation the outline of the dog has become a staircase."),
    ("darken", "Severe darkening swallows the dog's features, leaving only a silhouette."),
    ("darken", "The dog is so dark from severe darkening that little can be seen of its face."),
    (
        "quantization",
        "Moderate quantization splits the gentle shading of the dog into visible bands.",
    ),
    (
        "oversharpen",
        "Severe oversharpening surrounds the dog with bright halos and makes its fur brittle.",
    ),
    ("saturate_strengthen", "Severe oversaturation makes the dog glow in an unnatural orange."),
    (
        "brighten",
        "Severe brightening washes out the light parts of the dog; nothing of the fur remains.",
    ),
    ("contrast_weaken", "Moderate contrast loss leaves the dog looking flat and lifeless."),
    ("noise", "Severe noise degrades the dog, with coloured specks scattered all over its coat."),
    (
        "blur",
        "The dog has moderate blur: single hairs blend together and the eyes lose their sparkle.",
    ),
)
SILENT = (
    ("noise", "The dog in the upper left has severe noise, as can be seen."),
    ("noise", "There is severe noise on the dog, and it is there in all of its parts."),
    ("noise", "The dog, shown in poor light, has severe noise."),
    ("noise", "Severe noise can be seen on the dog with its brown and white colours."),
    ("noise", "Severe noise is visible in the texture of the dog and along its edges."),
    ("noise", "The dog is standing on a surface with lines, and severe noise is present."),
    ("blur", "Moderate blur is present across the details of the dog."),
    ("blur", "The dog, a dark animal with white spots, shows moderate blur."),
    ("blur", "The dog looks to the left and has moderate blur."),
    ("blur", "Moderate blur does not hide the details of the dog."),
    ("blur", "Moderate blur affects the dog, but its edges are not softened."),
    ("compression", "The quality issue of the dog is moderate compression."),
    (
        "compression",
        "This region shows moderate compression on the dog, whose patterns are clearly shown.",
    ),
    ("saturate_weaken", "The dog has mild desaturation and its colours look natural."),
    ("saturate_weaken", "Mild desaturation is found in the colours of the dog."),
    ("pixelate", "The dog is made of severe pixelation in this picture."),
    (
        "darken",
        "Severe darkening has been found on the dog, which is the animal in front of the house.",
    ),
    ("oversharpen", "Severe oversharpening is what one notices about the edges of the dog."),
    ("noise", "The dog has lost its ball, and there is severe noise."),
    ("noise", "The dog breaks into a run; severe noise can be seen on it."),
    ("noise", "The dog is dark brown and has severe noise."),
)


def silent(family, text):
    """Whether a long answer about a dog with one distortion is found to name no harm."""
    dog = region("a", [step(family, "severe", 4)])
    return bool(
        missing_effect(text, Ask("referring", "long", "single", "?", "p:0", dog), facts(dog))
    )


@pytest.mark.parametrize(("family", "text"), TELLING)
def test_what_happens_to_something_is_an_effect(family, text):
    """Something is softened, hidden, turned into squares or hard to see."""
    assert not silent(family, text)


@pytest.mark.parametrize(("family", "text"), SILENT)
def test_naming_a_distortion_and_a_thing_is_none(family, text):
    """Presence, place, colours of the thing and what it does itself are no harm."""
    assert silent(family, text)
