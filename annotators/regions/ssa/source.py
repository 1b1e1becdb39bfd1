"""The region source ``ssa``: masks from one side, names from the other."""

from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

import numpy as np

from annotators.regions.coco.source import CocoRegions, ReadFile
from annotators.regions.source import Proposal, SkippedAnnotation
from annotators.regions.ssa.engine import LabelEngine, Named
from annotators.regions.ssa.generation import MaskGeneration, is_pth
from annotators.regions.ssa.loading import choose_place
from annotators.regions.ssa.names import read_vocabulary
from annotators.regions.ssa.ready import CocoMasks, SaMasks
from annotators.regions.ssa.sam import Found, SegmentAnything
from schemas.arrays import Image, Mask
from schemas.errors import PictureError
from schemas.records import Picture
from schemas.ssa import SsaConfig

# Smaller masks become no region, and nobody takes their name for a region's.
LEAST_SHARE: Final = 0.001


class _Masks(Protocol):
    provenance: dict[str, str]

    def masks(
        self, image: Image, picture: Picture, problems: list[SkippedAnnotation]
    ) -> list[Found]: ...


class _Segmented:
    """A segmenter as a source of masks; it neither knows the picture's record nor has problems."""

    def __init__(self, model: SegmentAnything | MaskGeneration) -> None:
        self._model, self.provenance = model, model.provenance

    def masks(
        self, image: Image, picture: Picture, problems: list[SkippedAnnotation]
    ) -> list[Found]:
        return self._model.masks(image)


class SsaRegions:
    """Regions by Semantic-Segment-Anything; the models are loaded once, here.

    Args:
        config: Models and thresholds.
        read_text: Reads a text file, for the vocabulary.
        ready: Ready-made masks, where the configuration asks for them.

    Raises:
        ConfigError: A library, a device, a checkpoint or a model is missing.
    """

    name = "ssa"
    exclusive = True
    """One process holds the models; others would only hold them a second time."""

    def __init__(
        self,
        config: SsaConfig,
        read_text: Callable[[str], str],
        ready: ReadFile | CocoRegions | None = None,
    ) -> None:
        vocabulary: list[str] = []
        if config.vocabulary:
            vocabulary = read_vocabulary(read_text(config.vocabulary), config.vocabulary)
        place = choose_place(config.device, config.half)
        self._source = self._masks_of(config, place, ready)
        self._engine = LabelEngine(config, vocabulary, place)
        self.pictures_per_batch = config.pictures_per_batch
        """Pictures that ``propose_many`` is best given at once."""

    @staticmethod
    def _masks_of(config: SsaConfig, place: Any, ready: ReadFile | CocoRegions | None) -> _Masks:
        if isinstance(ready, CocoRegions):
            return CocoMasks(ready)
        if ready is not None:
            return SaMasks(ready)
        if is_pth(config.sam_checkpoint):
            return _Segmented(SegmentAnything(config, place))
        return _Segmented(MaskGeneration(config, place))

    def provenance(self) -> dict[str, object]:
        """Masks and models with versions and checksums, for the manifest."""
        return {"masks": self._source.provenance, **self._engine.provenance()}

    def propose(
        self, image: Image, picture: Picture, problems: list[SkippedAnnotation] | None = None
    ) -> list[Proposal]:
        """Named masks of one picture; see ``propose_many``."""
        (found,) = self.propose_many([image], [picture], [[] if problems is None else problems])
        if isinstance(found, PictureError):
            raise found
        return found

    def propose_many(
        self,
        images: Sequence[Image],
        pictures: Sequence[Picture],
        problems: Sequence[list[SkippedAnnotation]],
    ) -> list[list[Proposal] | PictureError]:
        """Named masks of several pictures, whose crops share batches.

        Args:
            images: RGB, uint8 ``(height, width, 3)``.
            pictures: Their records.
            problems: What had to be skipped in each is appended here.

        Returns:
            For each picture its proposals, or why it has none.
        """
        found = [
            self._found(image, picture, own)
            for image, picture, own in zip(images, pictures, problems, strict=True)
        ]
        large = [
            [] if isinstance(own, PictureError) else [one for one in own if _counts(one.mask)]
            for own in found
        ]
        named = self._engine.name(images, [[one.mask for one in own] for own in large])
        results: list[list[Proposal] | PictureError] = []
        for own, masks, names in zip(found, large, named, strict=True):
            if isinstance(own, PictureError):
                results.append(own)
                continue
            small = [_proposal(one, Named("", [])) for one in own if not _counts(one.mask)]
            results.append([_proposal(o, n) for o, n in zip(masks, names, strict=True)] + small)
        return results

    def _found(
        self, image: Image, picture: Picture, problems: list[SkippedAnnotation]
    ) -> list[Found] | PictureError:
        try:
            found = self._source.masks(image, picture, problems)
        except PictureError as error:
            return error
        return [one for one in found if one.mask.any()]

    def relabel(self, image: Image, mask: Mask, label: str) -> str:
        """The label; it names a thing, and a degraded thing keeps its name."""
        return label


def _counts(mask: Mask) -> bool:
    return bool(np.count_nonzero(mask) >= LEAST_SHARE * mask.size)


def _proposal(found: Found, named: Named) -> Proposal:
    return Proposal(
        mask=found.mask,
        label=named.label,
        alternatives=tuple(name for name, _ in named.ranked),
        scores=tuple(score for _, score in named.ranked),
        quality=found.quality,
    )
