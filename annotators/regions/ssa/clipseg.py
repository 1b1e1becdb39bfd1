"""CLIPSeg: which of the best names most pixels of a mask vote for."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from annotators.regions.ssa.batches import Batches
from annotators.regions.ssa.loading import (
    Placement,
    load_model,
    load_processor,
    provenance,
    require,
)
from schemas.arrays import Image, Mask


class Ballot(NamedTuple):
    """A crop, the mask in it, and the names to choose from."""

    crop: Image
    mask: Mask
    names: Sequence[str]


class PixelVoter:
    """CLIPSeg; a crop goes through the vision tower once, however many names it has.

    Args:
        name: Folder or hub name.
        place: Where it runs.
        size: Crops per forward pass.

    Raises:
        ConfigError: It cannot be loaded.
    """

    def __init__(self, name: str, place: Placement, size: int) -> None:
        self._torch = require("torch")
        self._model = load_model("CLIPSegForImageSegmentation", name, place)
        self._processor = load_processor("CLIPSegProcessor", name)
        self._place, self._batches = place, Batches(size)
        self._known: dict[str, Any] = {}
        self.provenance = provenance(name, self._model)
        """For the manifest."""

    def choose(self, ballots: Sequence[Ballot]) -> list[str]:
        """For each ballot the name that wins most pixels; the earlier name where two tie.

        A single name wins unasked; no names give an empty answer.
        """
        chosen = [ballot.names[0] if ballot.names else "" for ballot in ballots]
        open_ones = [number for number, ballot in enumerate(ballots) if len(ballot.names) > 1]
        self._learn([name for number in open_ones for name in ballots[number].names])
        winners = self._batches.run(self._winners, [ballots[number] for number in open_ones])
        for number, winner in zip(open_ones, winners, strict=True):
            chosen[number] = winner
        return chosen

    def _winners(self, ballots: Sequence[Ballot]) -> list[str]:
        torch = self._torch
        counts = torch.tensor([len(ballot.names) for ballot in ballots])
        inputs = self._processor(images=[ballot.crop for ballot in ballots], return_tensors="pt")
        pixels = inputs["pixel_values"].to(self._place.device, self._place.dtype)
        names = torch.stack([self._known[name] for ballot in ballots for name in ballot.names])
        with torch.inference_mode():
            seen = self._model.clip.vision_model(pixel_values=pixels, output_hidden_states=True)
            layers = [
                seen.hidden_states[layer + 1].repeat_interleave(counts.to(pixels.device), 0)
                for layer in self._model.extract_layers
            ]
            logits = self._model.decoder(layers, names.to(pixels.device)).logits
            logits = logits.reshape(len(names), *logits.shape[-2:]).float().cpu()
        parts = logits.split(counts.tolist())
        return [self._winner(part, ballot) for part, ballot in zip(parts, ballots, strict=True)]

    def _winner(self, logits: Any, ballot: Ballot) -> str:
        resized = self._torch.nn.functional.interpolate(
            logits[None], size=ballot.mask.shape, mode="bilinear", align_corners=False
        )[0]
        votes = np.argmax(resized.numpy()[:, ballot.mask], axis=0)
        return ballot.names[int(np.argmax(np.bincount(votes, minlength=len(ballot.names))))]

    def _learn(self, names: Sequence[str]) -> None:
        new = [name for name in dict.fromkeys(names) if name not in self._known]
        self._known.update(zip(new, self._batches.run(self._embed, new), strict=True))

    def _embed(self, names: Sequence[str]) -> list[Any]:
        inputs = self._processor(
            text=list(names), return_tensors="pt", padding=True, truncation=True
        ).to(self._place.device)
        with self._torch.inference_mode():
            found = self._model.get_conditional_embeddings(
                batch_size=len(names),
                input_ids=inputs["input_ids"],
                attention_mask=inputs["attention_mask"],
            )
        return list(found.cpu())
