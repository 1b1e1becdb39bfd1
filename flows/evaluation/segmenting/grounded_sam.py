"""Grounding DINO finds a box for the text, SAM makes the box a mask.

Source: transformers' ``GroundingDinoForObjectDetection`` (a prompt is lower case and ends with a
full stop, which parts one thing from the next) and ``SamModel``; boxes below a score of .25 are
none, as its post-processing has it.
"""

import re
from typing import Any

import numpy as np

from annotators.regions.ssa.loading import Placement, load_model, load_processor
from flows.evaluation.segmenting.segmenter import Segmented
from flows.pointing.segmenters import make_segmenter
from flows.training.extras import require
from schemas.arrays import Image
from schemas.errors import ConfigError
from schemas.settings.training import PointConfig

THRESHOLD = 0.25


class GroundedSam:
    """Implements ``TextSegmenter``.

    A question has one target, so of several boxes the one with the highest score is taken.

    Args:
        detector: Grounding DINO, folder or hub name.
        sam: What ``point --segmenter`` takes: a checkpoint, or SAM or SAM 2 of transformers.
        device: ``torch.device``.
        threshold: Lowest score of a box.

    Raises:
        ConfigError: Weights cannot be loaded.
    """

    def __init__(self, detector: str, sam: str, device: Any, threshold: float = THRESHOLD) -> None:
        self._torch, self._device, self._threshold = require("torch"), device, threshold
        place = Placement(device, self._torch.float32)
        self._detector = load_model("GroundingDinoForObjectDetection", detector, place)
        self._processor = load_processor("GroundingDinoProcessor", detector)
        self._length = int(self._detector.config.max_text_len)
        made = make_segmenter(PointConfig(segmenter=sam), device)
        if made is None:
            raise ConfigError("grounding-dino+sam: no SAM is named")
        self._sam = made

    def segment(self, image: Image, text: str) -> Segmented:
        """See ``TextSegmenter``."""
        prompt = one_thing(text)
        tokens = self._processor.tokenizer(prompt, verbose=False)["input_ids"]
        cut = len(tokens) > self._length
        inputs = self._processor(
            images=np.asarray(image),
            text=prompt,
            return_tensors="pt",
            truncation=True,
            max_length=self._length,
        ).to(self._device)
        with self._torch.inference_mode():
            found = self._detector(**inputs)
        (result,) = self._processor.post_process_grounded_object_detection(
            found, inputs["input_ids"], threshold=self._threshold, target_sizes=[image.shape[:2]]
        )
        if not len(result["scores"]):
            return Segmented(np.zeros(image.shape[:2], np.bool_), cut)
        box = result["boxes"][int(result["scores"].argmax())].tolist()
        x0, y0, x1, y1 = (float(side) for side in box)
        return Segmented(self._sam.segment_boxes(image, [(x0, y0, x1, y1)])[0], cut)


def one_thing(text: str) -> str:
    """A text as one phrase of Grounding DINO: a full stop within it would make it several.

    >>> one_thing("Top left. Mild blur affects the dog.")
    'top left, mild blur affects the dog.'
    """
    joined = re.sub(r"[.!?]+\s+", ", ", text.strip().lower())
    return joined.rstrip(".!?, ") + "."
