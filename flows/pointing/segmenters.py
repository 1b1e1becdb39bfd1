"""A point or a box becomes a mask: segment-anything, or SAM and SAM 2 of transformers, untouched.

For a single point SAM offers three masks, of a part, of its object and of what holds both; its
authors advise to take the one it scores highest, which is the default here.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from annotators.regions.ssa.checkpoints import how_to_get, verified
from flows.training.extras import require
from schemas.arrays import Image, Mask
from schemas.errors import ConfigError
from schemas.settings.training import PointConfig


class PointSegmenter(Protocol):
    """Masks from points."""

    def segment(self, image: Image, points: Sequence[tuple[float, float]]) -> list[Mask]:
        """One mask ``(height, width)`` for each point ``(x, y)`` in pixels."""
        ...

    def segment_boxes(
        self, image: Image, boxes: Sequence[tuple[float, float, float, float]]
    ) -> list[Mask]:
        """One mask ``(height, width)`` for each box ``(x0, y0, x1, y1)`` in pixels."""
        ...


def make_segmenter(config: PointConfig, device: Any) -> PointSegmenter | None:
    """The segmenter a configuration asks for; ``None`` when it asks for none.

    Raises:
        ConfigError: Weights are missing or of another kind.
    """
    weights = config.segmenter
    if not weights:
        return None
    if weights.endswith((".pth", ".pt")):
        return _Checkpoint(config, device)
    return _Transformers(config, device)


class _Checkpoint:
    """segment-anything with a checkpoint of its own format."""

    def __init__(self, config: PointConfig, device: Any) -> None:
        torch, library = require("torch"), require("segment_anything")
        if config.sam_type not in library.sam_model_registry:
            raise ConfigError(f"--sam-type {config.sam_type!r}; allowed: vit_h, vit_l, vit_b")
        if not Path(config.segmenter).is_file():
            raise ConfigError(f"{config.segmenter} is not there; {how_to_get(config.sam_type)}")
        path, _ = verified(config.segmenter, config.sam_type, "")
        model = library.sam_model_registry[config.sam_type]()
        try:
            model.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
        except (RuntimeError, ValueError, EOFError, OSError, KeyError) as error:
            line = str(error).strip().splitlines()[0][:120]
            raise ConfigError(f"{path}: no checkpoint of {config.sam_type} ({line})") from None
        self._predictor = library.SamPredictor(model.to(device).eval())
        self._many = config.multimask == "best"

    def segment(self, image: Image, points: Sequence[tuple[float, float]]) -> list[Mask]:
        """See ``PointSegmenter``."""
        self._predictor.set_image(np.ascontiguousarray(image))
        return [
            self._best(
                point_coords=np.array([point], np.float32),
                point_labels=np.array([1]),
                multimask_output=self._many,
            )
            for point in points
        ]

    def segment_boxes(
        self, image: Image, boxes: Sequence[tuple[float, float, float, float]]
    ) -> list[Mask]:
        """See ``PointSegmenter``."""
        self._predictor.set_image(np.ascontiguousarray(image))
        return [self._best(box=np.array(box, np.float32), multimask_output=False) for box in boxes]

    def _best(self, **prompt: Any) -> Mask:
        found, scores, _ = self._predictor.predict(**prompt)
        return np.ascontiguousarray(found[int(np.argmax(scores))].astype(np.bool_))


class _Transformers:
    """SAM, SAM-HQ or SAM 2 of transformers."""

    def __init__(self, config: PointConfig, device: Any) -> None:
        self._torch, library = require("torch"), require("transformers")
        library.utils.logging.disable_progress_bar()
        try:
            kind = library.AutoConfig.from_pretrained(config.segmenter).model_type
            names = _CLASSES.get(kind)
            if names is None:
                raise ConfigError(
                    f"{config.segmenter}: a model of type {kind!r} takes no points; "
                    f"known: {', '.join(_CLASSES)}"
                )
            model = getattr(library, names[0]).from_pretrained(config.segmenter)
            self._processor = getattr(library, names[1]).from_pretrained(config.segmenter)
        except (OSError, ValueError, KeyError) as error:
            if isinstance(error, ConfigError):
                raise
            line = str(error).strip().splitlines()[0][:160]
            raise ConfigError(f"cannot load {config.segmenter!r} as SAM: {line}") from None
        self._model = model.to(device).eval()
        self._device, self._many = device, config.multimask == "best"
        self._nested = kind.startswith("sam2")

    def segment(self, image: Image, points: Sequence[tuple[float, float]]) -> list[Mask]:
        """See ``PointSegmenter``."""
        # one object each, all in one picture: SAM wants objects x points, SAM 2 a level more
        given = [[[list(point)] for point in points]]
        return self._masks(image, self._many, input_points=given) if points else []

    def segment_boxes(
        self, image: Image, boxes: Sequence[tuple[float, float, float, float]]
    ) -> list[Mask]:
        """See ``PointSegmenter``; a box leaves no choice, so that one mask is asked for."""
        given = [[list(box) for box in boxes]]
        return self._masks(image, many=False, input_boxes=given) if boxes else []

    def _masks(self, image: Image, many: bool, **prompts: Any) -> list[Mask]:
        """The mask with the highest score for each prompt."""
        inputs = self._processor(images=np.asarray(image), **prompts, return_tensors="pt")
        inputs = inputs.to(self._device)
        with self._torch.inference_mode():
            out = self._model(**inputs, multimask_output=many)
        sizes = inputs["original_sizes"].cpu()
        masks = out.pred_masks.cpu()
        if self._nested:
            full = self._processor.post_process_masks(masks, sizes)[0]
        else:
            shaped = inputs["reshaped_input_sizes"].cpu()
            full = self._processor.image_processor.post_process_masks(masks, sizes, shaped)[0]
        best = out.iou_scores[0].argmax(-1).cpu().tolist()
        return [
            np.ascontiguousarray(full[number, choice].numpy().astype(np.bool_))
            for number, choice in enumerate(best)
        ]


_CLASSES = {
    "sam": ("SamModel", "SamProcessor"),
    "sam_hq": ("SamHQModel", "SamHQProcessor"),
    "sam2": ("Sam2Model", "Sam2Processor"),
    "sam2_video": ("Sam2Model", "Sam2Processor"),
}
