"""Drawn pictures for tests of the ViDA-shaped questions, and the same pictures mirrored."""

import re
from dataclasses import replace

import numpy as np

from annotators.facts import PictureFacts
from annotators.language.phrases import references
from distortions.families import BUILT_IN
from schemas import masks
from schemas.records import DegradedRegion, Scores, Step

FAMILIES = {family.name: family for family in BUILT_IN}
TYPES = (
    ("noise", "gaussian_noise"),
    ("blur", "motion_blur"),
    ("blur", "zoom_blur"),
    ("blur", "lens_blur"),
    ("compression", "jpeg_compression"),
    ("compression", "jpeg2000_compression"),
    ("brighten", "brighten_rgb_shift"),
    ("darken", "darken_rgb_gamma"),
    ("pixelate", "pixelate"),
)
LABELS = ("dog", "cat", "dog", "sky", "wall", "light area on the left", "striped part at the top")
GRADES = ("mild", "moderate", "severe", "")


def step(family, kind, grade, severity):
    """One step; what was measured matters little here."""
    return Step(
        family=family,
        type=kind,
        severity=severity,
        grade=grade,
        params="{}",
        key="0" * 16,
        domain="pixel",
        delta_e=5.0,
        gradient_log_ratio=0.1,
        ssim=0.8,
    )


def drawn_facts(stream, clear=True):
    """A picture of an odd size with up to five ellipses or boxes that do not touch."""
    width, height = 120 + stream.below(200), 120 + stream.below(200)
    taken = np.zeros((height, width), np.bool_)
    regions = []
    for number in range(1 + stream.below(5)):
        mask = _blob(stream, width, height) & ~taken
        if np.count_nonzero(mask) < 200:
            continue
        taken |= mask
        regions.append(_region(stream, number, mask))
    named = references(regions, width, height)
    return PictureFacts("pic-v0", width, height, tuple(regions), named, FAMILIES, clear=clear)


def _blob(stream, width, height):
    rows, columns = np.mgrid[:height, :width]
    x, y = stream.uniform(0, width), stream.uniform(0, height)
    a, b = stream.uniform(12, width / 3), stream.uniform(12, height / 3)
    if stream.chance(0.5):
        return np.asarray(((columns - x) / a) ** 2 + ((rows - y) / b) ** 2 <= 1)
    return np.asarray((abs(columns - x) <= a) & (abs(rows - y) <= b))


def _region(stream, number, mask):
    chain, families = [], set()
    for _ in range(stream.below(3)):
        family, kind = stream.choice(TYPES)
        if family not in families:
            families.add(family)
            chain.append(step(family, kind, stream.choice(GRADES), 1 + stream.below(3)))
    scores = None
    if chain:
        scores = Scores(
            psnr=20.0,
            ssim=stream.uniform(0.2, 0.95),
            delta_e=stream.uniform(1, 30),
            gmsd=0.2,
            haarpsi=0.5,
            damage=1.0,
        )
    label = stream.choice(LABELS)
    return DegradedRegion(
        image_id="pic-v0",
        picture_id="pic",
        region_id=f"pic/{number}",
        role="degraded" if chain else "clean",
        label=label,
        label_refined=label,
        box=list(masks.bounding_box(mask)),
        mask=masks.encode(mask),
        area_fraction=float(mask.mean()),
        point=list(masks.pole(mask)),
        chain=chain,
        scores=scores,
        order_visible=stream.chance(0.7) if len(chain) == 2 else None,
    )


def mirrored_facts(facts):
    """The same picture in a mirror: masks, boxes and points worked out anew, phrases swapped.

    Phrases are not drawn anew, since of several true ones another may be chosen; each names the
    region that it named, with its sides changed.
    """
    regions = []
    for region in facts.regions:
        mask = np.ascontiguousarray(masks.decode(region.mask, facts.height, facts.width)[:, ::-1])
        label = swapped(region.label_refined)
        regions.append(
            region.model_copy(
                update={
                    "label": label,
                    "label_refined": label,
                    "box": list(masks.bounding_box(mask)),
                    "mask": masks.encode(mask),
                    "point": list(masks.pole(mask)),
                }
            )
        )
    named = {key: swapped(phrase) for key, phrase in facts.references.items()}
    return replace(facts, regions=tuple(regions), references=named)


def swapped(text):
    """Left for right and the other way round."""
    other = {"left": "right", "right": "left"}
    return re.sub("left|right", lambda found: other[found[0]], text)
