"""Rows made by hand: one 40x30 picture, a degraded sky above and a dog below."""

from pathlib import Path

import numpy as np

from distortions.registry import FAMILIES
from flows.evaluation.truth import Bench
from schemas import masks
from schemas.records import DegradedRegion, Message, Sample, Step

WIDTH, HEIGHT = 40, 30


def box_mask(x0, y0, x1, y1):
    """The compressed counts of a filled box."""
    mask = np.zeros((HEIGHT, WIDTH), np.bool_)
    mask[y0:y1, x0:x1] = True
    return masks.encode(mask)


def step(family, grade="mild"):
    """A step of a chain."""
    severity = {"mild": 1, "moderate": 2, "severe": 3, "": 0}[grade]
    return Step(
        family=family,
        type=family,
        severity=severity,
        grade=grade,
        params="{}",
        key="0",
        domain="pixel",
        delta_e=1.0,
        gradient_log_ratio=0.0,
        ssim=0.9,
    )


def region(name, box, chain=(), label=None, image_id="p-v0"):
    """A region ``p/name``."""
    return DegradedRegion(
        image_id=image_id,
        picture_id=image_id[:-3],
        region_id=f"p/{name}",
        role="degraded" if chain else "clean",
        label=label or name,
        label_refined=label or name,
        box=list(box),
        mask=box_mask(*box),
        area_fraction=0.1,
        point=[box[0] + 1.0, box[1] + 1.0],
        chain=list(chain),
        scores=None,
        order_ssim=None,
        order_gradient=None,
    )


SKY = region("sky", (0, 0, 40, 10), [step("blur"), step("noise", "severe")])
DOG = region("dog", (20, 15, 36, 27), [step("compression", "moderate")])
TREE = region("tree", (2, 14, 10, 28))


def sample(index, task, sub_task, answer, target=None, form="", spatial="", **more):
    """A row about ``target``."""
    values = dict(
        row_id=f"p-v0/{task}/{index}",
        image_id="p-v0",
        picture_id="p",
        region_id=target.region_id if target else "",
        split="test",
        task=task,
        sub_task=sub_task,
        form=form,
        question="What is it?",
        answer=answer,
        messages=[
            Message(role="user", content="What is it?"),
            Message(role="assistant", content=answer),
        ],
        reference=f"the {target.label}" if target else "",
        label=target.label if target else "",
        label_refined=target.label if target else "",
        width=WIDTH,
        height=HEIGHT,
        box=target.box if target else None,
        mask=target.mask if target else None,
        point=target.point if target else None,
        spatial_answer=spatial,
        semantic_answer=answer.removeprefix(f"{spatial} ") if spatial else "",
        chain=target.chain if target else [],
        scores=None,
        pool="made:0",
        writer="template",
        prompt_version="1",
        attempts=1,
        source="made",
        source_path="p.png",
        licence="CC0-1.0",
        content_hash="0" * 64,
        origin="synthetic",
        seed=0,
        config_hash="0",
    )
    return Sample(**{**values, **more})


SHORT = sample(0, "referring", "short", "Mild blur, severe noise.", SKY, "multi")
LONG = sample(1, "referring", "long", "What spoils the dog is moderate compression.", DOG, "single")
FIND = sample(
    2,
    "grounding",
    "hybrid_intensity",
    "Top right. The worst part is the sky, with mild blur followed by severe noise.",
    SKY,
    "most",
    "Top right.",
)
LOCAL = sample(3, "local_description", "", "No visible distortion affects the tree.", TREE)
WHOLE = sample(
    4,
    "global_description",
    "",
    "The quality of this picture is uneven. Mild blur and severe noise affect the sky. "
    "In the dog there is moderate compression.",
)
ROWS = (SHORT, LONG, FIND, LOCAL, WHOLE)


def bench(*samples, regions=(SKY, DOG, TREE), others=()):
    """A bench of these rows, all of the one picture; of all rows when none is given."""
    return Bench(
        folder=Path("nowhere"),
        samples=samples or ROWS,
        families=dict(FAMILIES),
        regions={"p-v0": tuple(regions)},
        others=tuple(others),
        digest="0" * 64,
    )
