"""``annotate-project``: pictures, proposals and vocabulary as a project of a labelling tool."""

import json
from collections.abc import Sequence
from pathlib import Path

from annotators.human.tool_projects import (
    TOOLS,
    Page,
    cvat_labels,
    cvat_xml,
    labelstudio_config,
    labelstudio_tasks,
)
from annotators.human.vocabulary import builtin_vocabulary
from distortions.registry import FAMILIES
from flows.ingest.candidate import ingest_candidate
from flows.ingest.sources import list_candidates
from flows.regions.choose import chosen_source
from flows.store.layout import storage_errors, write_text
from flows.store.png import write_png
from schemas.config import RunConfig
from schemas.errors import ConfigError, UnknownNameError
from schemas.records import Reject

# Label Studio serves the files of a folder it was told about under this address.
LOCAL = "/data/local-files/?d=images/"


def make_project(
    sources: Sequence[str], out: Path, tool: str, config: RunConfig
) -> tuple[int, list[Reject]]:
    """Write a project; returns the number of pictures and what was left out.

    Args:
        sources: As for ``build``; the pictures are not screened, since flawed ones are wanted.
        out: New folder.
        tool: ``labelstudio`` or ``cvat``.
        config: Where regions come from, how pictures are read.

    Raises:
        ConfigError: An unknown tool, a folder that is not empty, a source that is not there.
    """
    if tool not in TOOLS:
        raise UnknownNameError("labelling tool", tool, TOOLS)
    if out.exists() and any(out.iterdir()):
        raise ConfigError(f"--out {out} is not empty; choose a new folder")
    unscreened = config.model_copy(
        update={"screen": config.screen.model_copy(update={"enabled": False})}
    )
    regions, pages, rejects = chosen_source(config.regions), [], []
    for candidate in list_candidates(sources, config.limit):
        found = ingest_candidate(candidate, unscreened)
        if isinstance(found, Reject):
            rejects.append(found)
            continue
        # Decoded pixels: turned as displayed, so that outlines fit in any tool.
        name = f"{found.picture.picture_id}-{Path(candidate.path).stem}.png"
        with storage_errors(out / "images"):
            (out / "images").mkdir(parents=True, exist_ok=True)
        write_png(out / "images" / name, found.image)
        (proposed,) = regions.propose([found.image], [found.picture])
        kept = [p for p in proposed.regions if p.mask.mean() >= config.regions.min_area]
        pages.append(Page(name, found.picture.width, found.picture.height, kept))
    _write(out, tool, pages)
    return len(pages), rejects


def _write(out: Path, tool: str, pages: Sequence[Page]) -> None:
    families = {**FAMILIES, **builtin_vocabulary().families}
    if tool == "labelstudio":
        write_text(out / "config.xml", labelstudio_config(families))
        write_text(out / "tasks.json", json.dumps(labelstudio_tasks(pages, LOCAL), indent=1))
    else:
        write_text(out / "labels.json", json.dumps(cvat_labels(families), indent=1))
        write_text(out / "annotations.xml", cvat_xml(pages))
