"""The hash of a run's settings, by what the files it names hold and not by where they lie."""

import hashlib
import importlib.metadata
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from flows.store.layout import read_manifest
from schemas.candidate import Candidate
from schemas.errors import reading
from schemas.records import RECORDS
from schemas.settings.config import AnswerConfig, RegionConfig, RunConfig

# Where and how fast the models run; what they say does not depend on it but for the last bits.
_PLACE = ("device", "points_per_batch", "crops_per_batch", "pictures_per_batch")

_SERVING = (
    "endpoints",
    "api_key_env",
    "in_flight",
    "timeout",
    "retries",
    "probe",
    "wait_seconds",
    "trust_remote_code",
    "vllm",
    "servers",
    "engine",
)


def settings_hash(config: RunConfig) -> str:
    """16 hex digits over every setting that can change a row, files by their content.

    Raises:
        ConfigError: A file the configuration names cannot be read.
    """
    values = config.model_dump(mode="json", exclude={"run", "regions", "estimate", "rows"})
    values["annotations"] = _human(config.annotations)
    values["plugins"] = [_content(plugin) for plugin in config.plugins]
    values["questions"]["pools"] = _content(config.questions.pools)
    values["export"]["exclude"] = _content(config.export.exclude)
    values["regions"] = _regions(config.regions)
    values["answers"] = _answers(config.answers)
    if config.sources.depth:
        values["sources"]["depth"] = _maps(Path(config.sources.depth))
    else:
        del values["sources"]
    return _digest(values)


def regions_hash(config: RunConfig) -> str:
    """The same over what can change the proposals of the region stage alone.

    Raises:
        ConfigError: See ``settings_hash``.
    """
    regions = _regions(config.regions)
    source = {name: regions.get(name) for name in ("source", "ssa")}
    return _digest({"source": source, "ingest": config.ingest.model_dump(mode="json")})


def _answers(config: AnswerConfig) -> dict[str, Any]:
    """What decides the texts: the model and how it is asked, not where it runs."""
    if config.writer == "template":
        return config.model_dump(mode="json", include={"writer", "attempts", "on_failure"})
    values = config.model_dump(mode="json", exclude=set(_SERVING))
    return values | {"writer": "vllm", "chat_template": _content(config.chat_template)}


def _regions(config: RegionConfig) -> dict[str, Any]:
    values = config.model_dump(mode="json", exclude={"ssa": set(_PLACE)})
    kind, colon, path = config.source.partition(":")
    values["source"] = (
        kind + colon + (_stage(path) if path and Path(path).is_dir() else _content(path))
    )
    if kind == "ssa":
        values["ssa"]["vocabulary"] = _content(config.ssa.vocabulary)
        values["ssa"]["sam_checkpoint"] = Path(config.ssa.sam_checkpoint).name
        values["ssa"]["masks"] = Path(config.ssa.masks).name
    else:
        del values["ssa"]
    return values


def _stage(folder: str) -> str:
    """A folder by its manifest's checksums where it has one, as a region stage does."""
    return _digest(read_manifest(Path(folder))["files"])


def _maps(folder: Path) -> str:
    """A folder of depth maps by their names and sizes; there may be a million."""
    with reading(str(folder)):
        found = sorted(folder.rglob("*.png"))
        return _digest([[p.relative_to(folder).as_posix(), p.stat().st_size] for p in found])


def _human(folder: str) -> list[str]:
    """A folder of annotations by what builds read of it."""
    names = ("pictures.parquet", "consensus.parquet", "families.toml")
    return [_content(str(Path(folder) / name)) for name in names] if folder else []


def _digest(values: Any) -> str:
    canonical = json.dumps(values, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]


def _content(file: str) -> str:
    if not file:
        return ""
    with reading(file):
        return hashlib.sha256(Path(file).read_bytes()).hexdigest()


def _installed() -> str:
    try:
        return importlib.metadata.version("iqa-spider")
    except importlib.metadata.PackageNotFoundError:
        return "0+not.installed"


VERSION = _installed()
"""Of the installed package; ``0+not.installed`` where the rooms lie on the path without one."""


def code_version() -> str:
    """Changes when the same input could give other rows: package and record versions."""
    records = ".".join(f"{record.__name__}{record.version}" for record in RECORDS)
    return f"{VERSION}/{hashlib.sha256(records.encode()).hexdigest()[:8]}"


def run_identity(
    config: RunConfig, candidates: Sequence[Candidate], kind: str = "build"
) -> dict[str, str]:
    """What makes a run this run and no other."""
    names = hashlib.sha256()
    for candidate in candidates:
        names.update(f"{candidate.source}/{candidate.path}\n".encode())
    found = {
        "kind": kind,
        "config_hash": settings_hash(config),
        "pictures": names.hexdigest()[:16],
        "code": code_version(),
    }
    libraries = drawing_libraries(config) if kind == "build" else ""
    return found | ({"libraries": libraries} if libraries else {})


def drawing_libraries(config: RunConfig) -> str:
    """Versions of the libraries that decide the pixels of what may be drawn: ``av 18.1.0``.

    Empty where no type hangs on one, as by default. Plugins must be loaded.
    """
    from distortions.plan import make_palette  # whoever only reads a dataset loads none of them

    names = {entry.library for entry in make_palette(config.plan).types if entry.library}
    return ", ".join(f"{name} {_version(name)}" for name in sorted(names))


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "of unknown version"
