"""What a run did, in numbers that must balance: in = out + rejects at every stage."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from flows.store.ledger import ShardSummary
from schemas.counts import (
    ASKED,
    CHECK_FAILED,
    CHECK_REFUSED,
    CUT_ROWS,
    IMAGES,
    IMAGES_PLANNED,
    IMAGES_REFUSED,
    PICTURES,
    PICTURES_UNREACHED,
    REGIONS_KEPT,
    REGIONS_PROPOSED,
    REGIONS_REJECTED,
    REJECTS,
    ROWS,
    WRITTEN,
)
from schemas.errors import ContractError


@dataclass
class RunSummary:
    """Counts of a whole run.

    Args:
        candidates: Files looked at.
        pictures: Pictures that went through the build.
        images: Degraded pictures made.
        rows: Rows by ``split.task.sub_task.form``.
        rejects: Rejects by ``stage.reason``.
        counts: Everything that was counted, added up over shards.
        timings: Seconds by stage, added up over shards; names with ``cpu.`` are of the processor.
        seconds: Wall time by stage.
    """

    candidates: int
    pictures: int
    images: int
    rows: dict[str, int] = field(default_factory=dict)
    rejects: dict[str, int] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    timings: dict[str, float] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        candidates: int,
        ingested: Sequence[ShardSummary],
        selected: Mapping[str, int],
        built: Sequence[ShardSummary],
    ) -> "RunSummary":
        """Add up the shards and check the balance of every stage.

        Raises:
            ContractError: Something vanished or was doubled.
        """
        ingest: Counter[str] = Counter()
        counts: Counter[str] = Counter()
        timings: defaultdict[str, float] = defaultdict(float)
        for shard in ingested:
            ingest.update(shard.counts)
            for name, value in shard.timings.items():
                timings[f"ingest.{name}"] += value
        for shard in built:
            counts.update(shard.counts)
            for name, value in shard.timings.items():
                timings[f"build.{name}"] += value
        rejects = REJECTS.under(counts)
        rows = ROWS.under(counts)
        images = sum(counts[IMAGES(kind)] for kind in ("regions", "uniform", "clean", "human"))
        _balance("ingest", candidates, ingest["out"], ingest["rejects"])
        _balance("selection", ingest["out"], selected["out"], selected["rejects"])
        vanished = sum(n for name, n in rejects.items() if name.startswith("build."))
        if "unreached" in selected:
            counts[PICTURES_UNREACHED] += selected["unreached"]
        vanished += counts[PICTURES_UNREACHED]
        _balance("build", selected["out"], counts[PICTURES], vanished)
        proposed, kept = counts[REGIONS_PROPOSED], counts[REGIONS_KEPT]
        _balance("regions", proposed, kept, counts[REGIONS_REJECTED])
        refused = counts[IMAGES_REFUSED]
        _balance("images", counts[IMAGES_PLANNED], images, refused)
        failed = sum(n for name, n in rejects.items() if name.startswith("check."))
        failed += counts[CUT_ROWS]
        _balance("answers", counts[ASKED], sum(rows.values()), failed)
        totals = {name: round(value, 3) for name, value in sorted(timings.items())}
        return cls(
            candidates,
            counts[PICTURES],
            images,
            rows,
            rejects,
            dict(sorted(counts.items())),
            totals,
        )


def writing(counts: Mapping[str, int]) -> dict[str, tuple[int, ...]]:
    """``writer, task`` to texts that passed and texts that were refused.

    Args:
        counts: All counts of a run.
    """
    found: dict[str, list[int]] = {}
    for place, kind_of_text in enumerate((WRITTEN, CHECK_REFUSED)):
        for name, number in kind_of_text.under(counts).items():
            task, sub_task, writer = name.split(".", 2)
            kind = f"{writer}, {task.replace('_', ' ')}"
            kind += f" {sub_task.replace('_', ' ')}" if sub_task else ""
            found.setdefault(kind, [0, 0])[place] += number
    return {kind: (passed, refused) for kind, (passed, refused) in sorted(found.items())}


def refusals(counts: Mapping[str, int]) -> dict[str, tuple[int, ...]]:
    """Rule of the fact check to texts that broke it."""
    return {rule: (number,) for rule, number in CHECK_FAILED.under(counts).items()}


def _balance(stage: str, entered: int, left: int, rejected: int) -> None:
    if entered != left + rejected:
        raise ContractError(f"{stage}: {entered} in, but {left} out and {rejected} rejected")
