"""Masks of everything in a picture, by segment-anything's own generator.

The generator is the library's; two of its steps are replaced by faster ones with the same
outcome. It scales every mask to the picture's size and only then drops most of them for their
predicted IoU, and it encodes each by a loop over tensors.
"""

from contextlib import AbstractContextManager, nullcontext
from functools import cache
from pickle import UnpicklingError
from typing import Any, NamedTuple

import numpy as np

from annotators.regions.ssa.checkpoints import how_to_get, verified
from annotators.regions.ssa.loading import Placement, require
from schemas.arrays import Image, Mask
from schemas.errors import ConfigError
from schemas.settings.ssa import SsaConfig


class Found(NamedTuple):
    """A mask that nobody has named yet.

    Args:
        mask: ``(height, width)`` bool.
        quality: The model's own estimate of its IoU; ``None`` where there is none.
    """

    mask: Mask
    quality: float | None


class SegmentAnything:
    """segment-anything with a checkpoint of its own format.

    Args:
        config: Checkpoint, thresholds, grid.
        place: Where it runs.

    Raises:
        ConfigError: No checkpoint, a broken one, or one of another architecture.
    """

    def __init__(self, config: SsaConfig, place: Placement) -> None:
        self._torch, library = require("torch"), require("segment_anything")
        if not config.sam_checkpoint:
            raise ConfigError(f"--sam-checkpoint is not given; {how_to_get(config.sam_type)}")
        path, digest = verified(config.sam_checkpoint, config.sam_type, config.sam_sha256)
        model = library.sam_model_registry[config.sam_type]()
        self._load(model, path, config.sam_type)
        self._place = place
        self._generator = _generator(model.to(place.device).eval(), config)
        self.provenance = {"name": path.name, "class": config.sam_type, "sha256": digest}
        """For the manifest."""

    def _load(self, model: Any, path: Any, sam_type: str) -> None:
        try:
            model.load_state_dict(self._torch.load(path, map_location="cpu", weights_only=True))
        except (RuntimeError, ValueError, EOFError, OSError, KeyError, UnpicklingError) as error:
            line = str(error).strip().splitlines()[0][:120]
            raise ConfigError(
                f"--sam-checkpoint {path}: no checkpoint of --sam-type {sam_type} ({line})"
            ) from None

    def masks(self, image: Image) -> list[Found]:
        """Masks of an RGB picture ``(height, width, 3)``; none is a valid answer.

        Raises:
            torch.OutOfMemoryError: Not even one point prompt fits.
        """
        while True:
            try:
                with self._precision():
                    records = self._generator.generate(np.asarray(image))
            except self._torch.OutOfMemoryError:
                if self._generator.points_per_batch == 1:
                    raise
                self._generator.points_per_batch //= 2
                self._torch.cuda.empty_cache()
            else:
                return [
                    Found(_from_counts(record["segmentation"]), float(record["predicted_iou"]))
                    for record in records
                ]

    def _precision(self) -> AbstractContextManager[Any]:
        if self._place.device.type == "cpu":
            return nullcontext()
        half = self._place.dtype == self._torch.float16
        precision: AbstractContextManager[Any] = self._torch.autocast(
            self._place.device.type, self._place.dtype, enabled=half
        )
        return precision


def _generator(model: Any, config: SsaConfig) -> Any:
    return _generator_class()(
        model,
        points_per_side=config.points_per_side,
        points_per_batch=config.points_per_batch,
        pred_iou_thresh=config.pred_iou_thresh,
        stability_score_thresh=config.stability_score_thresh,
        box_nms_thresh=config.box_nms_thresh,
        crop_n_layers=config.crop_n_layers,
        crop_n_points_downscale_factor=2,
        min_mask_region_area=config.min_mask_region_area,
        output_mode="uncompressed_rle",
    )


