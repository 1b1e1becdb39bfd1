"""BLIP: a caption of each crop, for the nouns in it."""

from collections.abc import Sequence

from annotators.ssa.batches import Batches
from annotators.ssa.loading import Place, load_model, load_processor, provenance, require
from schemas.arrays import Image

MOST_TOKENS = 20


class Captioner:
    """BLIP, unconditional and greedy, so that the same crop has the same caption.

    Args:
        name: Folder or hub name.
        place: Where it runs.
        size: Crops per forward pass.

    Raises:
        ConfigError: It cannot be loaded.
    """

    def __init__(self, name: str, place: Place, size: int) -> None:
        self._torch = require("torch")
        self._model = load_model("BlipForConditionalGeneration", name, place)
        self._processor = load_processor("BlipProcessor", name)
        self._place, self._batches = place, Batches(size)
        self.provenance = provenance(name, self._model)
        """For the manifest."""

    def captions(self, crops: Sequence[Image]) -> list[str]:
        """One caption for each RGB crop ``(height, width, 3)``."""
        return self._batches.run(self._captions, crops)

    def _captions(self, crops: Sequence[Image]) -> list[str]:
        inputs = self._processor(images=list(crops), return_tensors="pt")
        pixels = inputs["pixel_values"].to(self._place.device, self._place.dtype)
        with self._torch.inference_mode():
            tokens = self._model.generate(
                pixel_values=pixels, max_new_tokens=MOST_TOKENS, num_beams=1, do_sample=False
            )
        found = self._processor.batch_decode(tokens, skip_special_tokens=True)
        return [caption.strip() for caption in found]
