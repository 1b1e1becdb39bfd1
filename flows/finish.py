"""The end of a run: card, figures, manifest."""

import json
from collections.abc import Sequence

from flows.card import write_card
from flows.manifest import write_manifest
from flows.rundir import RunFolder
from flows.stats import collect
from flows.storage import ShardSummary
from flows.summary import RunSummary
from flows.tools import region_source
from schemas.config import RunConfig


def finish(
    folder: RunFolder,
    config: RunConfig,
    summary: RunSummary,
    built: Sequence[ShardSummary],
    seconds: dict[str, float],
) -> None:
    """Write what a dataset says about itself, the manifest last."""
    write_card(folder.out, config, collect(folder.out), summary.counts)
    identity = json.loads((folder.work / "run.json").read_text(encoding="utf-8"))
    source = region_source(config.regions)
    regions = {"source": source.name, **getattr(source, "provenance", dict)()}
    write_manifest(folder.out, config, identity, summary, built, seconds, regions)
