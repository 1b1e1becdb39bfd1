"""``annotate-project``: pictures, proposals and vocabulary as a project of a labelling tool."""

import csv
import io
import json
import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

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
from flows.human.photographs import NAMES
from flows.ingest.archives import read_bytes
from flows.ingest.candidate import ingest_candidate
from flows.ingest.picture_list import readable_name
from flows.ingest.sources import list_candidates
from flows.regions.choose import chosen_source
from flows.store.layout import storage_errors, write_text
from flows.store.png import write_png
from schemas.arrays import Image
from schemas.candidate import Candidate
from schemas.errors import ConfigError, UnknownNameError
from schemas.records import Picture, Reject
from schemas.settings.config import RunConfig

# Label Studio serves the files of a folder it was told about under this address.
LOCAL = "/data/local-files/?d=images/"
_UNSAFE = re.compile(r"[^\w.() -]", re.ASCII)
"""Signs that addresses, shells or file systems take for something else."""


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
    if out.exists() and not out.is_dir():
        raise ConfigError(f"--out {out} is a file; choose a new folder")
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
        name = _put_picture(out / "images", candidate, found.picture, found.image)
        (proposed,) = regions.propose([found.image], [found.picture])
        kept = [p for p in proposed.regions if p.mask.mean() >= config.regions.min_area]
        size = found.picture.width, found.picture.height
        pages.append(Page(name, *size, kept, readable_name(candidate.path)))
    _write(out, tool, pages)
    return len(pages), rejects


def _put_picture(folder: Path, candidate: Candidate, picture: Picture, image: Image) -> str:
    """Write a picture as people see it; returns its name.

    A JPEG that ingest did not change goes in as it is; of others the decoded pixels, turned as
    displayed, so that outlines fit in any tool.
    """
    called = PurePosixPath(readable_name(candidate.path).replace("!", "/")).stem
    stem = f"{picture.picture_id}-{_UNSAFE.sub('_', called)[:100]}"
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        if picture.format == "JPEG" and not picture.rules:
            (folder / f"{stem}.jpg").write_bytes(read_bytes(candidate))
            return f"{stem}.jpg"
        write_png(folder / f"{stem}.png", image)
    return f"{stem}.png"


def _names(pages: Sequence[Page]) -> str:
    """The table by which an import finds what tables of scores call the pictures."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(("file", "original"))
    lines.writerows((f"images/{page.name}", page.original) for page in pages)
    return text.getvalue()


def _write(out: Path, tool: str, pages: Sequence[Page]) -> None:
    families = {**FAMILIES, **builtin_vocabulary().families}
    write_text(out / NAMES, _names(pages))
    if tool == "labelstudio":
        write_text(out / "config.xml", labelstudio_config(families))
        tasks = labelstudio_tasks(pages, LOCAL)
        write_text(out / "tasks.json", json.dumps(tasks, separators=(",", ":")))
        write_text(out / "README.md", LABEL_STUDIO)
    else:
        write_text(out / "labels.json", json.dumps(cvat_labels(families), indent=1))
        write_text(out / "annotations.xml", cvat_xml(pages))
        write_text(out / "README.md", CVAT)


LABEL_STUDIO = """# Marking flaws in Label Studio

1. Start it in this folder, so that it may show the pictures:

       LABEL_STUDIO_LOCAL_FILES_SERVING_ENABLED=true \\
       LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT="$PWD" label-studio start

2. Make a project; paste `config.xml` under Settings, Labeling Interface, Code.
3. Under Settings, Cloud Storage, add a source storage of the kind "Local files" with the absolute
   path of `images`. It need not be synchronised; without it the pictures do not show.
4. Import `tasks.json`. Under Settings, Annotation, choose the predictions to be shown.
5. For each picture: click a region, say what is wrong with it and how strongly, or that it has no
   flaw; correct its outline with brush and eraser, or draw regions of your own. Of the whole
   picture say whether it is `clean`. What nobody judged counts as not judged, not as good.
6. Export as **JSON** (not JSON-MIN, which forgets which region a word belongs to), then:

       iqa-spider import EXPORT.json --images images --out ANNOTATIONS

`names.csv` holds what the pictures were called before; `import --scores TABLE` goes by it.
"""
CVAT = """# Marking flaws in CVAT

1. Make a project; paste `labels.json` under Labels, Raw.
2. Make a task with the pictures in `images`, then upload `annotations.xml` as
   "CVAT for images 1.1".
3. For each region choose what is wrong with it and how strongly, or "no flaw". For the whole
   picture add the tag `picture`. What is left at "not judged" counts as not judged, not as good.
4. Export as "CVAT for images 1.1", then:

       iqa-spider import annotations.xml --images images --out ANNOTATIONS

`names.csv` holds what the pictures were called before; `import --scores TABLE` goes by it.
"""
