"""What a process makes once, and what comes of one picture."""

import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

from annotators.answers.conversation import ConversationOpener
from annotators.facts import Writer
from annotators.questions.pools import Pools
from annotators.regions.relabel import Refiner
from annotators.regions.source import RegionSource
from distortions.plan import Palette
from schemas.arrays import Image
from schemas.config import RunConfig
from schemas.records import DegradedRegion, Picture, Region, Reject, Sample


class Stopwatch(defaultdict[str, float]):
    """Stage name to seconds; call it with a name and use it as a context."""

    def __init__(self) -> None:
        super().__init__(float)

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        """Add the time spent inside to ``stage``."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self[stage] += time.perf_counter() - start


@dataclass(frozen=True)
class PictureTools:
    """What is made once per process and used for every picture."""

    config: RunConfig
    config_hash: str
    regions: RegionSource
    palette: Palette
    pools: Pools
    fallback: Writer
    opener: ConversationOpener | None = None
    """Opens a conversation with a model for each picture; without it the fallback writes all."""
    refiner: Refiner | None = None
    """Corrects the regions' names."""


class Variant(NamedTuple):
    """One degraded picture with its regions and rows."""

    image_id: str
    image: Image
    degraded: list[DegradedRegion]
    samples: list[Sample]


@dataclass
class PictureOutcome:
    """Everything that came of one picture."""

    picture: Picture
    regions: list[Region] = field(default_factory=list)
    lookalikes: list[Region] = field(default_factory=list)
    variants: list[Variant] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    timings: Stopwatch = field(default_factory=Stopwatch)
