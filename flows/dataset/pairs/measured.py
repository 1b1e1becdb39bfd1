"""Scores of regions: as they were stored, or measured anew by a function from outside."""

from collections.abc import Mapping
from functools import cached_property

from annotators.pairs.relation import DIGITS, SCORES, Score, stored
from annotators.pairs.scores import PAIR_SCORES
from distortions.guard import failed_at, place_of
from flows.dataset.pairs.sides import Photograph, Sources
from flows.store.png import decode_png
from schemas import masks
from schemas.arrays import Image
from schemas.errors import PluginError, UnknownNameError
from schemas.records import DegradedRegion


def require_score(name: str) -> None:
    """Raise ``UnknownNameError`` unless there is such a score; plugins must be loaded."""
    if name not in SCORES and name not in PAIR_SCORES:
        raise UnknownNameError("score", name, [*SCORES, *PAIR_SCORES])


def score_of(photograph: Photograph, name: str, sources: Sources) -> Score | None:
    """What gives a photograph's regions their score; ``None`` where it must be at hand and is not.

    Args:
        photograph: With its pictures.
        name: Of the score.
        sources: Where photographs are.
    """
    if name in SCORES:
        return stored(name)
    reference = sources.image(photograph.picture)
    return None if reference is None else _Measured(name, photograph, reference).score


class _Measured:
    """A score from outside, asked once for each region of each picture."""

    def __init__(self, name: str, photograph: Photograph, reference: Image) -> None:
        self.name, self._photograph, self._reference = name, photograph, reference
        self._reference.flags.writeable = False
        self._known: dict[tuple[str, str], float] = {}
        self._decoded: tuple[str, Image] | None = None

    @cached_property
    def _pngs(self) -> Mapping[str, bytes]:
        sides = self._photograph.sides
        return {side.image_id: side.png for side in sides if side.png is not None}

    def score(self, region: DegradedRegion) -> float:
        """Of a region in its picture, rounded as it is written; 1 for a clean one."""
        if not region.chain:
            return 1.0
        key = region.image_id, region.region_id
        if key not in self._known:
            self._known[key] = self._measure(region)
        return self._known[key]

    def _measure(self, region: DegradedRegion) -> float:
        function, degraded = PAIR_SCORES[self.name], self._image(region.image_id)
        mask = masks.decode(region.mask, *degraded.shape[:2])
        try:
            found = float(function(self._reference, degraded, mask))
        except (Exception, SystemExit) as error:  # a stranger's code may raise anything
            said = " ".join(f"{type(error).__name__}: {error}".split())
            raise PluginError(failed_at(function, error), said, self.name) from error
        if not 0 <= found <= 1:
            said = f"returned {found} for {region.region_id}, expected 0 to 1"
            raise PluginError(place_of(function), said, self.name)
        return round(found, DIGITS)

    def _image(self, image_id: str) -> Image:
        if self._decoded is None or self._decoded[0] != image_id:
            image = decode_png(self._pngs[image_id])
            image.flags.writeable = False
            self._decoded = image_id, image
        return self._decoded[1]
