"""SAM 3: every instance of what a text names; the best of them is the answer.

Its text encoder reads 32 tokens, and its processor of transformers cuts nothing, so that longer
texts would be an error: they are cut here, and counted.

Source: transformers' ``Sam3Model`` and ``Sam3Processor``; instances below a score of .3 are none,
as its post-processing has it.
"""

from typing import Any

import numpy as np

from annotators.regions.ssa.loading import Placement, load_model, load_processor
from flows.evaluation.segmenting.segmenter import Segmented
from flows.training.extras import require
from schemas.arrays import Image

LENGTH = 32
"""Tokens that its text encoder reads, the first and the last among them."""
THRESHOLD = 0.3


class Sam3:
    """Implements ``TextSegmenter``.

    A question has one target, so of several instances the one with the highest score is taken.

    Args:
        weights: Folder or hub name.
        device: ``torch.device``.
        threshold: Lowest score of an instance.

    Raises:
        ConfigError: The weights cannot be loaded.
    """

    def __init__(self, weights: str, device: Any, threshold: float = THRESHOLD) -> None:
        self._torch = require("torch")
        self._model = load_model("Sam3Model", weights, Placement(device, self._torch.float32))
        self._processor = load_processor("Sam3Processor", weights)
        self._device, self._threshold = device, threshold

    def segment(self, image: Image, text: str) -> Segmented:
        """See ``TextSegmenter``."""
        tokenizer = self._processor.tokenizer
        cut = len(tokenizer(text, verbose=False)["input_ids"]) > LENGTH
        words = tokenizer(
            text, return_tensors="pt", padding="max_length", truncation=True, max_length=LENGTH
        )
        pixels = self._processor.image_processor(np.asarray(image), return_tensors="pt")
        with self._torch.inference_mode():
            found = self._model(
                pixel_values=pixels["pixel_values"].to(self._device),
                input_ids=words["input_ids"].to(self._device),
                attention_mask=words["attention_mask"].to(self._device),
            )
        (result,) = self._processor.post_process_instance_segmentation(
            found, threshold=self._threshold, target_sizes=[image.shape[:2]]
        )
        if not len(result["scores"]):
            return Segmented(np.zeros(image.shape[:2], np.bool_), cut)
        best = result["masks"][int(result["scores"].argmax())]
        return Segmented(np.ascontiguousarray(best.cpu().numpy().astype(np.bool_)), cut)
