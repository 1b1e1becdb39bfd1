"""The region source ``ssa``: masks from one side, names from the other."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, Protocol

import numpy as np

from annotators.regions.coco.source import CocoRegions, ReadFile
from annotators.regions.source import Proposal, Proposals
from annotators.regions.ssa.engine import LabelEngine, Named
from annotators.regions.ssa.generation import MaskGeneration, is_pth
from annotators.regions.ssa.loading import choose_place
from annotators.regions.ssa.names import read_vocabulary
from annotators.regions.ssa.ready import CocoMasks, FoundMasks, SaMasks
from annotators.regions.ssa.sam import Found, SegmentAnything
from schemas.arrays import Image, Mask
from schemas.errors import PictureError
from schemas.records import Picture
from schemas.settings.ssa import SsaConfig

# Smaller masks become no region, and nobody takes their name for a region's.
LEAST_SHARE: Final = 0.001


class _Masks(Protocol):
    provenance: dict[str, str]

    def masks(self, image: Image, picture: Picture) -> FoundMasks: ...


class _Segmented:
    """A segmenter as a source of masks; it does not look at the picture's record."""

    def __init__(self, model: SegmentAnything | MaskGeneration) -> None:
        self._model, self.provenance = model, model.provenance

    def masks(self, image: Image, picture: Picture) -> FoundMasks:
        return FoundMasks(self._model.masks(image))


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
        self.batch = config.pictures_per_batch

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

    def propose(self, images: Sequence[Image], pictures: Sequence[Picture]) -> list[Proposals]:
        """Named masks of several pictures, whose crops share batches."""
        found = [self._found(*pair) for pair in zip(images, pictures, strict=True)]
        large = [[one for one in own.masks if _counts(one.mask)] for own in found]
        named = self._engine.name(images, [[one.mask for one in own] for own in large])
        results = []
        for own, masks, names in zip(found, large, named, strict=True):
            regions = [_proposal(one, name) for one, name in zip(masks, names, strict=True)]
            regions += [_proposal(o, Named("", [])) for o in own.masks if not _counts(o.mask)]
            results.append(Proposals(regions, own.problems, own.failure))
        return results

    def _found(self, image: Image, picture: Picture) -> FoundMasks:
        try:
            found = self._source.masks(image, picture)
        except PictureError as error:
            return FoundMasks(failure=error)
        return FoundMasks([one for one in found.masks if one.mask.any()], found.problems)

    def covers(self, paths: Iterable[str]) -> bool:
        """True: models look at any picture, and a picture without ready-made masks is a reject."""
        return True


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
