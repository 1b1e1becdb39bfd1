"""Small records for tests of questions and answers."""

from functools import cache

import numpy as np

from annotators.facts import PictureFacts
from annotators.language.phrases import references
from distortions.families import BUILT_IN
from distortions.registry import FAMILIES as EVERY_FAMILY
from schemas import masks
from schemas.records import DegradedRegion, Scores, Step

FAMILIES = {family.name: family for family in BUILT_IN}
EVERYTHING = dict(EVERY_FAMILY)
WIDTH, HEIGHT = 600, 400


@cache
def filled(x0, y0, x1, y1):
    """The mask of a box, as run lengths."""
    mask = np.zeros((HEIGHT, WIDTH), np.bool_)
    mask[y0:y1, x0:x1] = True
    return masks.encode(mask)


def lost(ssim, losses):
    """Losses by the three measures; where none are given, all of a kind with the SSIM."""
    gmsd, haar, damage = losses or (0.5 * (1 - ssim), 1 - ssim, 3.6 * (1 - ssim))
    return {"gmsd": gmsd, "haarpsi": 1 - haar, "damage": damage}


def step(family, grade="moderate", severity=3, kind="", ssim=0.7, delta_e=10.0, losses=None):
    """One step of a chain; ``losses`` are GMSD, 1 - HaarPSI and damage."""
    return Step(
        family=family,
        type=kind or f"{family}_type",
        severity=severity,
        grade=grade,
        params="{}",
        key="0" * 16,
        domain="pixel",
        delta_e=delta_e,
        gradient_log_ratio=-0.5,
        ssim=ssim,
        chroma_ssim=0.9,
        share_visible=0.5,
        delta_e_95=20.0,
        delta_e_99=25.0,
        **lost(ssim, losses),
    )


def region(
    name,
    chain=(),
    label="dog",
    box=(20, 20, 120, 120),
    ssim=0.6,
    order_seen=True,
    role=None,
    losses=None,
):
    """A region with a chain, or a clean one."""
    scores = None
    if chain:
        scores = Scores(psnr=20.0, ssim=ssim, delta_e=12.0, **lost(ssim, losses))
    pair = len(chain) == 2
    return DegradedRegion(
        image_id="pic-v0",
        picture_id="pic",
        region_id=f"pic/{name}",
        role=role or ("degraded" if chain else "clean"),
        label=label,
        label_refined=label,
        box=list(box),
        mask=filled(*box),
        area_fraction=0.1,
        point=[(box[0] + box[2]) / 2, (box[1] + box[3]) / 2],
        chain=list(chain),
        scores=scores,
        order_ssim=0.5 if pair else None,
        order_gradient=0.5 if pair else None,
        order_damage=1.0 if pair else None,
        order_visible=order_seen if pair else None,
    )


def whole(chain):
    """The whole picture as a region."""
    return region("whole", chain, "whole image", (0, 0, WIDTH, HEIGHT), role="whole")


def facts(*regions, families=FAMILIES):
    """The facts of a picture with these regions."""
    return PictureFacts(
        "pic-v0", WIDTH, HEIGHT, tuple(regions), references(regions, WIDTH, HEIGHT), families
    )
