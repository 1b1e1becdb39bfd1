"""One row of one step: a train photograph degraded, gated and asked about, keyed by its place."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from PIL import Image as Pillow

from distortions.families import BUILT_IN
from flows.picture.degrade import find_scene, make_variant
from flows.picture.outcome import PictureTools, Variant
from flows.run.online.train_pictures import TrainPictures
from flows.run.prepare import make_tools
from flows.training.rewards.solution import solved
from schemas.arrays import Image
from schemas.errors import ConfigError
from schemas.streams import Stream, derive_key

_PUBLISHED = {family.name for family in BUILT_IN}
TRIES = 50
"""Photographs that are tried for one row."""
KEPT = ("row_id", "image_id", "picture_id", "task", "sub_task")


class Slots:
    """Makes rows; a process makes its tools when it makes its first row.

    Args:
        pictures: What may be degraded.
        seed: Of the stream.
        free: Whether descriptions that no reward can be given for are asked for, too.
    """

    def __init__(self, pictures: TrainPictures, seed: int, free: bool = False) -> None:
        self._pictures, self._seed, self._free = pictures, seed, free

    def __getstate__(self) -> dict[str, Any]:
        """What another process gets: no tools, which hold models and files."""
        return {name: value for name, value in vars(self).items() if name != "_tools"}

    @cached_property
    def _tools(self) -> PictureTools:
        return make_tools(self._pictures.config, "")

    @property
    def families(self) -> list[str]:
        """The families that may be drawn."""
        return sorted(self._tools.palette.over_picture.families)

    def row(
        self, step: int, slot: int, weights: Mapping[str, float] | None = None
    ) -> dict[str, Any]:
        """The row of a slot; the same for the same seed, step, slot and weights.

        Args:
            step: Number of the step, from 0.
            slot: Number of the row in it.
            weights: Family to how often it is drawn, on top of what the settings say.

        Raises:
            ConfigError: No photograph of fifty gave a question.
        """
        tools = self._weighted(weights)
        for attempt in range(TRIES):
            stream = Stream(self._seed, "online", step, slot, attempt)
            picture = stream.choice(self._pictures.pictures)
            image = self._pictures.load(picture)
            if image is None:
                continue
            scene, _ = find_scene(picture, image, tools)
            if scene is None:
                continue
            number = derive_key(self._seed, "online", step, slot, attempt)
            for variant in make_variant(scene, tools, number).variants:
                if rows := list(self._rows(variant)):
                    return stream.choice(rows)
        raise ConfigError(f"step {step}: {TRIES} photographs in a row gave no question")

    def _weighted(self, weights: Mapping[str, float] | None) -> PictureTools:
        if weights is None:
            return self._tools
        palette = self._tools.palette
        set_ = palette.config.weights.families
        drawn = {
            name: set_.get(name, 1.0) * weights.get(name, 1.0)
            for name in palette.over_picture.families
        }
        config = palette.config.changed({"weights.families": drawn})
        return replace(self._tools, palette=palette.under(config))

    def _rows(self, variant: Variant) -> Iterator[dict[str, Any]]:
        """The rows of a degraded picture that may be asked."""
        chains = {one.region_id: [s.family for s in one.chain] for one in variant.degraded}
        beyond = tuple(sorted(set(self._tools.palette.known) - _PUBLISHED))
        everything = sorted({name for chain in chains.values() for name in chain})
        for sample in variant.samples:
            boxes = [b.model_dump() for b in variant.boxes if b.row_id == sample.row_id]
            row = sample.model_dump()
            found = solved({**row, "boxes": boxes}, beyond)
            if found is None and not self._free:
                continue
            instruction = found.instruction if found else ""
            yield _row(
                variant.image,
                f"{sample.question}\n{instruction}".rstrip("\n"),
                found.reference if found else sample.answer,
            ) | {
                "solution": found.solution.to_json() if found else "",
                "kind": found.solution.kind if found else "",
                "families": chains.get(sample.region_id, everything),
                **{name: row[name] for name in KEPT},
            }


def _row(image: Image, prompt: str, reference: str) -> dict[str, Any]:
    return {
        "images": [Pillow.fromarray(image)],
        "prompt": [{"role": "user", "content": prompt}],
        "reference": reference,
    }


def slots_of(slots: int, rank: int, ranks: int) -> Sequence[int]:
    """The slots of a step that one of several training processes gets."""
    return range(rank, slots, ranks)
