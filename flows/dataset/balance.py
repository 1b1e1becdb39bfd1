"""What a run did, in numbers that must balance: in = out + rejects at every stage."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from flows.store.ledger import ShardSummary
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
        timings: Seconds by stage, added up over shards.
    """

    candidates: int
    pictures: int
    images: int
    rows: dict[str, int] = field(default_factory=dict)
    rejects: dict[str, int] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    timings: dict[str, float] = field(default_factory=dict)

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
        rejects = _under("rejects.", counts)
        rows = _under("rows.", counts)
        images = sum(counts[f"images.{kind}"] for kind in ("regions", "uniform", "clean", "human"))
        _balance("ingest", candidates, ingest["out"], ingest["rejects"])
        _balance("selection", ingest["out"], selected["out"], selected["rejects"])
        vanished = sum(n for name, n in rejects.items() if name.startswith("build."))
        _balance("build", selected["out"], counts["pictures"], vanished)
        proposed, kept = counts["regions.proposed"], counts["regions.kept"]
        _balance("regions", proposed, kept, counts["regions.rejected"])
        refused = counts["images.refused"]
        _balance("images", counts["images.planned"], images, refused)
        failed = sum(n for name, n in rejects.items() if name.startswith("check."))
        _balance("answers", counts["ask.asked"], sum(rows.values()), failed)
        totals = {name: round(value, 3) for name, value in sorted(timings.items())}
        return cls(
            candidates, counts["pictures"], images, rows, rejects, dict(sorted(counts.items())),
            totals,
        )  # fmt: skip


def writing(counts: Mapping[str, int]) -> dict[str, tuple[int, ...]]:
    """``writer, task`` to texts that passed and texts that were refused.

    Args:
        counts: All counts of a run.
    """
    found: dict[str, list[int]] = {}
    for place, prefix in enumerate(("written.", "check.refused.")):
        for name, number in _under(prefix, counts).items():
            task, sub_task, writer = name.split(".", 2)
            kind = f"{writer}, {task.replace('_', ' ')}"
            kind += f" {sub_task.replace('_', ' ')}" if sub_task else ""
            found.setdefault(kind, [0, 0])[place] += number
    return {kind: (passed, refused) for kind, (passed, refused) in sorted(found.items())}


def refusals(counts: Mapping[str, int]) -> dict[str, tuple[int, ...]]:
    """Rule of the fact check to texts that broke it."""
    return {rule: (number,) for rule, number in _under("check.failed.", counts).items()}


def _under(prefix: str, counts: Mapping[str, int]) -> dict[str, int]:
    return {k.removeprefix(prefix): n for k, n in sorted(counts.items()) if k.startswith(prefix)}


def _balance(stage: str, entered: int, left: int, rejected: int) -> None:
    if entered != left + rejected:
        raise ContractError(f"{stage}: {entered} in, but {left} out and {rejected} rejected")