@cache
def _generator_class() -> Any:
    """The library's generator with an early filter; made here because its base loads torch."""
    torch = require("torch")
    library = require("segment_anything.automatic_mask_generator")

    class EarlyFilter(library.SamAutomaticMaskGenerator):  # type: ignore[misc, name-defined]
        def _generate_masks(self, image: Any) -> Any:
            try:
                return super()._generate_masks(image)
            except IndexError:
                # The library indexes boxes of crops that it does not have when no mask survives.
                return _nothing(library, torch)

        def _process_batch(
            self, points: Any, im_size: Any, crop_box: list[int], orig_size: Any
        ) -> Any:
            low, scores = _decode(self.predictor, points, im_size, torch)
            from_points = torch.as_tensor(points).repeat_interleave(low.shape[1], 0)
            low, scores = low.flatten(0, 1), scores.flatten(0, 1).float()
            if self.pred_iou_thresh > 0.0:
                good = scores > self.pred_iou_thresh
                low, scores, from_points = low[good], scores[good], from_points[good.cpu()]
            masks = self.predictor.model.postprocess_masks(
                low[:, None], self.predictor.input_size, self.predictor.original_size
            )[:, 0]
            data = library.MaskData(masks=masks, iou_preds=scores, points=from_points)
            return self._settle(data, crop_box, orig_size)

        def _settle(self, data: Any, crop_box: list[int], orig_size: Any) -> Any:
            """Stability, edges of crops, run lengths: the library's steps in its order."""
            height, width = orig_size
            threshold = self.predictor.model.mask_threshold
            data["stability_score"] = library.calculate_stability_score(
                data["masks"], threshold, self.stability_score_offset
            )
            if self.stability_score_thresh > 0.0:
                data.filter(data["stability_score"] >= self.stability_score_thresh)
            data["masks"] = data["masks"] > threshold
            data["boxes"] = library.batched_mask_to_box(data["masks"])
            whole = [0, 0, width, height]
            near = library.is_box_near_crop_edge(data["boxes"], crop_box, whole)
            data.filter(~near)
            masks = library.uncrop_masks(data["masks"], crop_box, height, width)
            data["rles"] = [_counts(mask) for mask in masks.cpu().numpy()]
            del data["masks"]
            return data

    return EarlyFilter


def _decode(predictor: Any, points: Any, im_size: Any, torch: Any) -> tuple[Any, Any]:
    """Low-resolution logits ``(points, 3, 256, 256)`` and predicted IoUs ``(points, 3)``."""
    model = predictor.model
    moved = predictor.transform.apply_coords(points, im_size)
    coordinates = torch.as_tensor(moved, device=predictor.device)[:, None, :]
    labels = torch.ones(coordinates.shape[:2], dtype=torch.int, device=predictor.device)
    sparse, dense = model.prompt_encoder(points=(coordinates, labels), boxes=None, masks=None)
    low, scores = model.mask_decoder(
        image_embeddings=predictor.features,
        image_pe=model.prompt_encoder.get_dense_pe(),
        sparse_prompt_embeddings=sparse,
        dense_prompt_embeddings=dense,
        multimask_output=True,
    )
    return low, scores


def _nothing(library: Any, torch: Any) -> Any:
    names = ("iou_preds", "points", "stability_score", "boxes", "crop_boxes")
    return library.MaskData(rles=[], **{name: torch.zeros(0).numpy() for name in names})


def _counts(mask: Mask) -> dict[str, Any]:
    """Uncompressed COCO run lengths, columns first, beginning with a run of zeros."""
    flat = mask.ravel(order="F")
    changes = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    edges = np.concatenate(([0], changes, [flat.size]))
    runs = np.diff(edges).tolist()
    return {"size": list(mask.shape), "counts": [0, *runs] if flat[0] else runs}


def _from_counts(runs: dict[str, Any]) -> Mask:
    counts = np.asarray(runs["counts"])
    values = np.arange(len(counts)) % 2 == 1
    height, width = runs["size"]
    return np.ascontiguousarray(np.repeat(values, counts).reshape(width, height).T)
