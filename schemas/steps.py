"""What was laid on a region, step by step, and how far the region moved."""

from typing import Annotated, Literal

import pyarrow as pa

from schemas.record import Record

Grade = Literal["mild", "moderate", "severe", ""]


class Step(Record):
    """One distortion laid on one region."""

    family: Annotated[str, pa.string()]
    """Family, e.g. ``blur``."""
    type: Annotated[str, pa.string()]
    """Registered type, e.g. ``gaussian_blur``."""
    severity: Annotated[int, pa.int8()]
    """Level of the type's table, 1 to 5; 0 where a person gave none."""
    grade: Annotated[Grade, pa.string()]
    """Word for the severity: mild, moderate or severe; empty where a person gave none."""
    params: Annotated[str, pa.string()]
    """Parameters the function was called with, JSON, keys sorted."""
    key: Annotated[str, pa.string()]
    """64-bit key of the step's randomness, 16 hex digits; empty for what a person named."""
    domain: Annotated[str, pa.string()]
    """What the result depends on: pixel, neighbourhood, region or crop."""
    delta_e: Annotated[float, pa.float32()]
    """Mean CIEDE2000 by which this step moved the region."""
    gradient_log_ratio: Annotated[float, pa.float32()]
    """Natural log of mean gradient after over before this step."""
    ssim: Annotated[float, pa.float32()]
    """SSIM of the region after this step against before it."""


class Scores(Record):
    """Full-reference scores of a region against its pristine pixels."""

    psnr: Annotated[float, pa.float32()]
    """Peak signal-to-noise ratio inside the mask, dB; 100 when identical."""
    ssim: Annotated[float, pa.float32()]
    """Mean SSIM (uniform 7x7 window, luma) over the mask."""
    gmsd: Annotated[float, pa.float32()]
    """Gradient magnitude similarity deviation over the mask; 0 when identical."""
    delta_e: Annotated[float, pa.float32()]
    """Mean CIEDE2000 over the mask."""
