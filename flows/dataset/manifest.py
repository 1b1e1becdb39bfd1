"""``manifest.json``: everything needed to trust a dataset and to make any row of it again."""

import dataclasses
import json
import platform
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NamedTuple

from distortions.families import BUILT_IN, MORE
from distortions.order import among, get_profile
from distortions.plan import fingerprint, make_palette
from distortions.plugins import load_plugins
from distortions.registry import FAMILIES, families_among
from flows.dataset.balance import RunSummary
from flows.dataset.statistics.shortcuts import Shortcuts
from flows.human.folder import human_index
from flows.store.asked_again import KEY, as_plain, read_askings
from flows.store.identity import code_version
from flows.store.layout import (
    FIGURES,
    LOOK,
    MANIFEST,
    WORK,
    FileEntry,
    describe_file,
    write_text,
)
from flows.store.ledger import ShardSummary
from schemas.families import Family
from schemas.records import RECORDS
from schemas.settings.config import RunConfig

FORMAT = 1
SHIPPED = frozenset(family.name for family in (*BUILT_IN, *MORE))
"""Families of this package; all others are those of plugins and of people."""

PACKAGES = (
    "iqa-spider",
    "numpy",
    "opencv-python-headless",
    "pillow",
    "numba",
    "pyarrow",
    "pycocotools",
    "prefect",
    "isal",
    "av",
    "torch",
    "torchvision",
    "transformers",
    "segment-anything",
    "spacy",
)


def write_manifest(
    out: Path,
    config: RunConfig,
    identity: dict[str, str],
    summary: RunSummary,
    built: Sequence[ShardSummary],
    seconds: dict[str, float],
    regions: dict[str, object],
    shortcuts: Shortcuts | None = None,
) -> dict[str, Any]:
    """Write the manifest; the card and the figures must be there already."""
    known = make_palette(config.plan).known
    people = human_index(config.annotations).families_beside(known)
    manifest = {
        "format": FORMAT,
        "code": code_version(),
        "git_commit": _git_commit(),
        "identity": identity,
        "seed": config.seed,
        "config_hash": identity["config_hash"],
        "config": config.model_dump(mode="json"),
        "versions": versions(),
        "regions": regions,
        "human_families": {
            name: dataclasses.asdict(family)
            for name, family in sorted(people.items())
            if known.get(name) != family
        },
        "python": platform.python_version(),
        "machine": platform.machine(),
        "records": {record.__name__: record.version for record in RECORDS},
        "families": sorted(known),
        "plugin_families": plugin_families(known),
        "order_profile": _profile(config, config.plan.order_profile, known),
        "generate_profile": _profile(
            config, config.plan.generate_profile or config.plan.order_profile, known
        ),
        "distortions": fingerprint(config.plan.levels),
        "plugins": load_plugins(config.plugins),
        "counts": {
            "candidates": summary.candidates,
            "pictures": summary.pictures,
            "images": summary.images,
            "rows": summary.rows,
            "rejects": summary.rejects,
            "all": summary.counts,
        },
        "shortcuts": shortcuts.plain() if shortcuts else None,
        "timings": {**summary.timings, **{f"wall.{k}": round(v, 3) for k, v in seconds.items()}},
        "files": {
            entry.path: {"size": entry.size, "sha256": entry.sha256} for entry in _files(out, built)
        },
    }
    if askings := read_askings(out / WORK):
        manifest[KEY] = as_plain(askings)
    write_text(out / MANIFEST, json.dumps(manifest, indent=1, sort_keys=True) + "\n")
    return manifest


def write_stage_manifest(
    out: Path,
    config: RunConfig,
    identity: dict[str, str],
    counts: dict[str, int],
    done: Sequence[ShardSummary],
    seconds: dict[str, float],
    regions: dict[str, object],
) -> None:
    """What a region stage says about itself: settings, models, counts, checksums."""
    entries = [FileEntry(*entry) for shard in done for entry in shard.files]
    manifest = {
        "format": FORMAT,
        "kind": "regions",
        "identity": identity,
        "config": config.model_dump(mode="json"),
        "regions": regions,
        "versions": versions(),
        "counts": counts,
        "timings": {f"wall.{name}": round(value, 3) for name, value in seconds.items()},
        "files": {e.path: {"size": e.size, "sha256": e.sha256} for e in sorted(entries)},
    }
    write_text(out / MANIFEST, json.dumps(manifest, indent=1, sort_keys=True) + "\n")


def _files(out: Path, built: Sequence[ShardSummary]) -> list[FileEntry]:
    shards = [entry for summary in built for entry in summary.files]
    others = [out / "README.md", out / LOOK, *sorted((out / FIGURES).glob("*.png"))]
    return sorted(shards + [describe_file(out, path) for path in others if path.is_file()])


def _profile(config: RunConfig, name: str, known: Iterable[str]) -> dict[str, Any]:
    rows = among(get_profile(name, config.plan.orders, FAMILIES), known)
    return {"name": name, "rows": {first: sorted(after) for first, after in sorted(rows.items())}}


def plugin_families(known: Mapping[str, Family]) -> dict[str, dict[str, Any]]:
    """Families that this package does not ship, as a manifest tells them."""
    return {
        name: dataclasses.asdict(family)
        for name, family in sorted(known.items())
        if name not in SHIPPED
    }


def families_in(manifest: dict[str, Any]) -> dict[str, Family]:
    """Families that the texts of a dataset may name, with the words each has there.

    Those that people brought are left out, see ``human_families``. Those of a plugin are told by
    the manifest: a dataset may come from anybody, and reading one never runs what it names.
    """
    parts = [manifest, *manifest.get("parts", ())]
    names = [name for part in parts for name in part.get("families", ())]
    told = {name: Family(name, name.replace("_", " ")) for name in names if name not in SHIPPED}
    for part in parts:
        told |= _families(part.get("plugin_families", {}))
    return {**told, **families_among(names)}


def human_families(manifest: dict[str, Any]) -> dict[str, Family]:
    """Families that only people named in this dataset, and others whose words that changed."""
    return _families(manifest.get("human_families", {}))


def _families(told: Mapping[str, Any]) -> dict[str, Family]:
    return {
        name: Family(name, entry["noun"], tuple(entry["aliases"]), tuple(entry["effects"]))
        for name, entry in told.items()
    }


class Known(NamedTuple):
    """Families of a dataset with their words.

    Args:
        drawn: Of what was laid on pictures.
        said: Those and what people named.
    """

    drawn: Mapping[str, Family]
    said: Mapping[str, Family]

    @classmethod
    def of(cls, manifest: dict[str, Any]) -> "Known":
        """Read off its manifest."""
        drawn = families_in(manifest)
        return cls(drawn, {**drawn, **human_families(manifest)})


def versions() -> dict[str, str]:
    """Versions of the installed packages that decide what a run makes."""
    return {name: found for name in PACKAGES if (found := _version(name))}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _git_commit() -> str:
    """Commit of a checkout we run from; empty in an installed package."""
    root = Path(__file__).resolve().parents[2]
    if not (root / ".git").exists():
        return ""
    command = ["git", "-C", str(root), "rev-parse", "HEAD"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    except OSError:
        return ""
    return done.stdout.strip()
