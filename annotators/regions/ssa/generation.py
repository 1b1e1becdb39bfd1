"""Masks of everything in a picture, by the SAM models that transformers has."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np

from annotators.regions.ssa.loading import Placement, load_processor, provenance, require
from annotators.regions.ssa.sam import Found
from schemas.arrays import Image, Mask
from schemas.errors import ConfigError
from schemas.settings.ssa import SsaConfig


class MaskGeneration:
    """SAM, SAM-HQ, SAM 2 or the SAM 3 tracker through the ``mask-generation`` pipeline.

    Args:
        config: Folder or hub name as ``sam_checkpoint``; thresholds, grid.
        place: Where it runs.

    Raises:
        ConfigError: It cannot be loaded, or makes no masks.
    """

    def __init__(self, config: SsaConfig, place: Placement) -> None:
        self._torch, library = require("torch"), require("transformers")
        require("torchvision")  # the pipeline drops duplicates by its nms
        self._config, self._points = config, config.points_per_batch
        name = config.sam_checkpoint
        try:
            model = library.AutoModelForMaskGeneration.from_pretrained(name, dtype=place.dtype)
        except (OSError, ValueError, KeyError) as error:
            line = str(error).strip().splitlines()[0][:160]
            raise ConfigError(
                f"--sam-checkpoint {name}: neither a .pth file nor a mask-generation model of "
                f"transformers ({line})"
            ) from None
        processor = load_processor("AutoImageProcessor", name)
        self._pipeline = library.pipeline(
            "mask-generation", model=model.eval(), image_processor=processor, device=place.device
        )
        self.provenance = provenance(name, model)
        """For the manifest."""

    def masks(self, image: Image) -> list[Found]:
        """Masks of an RGB picture ``(height, width, 3)``; none is a valid answer.

        Raises:
            torch.OutOfMemoryError: Not even one point prompt fits.
        """
        while True:
            try:
                return self._masks(image)
            except self._torch.OutOfMemoryError:
                if self._points == 1:
                    raise
                self._points //= 2
                self._torch.cuda.empty_cache()

    def _masks(self, image: Image) -> list[Found]:
        from PIL import Image as Pillow

        config = self._config
        result = self._pipeline(
            Pillow.fromarray(image),
            points_per_batch=self._points,
            points_per_crop=config.points_per_side,
            pred_iou_thresh=config.pred_iou_thresh,
            stability_score_thresh=config.stability_score_thresh,
            crops_nms_thresh=config.box_nms_thresh,
            crops_n_layers=config.crop_n_layers,
            crop_n_points_downscale_factor=2,
        )
        found = []
        for mask, score in zip(result["masks"], result["scores"], strict=True):
            tidy = tidied(np.asarray(_array(mask), np.bool_), config.min_mask_region_area)
            found.append(Found(tidy, float(score)))
        return found


def _array(mask: Any) -> Any:
    return mask.cpu().numpy() if hasattr(mask, "cpu") else mask


def tidied(mask: Mask, area: int) -> Mask:
    """The mask without holes and without islands of fewer than ``area`` pixels.

    The largest island always stays.

    Source: segment-anything, ``min_mask_region_area``, which transformers lacks.
    """
    without_holes = mask | _small_parts(~mask, area, keep_largest=False)
    return without_holes & ~_small_parts(without_holes, area, keep_largest=True)


def _small_parts(mask: Mask, area: int, keep_largest: bool) -> Mask:
    number, labels, stats, _ = cv2.connectedComponentsWithStats(mask.view(np.uint8), connectivity=8)
    small = stats[:, cv2.CC_STAT_AREA] < area
    small[0] = False
    if keep_largest and number > 1 and small[1:].all():
        small[1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))] = False
    return np.asarray(small[labels])


def is_pth(checkpoint: str) -> bool:
    """Whether a checkpoint is meant for segment-anything itself."""
    return Path(checkpoint).suffix in (".pth", ".pt") or not checkpoint
