"""Grounding DINO through transformers (extra ``detect``).

Source: transformers' documentation of ``GroundingDinoForObjectDetection``: a prompt is lower case
and ends with a full stop; ``post_process_grounded_object_detection`` calls its first threshold
``threshold`` since 4.51 and ``box_threshold`` before. One phrase a prompt, because the words of
several would compete for the same box.
"""

import inspect
import re
from collections.abc import Sequence
from typing import Any

from annotators.regions.ssa.loading import find_device
from flows.grounding.detectors import Hit, Looked
from schemas.errors import ConfigError
from schemas.extras import import_extra
from schemas.settings.grounding import DetectConfig


class GroundingDino:
    """Implements ``Detector``.

    Args:
        config: Weights, device, thresholds, batch.

    Raises:
        ConfigError: transformers or the weights are not there.
    """

    def __init__(self, config: DetectConfig) -> None:
        self._torch = import_extra("torch", "grounding-dino", "detect")
        library = import_extra("transformers", "grounding-dino", "detect")
        self.name, self._config = config.model, config
        self._device = find_device(self._torch, config.device)
        try:
            self._processor = library.AutoProcessor.from_pretrained(config.model)
            model = library.GroundingDinoForObjectDetection.from_pretrained(config.model)
        except (OSError, ValueError) as error:
            said = str(error).splitlines()[0][:200]
            raise ConfigError(f"detect.model {config.model}: cannot be loaded: {said}") from None
        self._model = model.to(self._device).eval()

    def find(self, asked: Sequence[Looked]) -> list[list[Hit]]:
        """See ``Detector``."""
        found: list[list[Hit]] = []
        for start in range(0, len(asked), self._config.batch):
            found += self._batch(asked[start : start + self._config.batch])
        return found

    def _batch(self, asked: Sequence[Looked]) -> list[list[Hit]]:
        torch = self._torch
        prompts = [f"{one.phrase.lower().strip().rstrip('.')}." for one in asked]
        images = [one.image for one in asked]
        inputs = self._processor(images=images, text=prompts, return_tensors="pt", padding=True)
        inputs = inputs.to(self._device)
        with torch.inference_mode():
            outputs = self._model(**inputs)
        results = self._boxes(outputs, inputs["input_ids"], [image.shape[:2] for image in images])
        found = []
        for image, result in zip(images, results, strict=True):
            boxes, scores = result["boxes"].tolist(), result["scores"].tolist()
            sizes = image.shape[1], image.shape[0]
            labels = result["text_labels"] if "text_labels" in result else result["labels"]
            found.append(
                [
                    Hit(_shares(box, *sizes), float(score))
                    for box, score, label in zip(boxes, scores, labels, strict=True)
                    if re.search(r"\w", _SPECIAL.sub("", label))
                ]
            )
        return found

    def _boxes(self, outputs: Any, ids: Any, sizes: list[tuple[int, int]]) -> list[dict[str, Any]]:
        post = self._processor.post_process_grounded_object_detection
        first = (
            "threshold" if "threshold" in inspect.signature(post).parameters else "box_threshold"
        )
        found: list[dict[str, Any]] = post(
            outputs,
            ids,
            **{first: self._config.box_threshold},
            text_threshold=self._config.text_threshold,
            target_sizes=sizes,
        )
        return found


_SPECIAL = re.compile(r"\[(?:CLS|SEP|PAD)\]")
"""Tokens that are no words; a box that only these belong to is a box of nothing that was asked."""


def _shares(box: Sequence[float], width: int, height: int) -> tuple[float, float, float, float]:
    x0, y0, x1, y1 = box
    return x0 / width, y0 / height, x1 / width, y1 / height
