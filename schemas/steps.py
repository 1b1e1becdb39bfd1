"""What was laid on a region, step by step, and how far the region moved."""

from typing import Annotated, ClassVar, Literal

import pyarrow as pa

from schemas.record import Record

Grade = Literal["mild", "moderate", "severe", ""]


class Step(Record):
    """One distortion laid on one region."""

    version: ClassVar[int] = 2

    family: Annotated[str, pa.string()]
    """Family, e.g. ``blur``."""
    type: Annotated[str, pa.string()]
    """Registered type, e.g. ``gaussian_blur``."""
    severity: Annotated[int, pa.int8()]
    """Level of the type's table, 1 to 5; 0 where a person gave none."""
    grade: Annotated[Grade, pa.string()]
    """Word for what is seen of it: mild, moderate or severe; empty near a border between two words,
    and where a person gave none."""
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
    damage: Annotated[float | None, pa.float32()] = None
    """Visible damage the step does, 0 (none) to 3.6: the finished region against itself without the
    step. This and what follows is null for what a person named."""
    gmsd: Annotated[float | None, pa.float32()] = None
    """Gradient magnitude similarity deviation of the same two, on blocks the eye takes together."""
    haarpsi: Annotated[float | None, pa.float32()] = None
    """Haar perceptual similarity of the same two; 1 where nothing changed."""
    chroma_ssim: Annotated[float | None, pa.float32()] = None
    """Mean SSIM of a* and b* of the same two."""
    share_visible: Annotated[float | None, pa.float32()] = None
    """Share of the mask in blocks with CIEDE2000 above 3 between the same two."""
    delta_e_95: Annotated[float | None, pa.float32()] = None
    """95th percentile of the blocks' CIEDE2000 between the same two."""
    delta_e_99: Annotated[float | None, pa.float32()] = None
    """99th percentile of the blocks' CIEDE2000 between the same two."""


class Scores(Record):
    """Full-reference scores of a region against its pristine pixels."""

    version: ClassVar[int] = 2

    psnr: Annotated[float, pa.float32()]
    """Peak signal-to-noise ratio inside the mask, dB; 100 when identical."""
    ssim: Annotated[float, pa.float32()]
    """Mean SSIM (uniform 7x7 window, luma) over the mask."""
    gmsd: Annotated[float, pa.float32()]
    """Gradient magnitude similarity deviation over the mask, on blocks the eye takes together; 0
    when identical."""
    delta_e: Annotated[float, pa.float32()]
    """Mean CIEDE2000 over the mask."""
    haarpsi: Annotated[float, pa.float32()]
    """Haar perceptual similarity over the mask; 1 when identical."""
    damage: Annotated[float, pa.float32()]
    """Visible damage, 0 (none) to 3.6; 4.6 minus it is the score people would give on the scale of
    KADID-10k (5 imperceptible, 1 very annoying)."""


class Screen(Record):
    """No-reference scores of a source picture, by which it was found good enough."""

    version: ClassVar[int] = 2
    sharpness: Annotated[float, pa.float32()]
    """Sharpness of the sharpest parts; higher is sharper. See annotators/screening."""
    noise: Annotated[float, pa.float32()]
    """Estimated standard deviation of noise, grey levels of 255."""
    blockiness: Annotated[float, pa.float32()]
    """Step across the 8-pixel grid relative to steps beside it; about 1 without JPEG blocks."""
    detail: Annotated[float, pa.float32()]
    """Entropy of the luma histogram, bits; near 0 for a uniform picture."""
    clipped: Annotated[float, pa.float32()]
    """Share of pixels that are black or white in all channels."""
    steadiness: Annotated[float, pa.float32()]
    """Sharpness in the direction in which it is least; low where the camera was shaken."""
    focus: Annotated[float, pa.float32()]
    """Sharpness of the least sharp tenth of all blocks with structure."""
    texture: Annotated[float, pa.float32()]
    """Fine detail beside sharp steps, relative to them; low where it was smoothed away."""
    blown: Annotated[float, pa.float32()]
    """Share of pixels of 250 or more in all channels."""
    veil: Annotated[float, pa.float32()]
    """Level below which the darkest twentieth of the picture lies; high under haze."""
