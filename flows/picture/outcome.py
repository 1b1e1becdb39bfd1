"""What a process makes once, and what comes of one picture."""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

from annotators.answers.conversation import Conversation, ConversationOpener
from annotators.facts import Writer
from annotators.questions.pools import Pools
from annotators.regions.relabel import Refiner
from annotators.regions.source import RegionSource
from distortions.plan import Palette
from distortions.site import Depth
from schemas.arrays import Image
from schemas.records import DegradedRegion, Picture, Region, Reject, RowBox, Sample
from schemas.settings.config import RunConfig


class Stopwatch(defaultdict[str, float]):
    """Stage name to seconds; call it with a name and use it as a context.

    ``NAME`` is time on the clock, ``cpu.NAME`` that of the processor in this thread: on a busy
    machine the first says how long a run takes, the second what it costs.
    """

    def __init__(self) -> None:
        super().__init__(float)

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        """Add the time spent inside to ``stage``."""
        start, worked = time.perf_counter(), time.thread_time()
        try:
            yield
        finally:
            self[stage] += time.perf_counter() - start
            self[f"cpu.{stage}"] += time.thread_time() - worked


@dataclass(frozen=True)
class PictureTools:
    """What is made once per process and used for every picture."""

    config: RunConfig
    config_hash: str
    regions: RegionSource
    palette: Palette
    pools: Pools
    template: Writer
    own: Writer | None = None
    """A writer from outside that is asked before the template."""
    opener: ConversationOpener | None = None
    """Opens a conversation with a model for each picture, which then is asked first."""
    refiner: Refiner | None = None
    """Corrects the regions' names."""
    again: Mapping[str, int] = field(default_factory=dict)
    """Id of a row whose answer a model writes anew to how often it did, see ``study apply``."""
    depth: Callable[[Picture], Depth | None] | None = None
    """The depth map of a picture, where a folder of them was named."""

    @contextmanager
    def conversation(self, image: Image) -> Iterator[Conversation | None]:
        """The model's conversation about a degraded picture; ``None`` where no model writes."""
        found = self.opener.open(image) if self.opener else None
        try:
            yield found
        finally:
            if found is not None:
                found.close()


class Variant(NamedTuple):
    """One degraded picture with its regions and rows, and what the rows' texts cite."""

    image_id: str
    image: Image
    degraded: list[DegradedRegion]
    samples: list[Sample]
    boxes: Sequence[RowBox] = ()


@dataclass
class PictureOutcome:
    """Everything that came of one picture, or of one variant of it."""

    regions: list[Region] = field(default_factory=list)
    variants: list[Variant] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    timings: Stopwatch = field(default_factory=Stopwatch)

    def add(self, part: "PictureOutcome") -> None:
        """Put what came of a variant behind what is here."""
        self.regions += part.regions
        self.variants += part.variants
        self.rejects += part.rejects
        self.counts.update(part.counts)
        for name, seconds in part.timings.items():
            self.timings[name] += seconds
