"""What a build will cost on the engine, devices and endpoints that are asked for.

What is not counted is said with the slope it was reckoned by, and where that comes from: pictures
that were measured first (``--measure``), or a figure of ours, which is another machine's.
"""

import math
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import mean
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from flows.ingest.sources import list_candidates
from flows.model.choose import uses_model
from flows.model.cost import Line, estimate_lines, sizes_of
from flows.regions.choose import is_exclusive
from flows.run.command import run_build
from flows.run.engines.devices import devices_of
from flows.store.ledger import read_ledger
from schemas.errors import ConfigError
from schemas.settings.config import RunConfig

CPU_REGIONS, CPU_VARIANT = 0.15, 0.20
"""CPU seconds a megapixel for regions and for each degraded picture, with all gates.
Source: 144 photographs of 1024x768, two busy x86-64 cores; half of it on quiet ones."""
BYTES_PER_PIXEL = 1.45
"""Of a stored degraded picture, all else included. Source: PNG of photographs of 1024x768."""


class Slopes(NamedTuple):
    """What a photograph costs.

    Args:
        cpu: CPU seconds, models left out.
        regions: Seconds of a device for its regions; ``None`` where nobody knows.
        disk: Bytes.
        how: Where the figures come from.
    """

    cpu: float
    regions: float | None
    disk: float
    how: str


def usual(config: RunConfig, sizes: Sequence[tuple[int, int]]) -> Slopes:
    """Slopes of ours for photographs of these sizes, as they are shown."""
    pixels = mean(width * height for width, height in sizes)
    cpu = pixels / 1e6 * (CPU_REGIONS + CPU_VARIANT * config.variants)
    regions = None if is_exclusive(config.regions) else 0.0
    how = f"our figures, {pixels / 1e6:.2f} megapixels; --measure N says it of this machine"
    return Slopes(cpu, regions, pixels * BYTES_PER_PIXEL * config.variants, how)


def measured(sources: Sequence[str], config: RunConfig, number: int) -> Slopes:
    """Slopes of the first photographs, built by one worker into a folder that is thrown away.

    Raises:
        ConfigError: None of them can be used.
    """
    settings = {"limit": number, "shard_size": number, "run.workers": 1, "run.engine": "local"}
    settings |= {"run.address": "", "regions.ssa.device": devices_of(config)[0]}
    settings |= {"answers.writer": "template", "questions.wording": "pools"}
    alone = config.changed(settings)
    with tempfile.TemporaryDirectory(prefix="iqa-spider-measured-") as scratch:
        out = Path(scratch) / "d"
        summary = run_build(sources, out, alone)
        disk = sum(file.stat().st_size for file in out.rglob("*.parquet"))
        stage = read_ledger(out, 0, "segment")  # there where one process holds the models
        held = stage.timings["segment"] if stage else 0.0
    if not summary.pictures:
        raise ConfigError(f"--measure {number}: none of the first photographs can be used")
    spent = summary.seconds["ingest"] + summary.seconds["build"]
    used = summary.pictures
    how = f"measured: {used} photographs, one worker, first compilation and start left in"
    return Slopes((spent - held) / used, held / used, disk / used, how)


def cost_lines(photographs: int, config: RunConfig, slopes: Slopes, rate: float) -> list[Line]:
    """Name, number and how it is known, of a whole run.

    Args:
        photographs: How many there are.
        config: The run.
        slopes: Of a photograph.
        rate: Requests a second that one server answers.
    """
    cpu, workers = photographs * slopes.cpu / 3600, config.run.workers
    per = f"{slopes.cpu:.3g} s a photograph; {slopes.how}"
    shards = math.ceil(photographs / config.shard_size)
    lines = [
        Line("shards", f"{shards:,}", f"of {config.shard_size} photographs"),
        Line("CPU hours", f"{cpu:,.2f}", per),
        Line(
            f"hours with {workers} workers, engine {config.run.engine}",
            f"{cpu / min(workers, max(1, shards)):,.2f}",
            "CPU hours / workers, as far as there are shards",
        ),
        Line(
            "disk, GB",
            f"{photographs * slopes.disk / 1e9:,.2f}",
            f"{slopes.disk / 1e6:.2f} MB a photograph",
        ),
    ]
    if is_exclusive(config.regions):
        lines.append(_devices(photographs, config, slopes))
    if uses_model(config):
        lines.append(_servers(config, rate))
    return lines


def _devices(photographs: int, config: RunConfig, slopes: Slopes) -> Line:
    devices = devices_of(config)
    name = f"GPU hours for regions, {len(devices)} devices"
    if slopes.regions is None:
        return Line(name, "unknown", "depends on models and GPU; --measure N says it")
    hours = photographs * slopes.regions / 3600
    said = f"{slopes.regions:.3g} s a photograph; {hours / len(devices):.2f} h with all of them"
    return Line(name, f"{hours:,.2f}", said)


def _servers(config: RunConfig, rate: float) -> Line:
    servers = len(config.answers.endpoints) or config.answers.servers
    said = f"each answers {rate:g} requests a second (--rate): {servers * rate:g} together"
    return Line("servers", str(servers), said)


def print_cost(sources: Sequence[str], config: RunConfig, rate: float, measure: int = 0) -> None:
    """Print what a build will cost; nothing is built but what is measured, and that is removed.

    Args:
        sources: As given to ``build``.
        config: The run.
        rate: Requests a second that one server answers.
        measure: Photographs that are built first.

    Raises:
        ConfigError: A source is missing, or what is asked for cannot be.
    """
    candidates = list_candidates(sources, config.limit)
    sizes = sizes_of(candidates, config)
    texts = estimate_lines(len(candidates), config, rate, sizes)
    slopes = measured(sources, config, measure) if measure else usual(config, sizes)
    table = Table("", "", "how we know", title="nothing was built")
    table.columns[1].justify = "right"
    for line in [*texts, *cost_lines(len(candidates), config, slopes, rate)]:
        table.add_row(*line)
    Console(stderr=True).print(table)
