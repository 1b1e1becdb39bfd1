"""Names for masks: candidates from votes, captions and a vocabulary; CLIP ranks, CLIPSeg decides.

The reference names one mask after another, each with four batches of one. Here the crops of all
masks of several pictures go through one model after another, in full batches.
"""

from collections.abc import Sequence
from typing import NamedTuple

from annotators.regions.ssa.batches import crop, scaled_box
from annotators.regions.ssa.clipseg import Ballot, PixelVoter
from annotators.regions.ssa.loading import Placement
from annotators.regions.ssa.names import Captioner, candidates, noun_phrases
from annotators.regions.ssa.ranking import Ranked, Ranker
from annotators.regions.ssa.semantic import SemanticSegmenter, vote
from schemas.arrays import Image, Mask
from schemas.boxes import Box
from schemas.masks import bounding_box
from schemas.settings.ssa import SsaConfig

# Enough to compare by; the last bits of a float differ between batch sizes and machines.
DIGITS = 4


class Named(NamedTuple):
    """What the models say of a mask.

    Args:
        label: The name it gets; empty when nobody proposed one.
        ranked: The best names with scores, best first.
    """

    label: str
    ranked: Ranked


class _Target(NamedTuple):
    """A mask to be named, and the picture it is in."""

    picture: int
    image: Image
    mask: Mask


class LabelEngine:
    """The models that take part, loaded once.

    Args:
        config: Which ones, crop scales, batch sizes.
        vocabulary: Candidates for every mask.
        place: Where they run.

    Raises:
        ConfigError: One cannot be loaded.
    """

    def __init__(self, config: SsaConfig, vocabulary: Sequence[str], place: Placement) -> None:
        self._config, self._vocabulary = config, list(vocabulary)
        models, size = config.label_models, config.crops_per_batch
        voting = config.segmenters if "segmenters" in models else []
        self._segmenters = [
            SemanticSegmenter(name, place, config.pictures_per_batch) for name in voting
        ]
        self._captioner = (
            Captioner(config.caption_model, place, size) if "caption" in models else None
        )
        self._ranker = Ranker(config.clip_model, place, size) if "clip" in models else None
        self._voter = PixelVoter(config.clipseg_model, place, size) if "clipseg" in models else None
        self._phrases = noun_phrases()

    def provenance(self) -> dict[str, object]:
        """The models by role, for the manifest."""
        roles: dict[str, object] = {"segmenters": [s.provenance for s in self._segmenters]}
        others = {"caption": self._captioner, "clip": self._ranker, "clipseg": self._voter}
        return roles | {role: model.provenance for role, model in others.items() if model}

    def name(self, images: Sequence[Image], masks: Sequence[Sequence[Mask]]) -> list[list[Named]]:
        """Names for all masks of all pictures.

        Args:
            images: RGB, uint8 ``(height, width, 3)``.
            masks: For each picture its masks, bool of its size, none empty.
        """
        targets = [
            _Target(number, image, mask)
            for number, (image, own) in enumerate(zip(images, masks, strict=True))
            for mask in own
        ]
        ranked = self._ranked(targets, self._candidates(images, targets))
        labels = self._decided(targets, ranked)
        named: list[list[Named]] = [[] for _ in images]
        for target, label, names in zip(targets, labels, ranked, strict=True):
            named[target.picture].append(Named(label, names))
        return named

    def _candidates(self, images: Sequence[Image], targets: Sequence[_Target]) -> list[list[str]]:
        votes: list[list[str]] = [[] for _ in targets]
        busy = sorted({target.picture for target in targets})
        for segmenter in self._segmenters:
            maps = dict(zip(busy, segmenter.maps([images[n] for n in busy]), strict=True))
            for own, target in zip(votes, targets, strict=True):
                number, _ = vote(maps[target.picture], target.mask)
                own.append(segmenter.names[number])
        said = self._captions(targets)
        return [
            candidates(own, phrases, self._vocabulary)
            for own, phrases in zip(votes, said, strict=True)
        ]

    def _captions(self, targets: Sequence[_Target]) -> list[list[str]]:
        if self._captioner is None:
            return [[] for _ in targets]
        crops = self._crops(targets, self._config.caption_scale)
        return [self._phrases(caption) for caption in self._captioner.captions(crops)]

    def _ranked(self, targets: Sequence[_Target], names: Sequence[Sequence[str]]) -> list[Ranked]:
        top = self._config.top
        if self._ranker is None:
            return [[(name, 0.0) for name in own[:top]] for own in names]
        crops = self._crops(targets, self._config.clip_scale)
        ranked = self._ranker.rank(crops, names, top)
        return [[(name, round(score, DIGITS)) for name, score in own] for own in ranked]

    def _decided(self, targets: Sequence[_Target], ranked: Sequence[Ranked]) -> list[str]:
        if self._voter is None:
            return [own[0][0] if own else "" for own in ranked]
        ballots = []
        for target, own in zip(targets, ranked, strict=True):
            box = self._box(target, self._config.clipseg_scale)
            names = [name for name, _ in own]
            ballots.append(Ballot(crop(target.image, box), crop(target.mask, box), names))
        return self._voter.choose(ballots)

    def _crops(self, targets: Sequence[_Target], scale: float) -> list[Image]:
        return [crop(target.image, self._box(target, scale)) for target in targets]

    def _box(self, target: _Target, scale: float) -> Box:
        return scaled_box(bounding_box(target.mask), scale, *target.mask.shape)
