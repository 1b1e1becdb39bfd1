"""Records of degraded regions, from what was laid on them and measured."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np

from distortions.gate import Judged
from distortions.plan import DrawnStep, grade_of
from schemas import masks
from schemas.records import DegradedRegion, Picture, Region, Scores, Step
from schemas.settings.config import RunConfig


def untouched_region(image_id: str, region: Region) -> DegradedRegion:
    """An annotated region without a chain."""
    return DegradedRegion(
        image_id=image_id,
        picture_id=region.picture_id,
        region_id=region.region_id,
        role="clean",
        label=region.label,
        label_refined=region.label,
        box=region.box,
        mask=region.mask,
        area_fraction=region.area_fraction,
        point=region.point,
    )


def whole_region(image_id: str, picture: Picture) -> DegradedRegion:
    """The whole picture as a region."""
    width, height = picture.width, picture.height
    return DegradedRegion(
        image_id=image_id,
        picture_id=picture.picture_id,
        region_id=f"{picture.picture_id}/whole",
        role="whole",
        label="whole image",
        label_refined="whole image",
        box=[0, 0, width, height],
        mask=masks.encode(np.ones((height, width), np.bool_)),
        area_fraction=1.0,
        point=[float(width // 2), float(height // 2)],
    )


def degraded_region(
    region: DegradedRegion, drawn: Sequence[DrawnStep], judged: Judged, config: RunConfig
) -> DegradedRegion:
    """``region`` with the chain that was laid on it and everything measured.

    Args:
        region: Without a chain.
        drawn: The chain.
        judged: What the gate, which it passed, found.
        config: Whose words stand for the steps' strength.
    """
    order = judged.order
    return region.model_copy(
        update={
            "role": "whole" if region.role == "whole" else "degraded",
            "chain": _steps(drawn, judged, config),
            "scores": _scores(judged),
            "order_ssim": order.effect.ssim if order else None,
            "order_gradient": order.effect.gradient if order else None,
            "order_damage": order.damage if order else None,
            "order_visible": order.visible if order else None,
        }
    )


def _scores(judged: Judged) -> Scores | None:
    effect, damage = judged.fidelity, judged.damage
    if effect is None or damage is None:
        return None
    return Scores(
        psnr=effect.psnr,
        ssim=effect.ssim,
        gmsd=damage.gmsd,
        delta_e=effect.delta_e,
        haarpsi=damage.haarpsi,
        damage=damage.damage,
    )


def _steps(drawn: Sequence[DrawnStep], judged: Judged, config: RunConfig) -> list[Step]:
    steps = []
    for link, effect, seen in zip(judged.chain, judged.effects, judged.damages, strict=True):
        steps.append(
            Step(
                family=link.type.family,
                type=link.type.name,
                severity=link.severity,
                grade=grade_of(link.severity, len(drawn), seen.damage, config.plan),
                params=json.dumps(link.params, sort_keys=True),
                key=f"{link.key:016x}",
                domain=link.type.domain,
                delta_e=effect.delta_e,
                gradient_log_ratio=effect.gradient_log_ratio,
                ssim=effect.ssim,
                damage=seen.damage,
                gmsd=seen.gmsd,
                haarpsi=seen.haarpsi,
                chroma_ssim=seen.chroma_ssim,
                share_visible=seen.share_visible,
                delta_e_95=seen.delta_e_95,
                delta_e_99=seen.delta_e_99,
            )
        )
    return steps
