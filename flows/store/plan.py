"""The plan of a run: its settings and what the global pass found, so that slices need nothing more.

It is there once everything is ingested and selected; from then on every shard can be built by
whoever comes, in whatever order.
"""

import json
from pathlib import Path
from typing import Any, NamedTuple

from flows.store.layout import write_text
from schemas.errors import ConfigError
from schemas.settings.config import RunConfig

FILE = "plan.json"


class Plan(NamedTuple):
    """What slices of a run share.

    Args:
        config: Settings of the run.
        total: Candidates of all shards.
        counts: Of the global pass: in, out, rejects.
        regions: What manifests say of the source of regions; joining needs no models then.
    """

    config: RunConfig
    total: int
    counts: dict[str, int]
    regions: dict[str, Any]


def write_plan(work: Path, plan: Plan) -> None:
    """Declare ingest and selection done."""
    values = {"config": plan.config.model_dump(mode="json"), "total": plan.total}
    values |= {"counts": plan.counts, "regions": plan.regions}
    write_text(work / FILE, json.dumps(values, indent=1))


def read_plan(work: Path) -> Plan:
    """The plan of a run.

    Raises:
        ConfigError: There is none, or it is damaged.
    """
    file = work / FILE
    try:
        values = json.loads(file.read_text(encoding="utf-8"))
        counts = {str(name): int(number) for name, number in values["counts"].items()}
        config, total = RunConfig.parse(values["config"], str(file)), int(values["total"])
        return Plan(config, total, counts, dict(values["regions"]))
    except FileNotFoundError:
        raise ConfigError(
            f"--out {work.parent}: nothing is planned here; run build SOURCE --out ... --plan first"
        ) from None
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise ConfigError(f"{file}: damaged, make it again with --plan: {error}") from None
