"""EVF-SAM through its own package, which brings its model and stays where its owners put it.

Source: hustvl/EVF-SAM, ``inference.py`` and ``model/evf_sam.py`` (the variant on SAM ViT-H): SAM
gets the picture with its long side at 1024, normalised and padded; the early fusion encoder gets
it at 224 x 224 in -1..1, bicubic; logits above 0 are the mask. Its texts are not cut.
"""

import importlib
from typing import Any

import cv2
import numpy as np
from PIL import Image as Pil

from annotators.regions.ssa.loading import load_processor
from flows.evaluation.segmenting.segmenter import Segmented
from flows.training.extras import require
from schemas.arrays import Image
from schemas.errors import ConfigError

PACKAGE = "model.evf_sam"
SAM_SIDE, FUSION_SIDE = 1024, 224
MEAN = np.array([123.675, 116.28, 103.53], np.float32)
DEVIATION = np.array([58.395, 57.12, 57.375], np.float32)


class EvfSam:
    """Implements ``TextSegmenter``.

    Args:
        weights: Folder or hub name of its weights.
        device: ``torch.device``.

    Raises:
        ConfigError: Its package is not there, or its weights cannot be loaded.
    """

    def __init__(self, weights: str, device: Any) -> None:
        self._torch, self._device = require("torch"), device
        model = _package().EvfSamModel
        try:
            self._model = model.from_pretrained(weights, low_cpu_mem_usage=True).to(device).eval()
        except (OSError, ValueError, KeyError) as error:
            line = str(error).strip().splitlines()[0][:160]
            raise ConfigError(f"cannot load {weights!r} as EVF-SAM: {line}") from None
        self._tokenizer = load_processor("AutoTokenizer", weights)

    def segment(self, image: Image, text: str) -> Segmented:
        """See ``TextSegmenter``."""
        ids = self._tokenizer(text, return_tensors="pt")["input_ids"].to(self._device)
        sam, shape = self._for_sam(np.asarray(image))
        with self._torch.inference_mode():
            logits = self._model.inference(
                sam,
                self._for_fusion(np.asarray(image)),
                ids,
                resize_list=[shape],
                original_size_list=[image.shape[:2]],
            )
        return Segmented(np.ascontiguousarray((logits[0] > 0).cpu().numpy()))

    def _for_sam(self, image: Image) -> tuple[Any, tuple[int, int]]:
        """Normalised and padded, and its size before that."""
        height, width = image.shape[:2]
        scale = SAM_SIDE / max(height, width)
        shape = (int(height * scale + 0.5), int(width * scale + 0.5))
        # Pillow smooths while it shrinks, as torchvision does there; OpenCV does not
        small = np.asarray(Pil.fromarray(image).resize(shape[::-1], Pil.Resampling.BILINEAR))
        padded = np.zeros((SAM_SIDE, SAM_SIDE, 3), np.float32)
        padded[: shape[0], : shape[1]] = (small - MEAN) / DEVIATION
        return self._batch(padded), shape

    def _for_fusion(self, image: Image) -> Any:
        size = (FUSION_SIDE, FUSION_SIDE)
        small = cv2.resize(image.astype(np.float32) / 255, size, interpolation=cv2.INTER_CUBIC)
        return self._batch((small - 0.5) / 0.5)

    def _batch(self, pixels: Any) -> Any:
        tensor = self._torch.from_numpy(np.ascontiguousarray(pixels.transpose(2, 0, 1)))[None]
        return tensor.to(self._device, self._model.dtype)


def _package() -> Any:
    try:
        found = importlib.import_module(PACKAGE)
        found.EvfSamModel  # noqa: B018
    except (ImportError, AttributeError, RuntimeError) as error:
        line = str(error).strip().splitlines()[0][:120]
        raise ConfigError(
            f"evf-sam: its own package is not importable ({line}); clone hustvl/EVF-SAM, install "
            "its requirements and put its folder on PYTHONPATH"
        ) from None
    return found
