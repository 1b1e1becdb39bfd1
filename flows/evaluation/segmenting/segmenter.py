"""Segmenters that take a picture and a text, behind one interface; made by name.

The weights stay their owners'; each class is loaded from transformers, or from the segmenter's own
package, when it is asked for.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple, Protocol

from flows.training.extras import choose_device
from schemas.arrays import Image, Mask
from schemas.errors import ConfigError, UnknownNameError


class Segmented(NamedTuple):
    """A mask from a text.

    Args:
        mask: ``(height, width)`` bool; empty where nothing was found.
        truncated: Whether the text was longer than the segmenter reads, and was cut.
    """

    mask: Mask
    truncated: bool = False


class TextSegmenter(Protocol):
    """Masks from texts."""

    def segment(self, image: Image, text: str) -> Segmented:
        """The mask of what ``text`` (not empty) names in a picture ``(height, width, 3)``."""
        ...


class Wanted(NamedTuple):
    """A segmenter that was asked for.

    Args:
        name: One of ``DEFAULTS``.
        weights: Folder or hub name; of ``grounding-dino+sam`` two, parted by a comma.
    """

    name: str
    weights: str


DEFAULTS: Mapping[str, str] = MappingProxyType(
    {
        "sam3": "facebook/sam3",
        "clipseg": "CIDAS/clipseg-rd64-refined",
        "grounding-dino+sam": "IDEA-Research/grounding-dino-base,facebook/sam-vit-huge",
        "evf-sam": "YxZhang/evf-sam",
    }
)
"""Name to the weights that are taken when none are named."""


def wanted(text: str) -> Wanted:
    """``NAME`` or ``NAME=WEIGHTS`` as a command line gives it.

    Raises:
        UnknownNameError: No such segmenter.
        ConfigError: Weights that are none.
    """
    name, given, weights = text.partition("=")
    if name not in DEFAULTS:
        raise UnknownNameError("text-prompted segmenter", name, DEFAULTS)
    weights = weights if given else DEFAULTS[name]
    parts = 2 if name == "grounding-dino+sam" else 1
    if len([part for part in weights.split(",") if part]) < parts or not weights:
        hint = "DETECTOR,SAM" if parts == 2 else "FOLDER"
        raise ConfigError(f"--segmenter-text {text}: expected {name}={hint}")
    return Wanted(name, weights)


def make_text_segmenter(asked: Wanted, device: str = "auto") -> TextSegmenter:
    """Load a segmenter.

    Raises:
        ConfigError: Its weights or its package are not there.
    """
    where = choose_device(device)

    def sam3() -> TextSegmenter:
        from flows.evaluation.segmenting.sam3 import Sam3

        return Sam3(asked.weights, where)

    def clipseg() -> TextSegmenter:
        from flows.evaluation.segmenting.clipseg import ClipSeg

        return ClipSeg(asked.weights, where)

    def grounded() -> TextSegmenter:
        from flows.evaluation.segmenting.grounded_sam import GroundedSam

        detector, _, sam = asked.weights.partition(",")
        return GroundedSam(detector, sam, where)

    def evf() -> TextSegmenter:
        from flows.evaluation.segmenting.evf_sam import EvfSam

        return EvfSam(asked.weights, where)

    makers: Mapping[str, Callable[[], TextSegmenter]] = {
        "sam3": sam3,
        "clipseg": clipseg,
        "grounding-dino+sam": grounded,
        "evf-sam": evf,
    }
    return makers[asked.name]()
