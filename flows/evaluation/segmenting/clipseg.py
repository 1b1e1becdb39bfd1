"""CLIPSeg: a probability for each pixel that the text is about it.

Source: transformers' ``CLIPSegForImageSegmentation``; pixels from .5 on are the mask. Its text
encoder reads 77 tokens; longer texts are cut, and counted.
"""

from typing import Any

import numpy as np

from annotators.regions.ssa.loading import Placement, load_model, load_processor
from flows.evaluation.segmenting.segmenter import Segmented
from flows.training.extras import require
from schemas.arrays import Image


class ClipSeg:
    """Implements ``TextSegmenter``.

    Args:
        weights: Folder or hub name.
        device: ``torch.device``.

    Raises:
        ConfigError: The weights cannot be loaded.
    """

    def __init__(self, weights: str, device: Any) -> None:
        self._torch = require("torch")
        place = Placement(device, self._torch.float32)
        self._model = load_model("CLIPSegForImageSegmentation", weights, place)
        self._processor = load_processor("CLIPSegProcessor", weights)
        self._device = device
        self._length = int(self._model.config.text_config.max_position_embeddings)

    def segment(self, image: Image, text: str) -> Segmented:
        """See ``TextSegmenter``."""
        tokenizer = self._processor.tokenizer
        cut = len(tokenizer(text, verbose=False)["input_ids"]) > self._length
        words = tokenizer(text, return_tensors="pt", truncation=True, max_length=self._length)
        pixels = self._processor(images=np.asarray(image), return_tensors="pt")["pixel_values"]
        with self._torch.inference_mode():
            logits = self._model(
                pixel_values=pixels.to(self._device),
                input_ids=words["input_ids"].to(self._device),
                attention_mask=words["attention_mask"].to(self._device),
            ).logits
            logits = logits.reshape(1, 1, *logits.shape[-2:])  # one text may lose its own axis
            full = self._torch.nn.functional.interpolate(
                logits, size=image.shape[:2], mode="bilinear", align_corners=False
            )
        return Segmented(np.ascontiguousarray((full[0, 0] >= 0).cpu().numpy()), cut)
