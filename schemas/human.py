"""What people said of photographs: one record per picture, one per region and annotator."""

from typing import Annotated, ClassVar, Literal

import pyarrow as pa

from schemas.record import Record

Scope = Literal["regional", "uniform", "clean", "unsaid"]
Verdict = Literal["flawed", "clean", "unsaid"]


class HumanFlaw(Record):
    """A distortion that a person named."""

    family: Annotated[str, pa.string()]
    """Family it was mapped to."""
    said: Annotated[str, pa.string()]
    """The word the person used."""
    severity: Annotated[int, pa.int8()]
    """1 to 5; 0 when none was given."""


class HumanPicture(Record):
    """A photograph that people annotated."""

    version: ClassVar[int] = 2

    picture_id: Annotated[str, pa.string()]
    """First 16 digits of the content hash."""
    content_hash: Annotated[str, pa.string()]
    """SHA-256 of the decoded pixels."""
    path: Annotated[str, pa.string()]
    """Path inside the folder of photographs."""
    original: Annotated[str, pa.string()]
    """File name before a project was made of it, as tables of scores have it."""
    width: Annotated[int, pa.int32()]
    """Pixels, after decoding."""
    height: Annotated[int, pa.int32()]
    """Pixels, after decoding."""
    scope: Annotated[Scope, pa.string()]
    """Whether regions, the whole, or nothing is flawed; ``unsaid`` when nobody said anything of its
    quality, which is no praise: it gives no row."""
    flaws: Annotated[list[HumanFlaw], pa.list_(HumanFlaw.arrow_struct())]
    """Distortions of the whole picture."""
    brief: Annotated[str, pa.string()]
    """What people wrote about the picture as a whole; empty when nothing."""
    annotators: Annotated[list[str], pa.list_(pa.string())]
    """Who annotated it."""
    mos: Annotated[float | None, pa.float32()]
    """Mean opinion score on 0 to 100, where a table of scores was given."""
    official_split: Annotated[str, pa.string()]
    """Split the table of scores puts it in, as that says it; empty when it does not."""
    votes: Annotated[str, pa.string()]
    """Shares of voters who saw a kind of flaw (KonIQ++), JSON, keys sorted; empty without."""


class HumanRegion(Record):
    """A region that one person marked, or that several agree on."""

    version: ClassVar[int] = 2

    picture_id: Annotated[str, pa.string()]
    """The photograph."""
    region_id: Annotated[str, pa.string()]
    """``<picture_id>/h<index>``."""
    annotator: Annotated[str, pa.string()]
    """Who marked it; ``consensus`` for what several agree on."""
    label: Annotated[str, pa.string()]
    """What is there; empty when nobody said."""
    flaws: Annotated[list[HumanFlaw], pa.list_(HumanFlaw.arrow_struct())]
    """Its distortions, without an order."""
    verdict: Annotated[Verdict, pa.string()]
    """Whether it has flaws, somebody said that it has none, or nobody said anything."""
    box: Annotated[list[int], pa.list_(pa.int32(), 4)]
    """Bounding box ``x0, y0, x1, y1``, pixels, half open."""
    mask: Annotated[str, pa.string()]
    """COCO compressed run-length counts at the picture's size."""
    text: Annotated[str, pa.string()]
    """What the person wrote about it."""
    time: Annotated[str, pa.string()]
    """When, as the tool states it."""
