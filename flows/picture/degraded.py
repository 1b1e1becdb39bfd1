"""Records of degraded regions, from what was laid on them and measured."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np

from distortions.gate import Judged, OrderEffect, order_effect, overall
from distortions.plan import DrawnStep, grade_of
from schemas import masks
from schemas.arrays import Image, Mask
from schemas.config import RunConfig
from schemas.records import DegradedRegion, Picture, Region, Scores, Step


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
    region: DegradedRegion,
    image: Image,
    mask: Mask,
    drawn: Sequence[DrawnStep],
    judged: Judged,
    config: RunConfig,
) -> DegradedRegion:
    """``region`` with the chain that was laid on it and everything measured."""
    effect = overall(judged.patch)
    scores = Scores(psnr=effect.psnr, ssim=effect.ssim, gmsd=effect.gmsd, delta_e=effect.delta_e)
    order: OrderEffect | None = None
    if len(drawn) == 2:
        order = order_effect(image, mask, judged.chain, judged.patch)
    return region.model_copy(
        update={
            "role": "whole" if region.role == "whole" else "degraded",
            "chain": _steps(drawn, judged, config),
            "scores": scores,
            "order_ssim": order.ssim if order else None,
            "order_gradient": order.gradient if order else None,
        }
    )


def _steps(drawn: Sequence[DrawnStep], judged: Judged, config: RunConfig) -> list[Step]:
    steps = []
    for link, effect in zip(judged.chain, judged.effects, strict=True):
        steps.append(
            Step(
                family=link.type.family,
                type=link.type.name,
                severity=link.severity,
                grade=grade_of(link.severity, len(drawn), config.plan),
                params=json.dumps(link.params, sort_keys=True),
                key=f"{link.key:016x}",
                domain=link.type.domain,
                delta_e=effect.delta_e,
                gradient_log_ratio=effect.gradient_log_ratio,
                ssim=effect.ssim,
            )
        )
    return steps
