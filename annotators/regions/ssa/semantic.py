"""Semantic segmenters: a class for every pixel, and the vote of the classes inside a mask."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotators.regions.ssa.batches import Batches
from annotators.regions.ssa.loading import (
    Placement,
    load_config,
    load_model,
    load_processor,
    provenance,
    require,
)
from annotators.regions.ssa.names import class_name
from schemas.arrays import Image, Mask

ClassMap = NDArray[np.int64]

UNIVERSAL = ("oneformer", "mask2former", "maskformer", "eomt", "detr")


class SemanticSegmenter:
    """One semantic segmenter of transformers: OneFormer, Mask2Former, SegFormer, EoMT, ...

    Args:
        name: Folder or hub name.
        place: Where it runs.
        size: Pictures per forward pass.

    Raises:
        ConfigError: It cannot be loaded, or has no class names.
    """

    def __init__(self, name: str, place: Placement, size: int) -> None:
        self._torch = require("torch")
        config = load_config(name)
        universal = config.model_type in UNIVERSAL
        task = "UniversalSegmentation" if universal else "SemanticSegmentation"
        self._model = load_model(f"AutoModelFor{task}", name, place)
        self._asks_task = config.model_type == "oneformer"
        kind = "AutoProcessor" if self._asks_task else "AutoImageProcessor"
        self._processor = load_processor(kind, name)
        self._place, self._batches = place, Batches(size)
        labels = {int(number): class_name(label) for number, label in config.id2label.items()}
        self.names = [labels[number] for number in sorted(labels)]
        """Class names by number."""
        self.provenance = provenance(name, self._model)
        """For the manifest."""

    def maps(self, images: Sequence[Image]) -> list[ClassMap]:
        """Class numbers ``(height, width)`` of RGB pictures ``(height, width, 3)``.

        Only pictures of one size share a batch: others would be padded, and the padding would be
        part of what is scaled back to the picture.
        """
        found: dict[int, ClassMap] = {}
        for size in sorted({image.shape[:2] for image in images}):
            alike = [n for n, image in enumerate(images) if image.shape[:2] == size]
            maps = self._batches.run(self._maps, [images[n] for n in alike])
            found.update(zip(alike, maps, strict=True))
        return [found[number] for number in range(len(images))]

    def _maps(self, images: Sequence[Image]) -> list[ClassMap]:
        arguments: dict[str, Any] = {"images": list(images), "return_tensors": "pt"}
        if self._asks_task:
            arguments["task_inputs"] = ["semantic"] * len(images)
        inputs = self._processor(**arguments)
        wanted = ("pixel_values", "pixel_mask", "task_inputs")
        given = {key: inputs[key].to(self._place.device) for key in wanted if key in inputs}
        given["pixel_values"] = given["pixel_values"].to(self._place.dtype)
        with self._torch.inference_mode():
            output = self._model(**given)
            sizes = [image.shape[:2] for image in images]
            maps = self._processor.post_process_semantic_segmentation(output, target_sizes=sizes)
        return [np.asarray(found.cpu().numpy(), np.int64) for found in maps]


def vote(classes: ClassMap, mask: Mask) -> tuple[int, float]:
    """The most frequent class inside a mask and its share; ties go to the lower number."""
    counts = np.bincount(classes[mask])
    best = int(np.argmax(counts))
    return best, float(counts[best] / counts.sum())
