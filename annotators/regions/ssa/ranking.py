"""CLIP: which of the candidate names fits a crop best."""

from collections.abc import Sequence
from typing import Any

from annotators.regions.ssa.batches import Batches
from annotators.regions.ssa.loading import (
    Placement,
    load_model,
    load_processor,
    provenance,
    require,
)
from schemas.arrays import Image

Ranked = list[tuple[str, float]]
"""Names with probabilities among their candidates, best first."""


class Ranker:
    """CLIP; the names' embeddings are kept, since the same few hundred names come again and again.

    Args:
        name: Folder or hub name.
        place: Where it runs.
        size: Crops per forward pass.

    Raises:
        ConfigError: It cannot be loaded.
    """

    def __init__(self, name: str, place: Placement, size: int) -> None:
        self._torch = require("torch")
        self._model = load_model("CLIPModel", name, place)
        self._processor = load_processor("CLIPProcessor", name)
        self._place, self._batches = place, Batches(size)
        self._scale = float(self._model.logit_scale.detach().exp())
        self._known: dict[str, Any] = {}
        self.provenance = provenance(name, self._model)
        """For the manifest."""

    def rank(
        self, crops: Sequence[Image], candidates: Sequence[Sequence[str]], top: int
    ) -> list[Ranked]:
        """The best names of each crop.

        Args:
            crops: RGB, ``(height, width, 3)``.
            candidates: Names for each crop; a crop without any gets an empty ranking.
            top: Most names to give back for a crop.
        """
        self._learn([name for names in candidates for name in names])
        embedded = self._batches.run(self._images, crops)
        return [
            self._ranked(image, names, top)
            for image, names in zip(embedded, candidates, strict=True)
        ]

    def _ranked(self, image: Any, names: Sequence[str], top: int) -> Ranked:
        if not names:
            return []
        texts = self._torch.stack([self._known[name] for name in names])
        shares = (self._scale * (texts @ image)).softmax(0)
        # Stable, so that equal names keep the order in which they were proposed.
        order = shares.argsort(descending=True, stable=True)[:top].tolist()
        return [(names[number], float(shares[number])) for number in order]

    def _images(self, crops: Sequence[Image]) -> list[Any]:
        inputs = self._processor(images=list(crops), return_tensors="pt")
        pixels = inputs["pixel_values"].to(self._place.device, self._place.dtype)
        with self._torch.inference_mode():
            found = self._model.get_image_features(pixel_values=pixels)
        return list(_unit(found))

    def _learn(self, names: Sequence[str]) -> None:
        new = [name for name in dict.fromkeys(names) if name not in self._known]
        self._known.update(zip(new, self._batches.run(self._texts, new), strict=True))

    def _texts(self, names: Sequence[str]) -> list[Any]:
        inputs = self._processor(
            text=list(names), return_tensors="pt", padding=True, truncation=True
        ).to(self._place.device)
        with self._torch.inference_mode():
            found = self._model.get_text_features(
                input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"]
            )
        return list(_unit(found))


def _unit(found: Any) -> Any:
    """Rows of length one, on the CPU in single precision."""
    rows = getattr(found, "pooler_output", found).float().cpu()
    return rows / rows.norm(dim=-1, keepdim=True)
