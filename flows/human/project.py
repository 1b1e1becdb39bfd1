"""``annotate-project``: pictures, proposals and vocabulary as a project of a labelling tool."""

import csv
import io
import json
import shlex
from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Final, NamedTuple, Self

from annotators.human.label_studio_interface import labelstudio_config
from annotators.human.tool_projects import (
    CVAT_HEAD,
    CVAT_TAIL,
    TOOLS,
    Page,
    cvat_image,
    cvat_labels,
    labelstudio_task,
)
from annotators.human.vocabulary import builtin_vocabulary
from annotators.regions.source import RegionSource
from distortions.registry import FAMILIES
from flows.human.load import LOCAL
from flows.human.originals import put_picture
from flows.human.pages import PagedFile
from flows.human.photographs import NAMES
from flows.ingest.candidate import ingest_candidate
from flows.ingest.picture_list import readable_name
from flows.ingest.sources import list_candidates
from flows.processes import mapped
from flows.regions.choose import chosen_source
from flows.store.layout import write_text
from schemas.candidate import Candidate
from schemas.errors import ConfigError, UnknownNameError
from schemas.records import Reject
from schemas.settings.config import RegionConfig, RunConfig

PART_BYTES: Final = 200_000_000
"""A file of tasks is no larger."""


class _Job(NamedTuple):
    """One picture to be put into a project."""

    number: int
    candidate: Candidate
    out: Path
    tool: str
    config: RunConfig


class _Prepared(NamedTuple):
    """A picture that lies in the project.

    Args:
        name: Of its file.
        original: What it was called.
        page: For the tool. Masks are large, so only one picture's are in memory at a time.
    """

    name: str
    original: str
    page: str = ""


def make_project(
    sources: Sequence[str],
    out: Path,
    tool: str,
    config: RunConfig,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> tuple[int, list[Reject]]:
    """Write a project; returns the number of pictures and what was left out.

    Args:
        sources: As for ``build``; the pictures are not screened, since flawed ones are wanted.
        out: New folder.
        tool: ``labelstudio`` or ``cvat``.
        config: Where regions come from, how pictures are read, how many processes work.
        progress: Hears after each picture how many are done, of how many.

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
    chosen_source(config.regions)  # refuses before a process is started
    jobs = [
        _Job(number, one, out, tool, unscreened)
        for number, one in enumerate(list_candidates(sources, config.limit))
    ]
    done: list[_Prepared] = []
    rejects: list[Reject] = []
    with mapped(config.run.workers) as over, _Pages(out, tool) as pages:
        for number, found in enumerate(over(_prepare, jobs), 1):
            progress(number, len(jobs))
            if isinstance(found, Reject):
                rejects.append(found)
            else:
                pages.add(found.page)
                done.append(found._replace(page=""))
        pages.close()
    _write(out, tool, done)
    return len(done), rejects


def _prepare(job: _Job) -> _Prepared | Reject:
    """Put one picture into the project, with its proposals."""
    found = ingest_candidate(job.candidate, job.config)
    if isinstance(found, Reject):
        return found
    name = put_picture(job.out / "images", job.candidate, found.picture, found.image)
    regions = _source(job.config.regions.model_dump_json())
    (proposed,) = regions.propose([found.image], [found.picture])
    kept = [p for p in proposed.regions if p.mask.mean() >= job.config.regions.min_area]
    size, original = (
        (found.picture.width, found.picture.height),
        readable_name(job.candidate.path),
    )
    page = Page(name, *size, kept, original)
    if job.tool == "cvat":
        return _Prepared(name, original, cvat_image(page, job.number))
    task = labelstudio_task(page, f"{LOCAL}images/")
    return _Prepared(name, original, json.dumps(task, separators=(",", ":")))


@lru_cache(1)
def _source(config: str) -> RegionSource:
    """Made once per process."""
    return chosen_source(RegionConfig.model_validate_json(config))


class _Pages:
    """The file that a tool takes, page by page.

    Label Studio's tasks come in parts: it refuses uploads of more than 250 MB.
    """

    def __init__(self, out: Path, tool: str) -> None:
        self._out, self._tool, self._parts = out, tool, 0
        self._file = self._begun()

    def __enter__(self) -> Self:
        """Leaving it without ``close`` leaves no half file behind."""
        return self

    def __exit__(self, *_: object) -> None:
        """Drop what was begun."""
        self._file.drop()

    def add(self, page: str) -> None:
        """One page more."""
        full = self._file.size + len(page) > PART_BYTES
        if self._tool == "labelstudio" and self._file.pages and full:
            self._finish()
            self._file = self._begun()
        self._file.add(page)

    def close(self) -> None:
        """Write the rest; all of it in ``tasks.json`` where one file is enough."""
        if self._tool == "labelstudio" and self._parts:
            self._finish()
        else:
            self._file.close()

    def _begun(self) -> PagedFile:
        if self._tool == "cvat":
            return PagedFile(self._out / "annotations.xml", CVAT_HEAD, "", CVAT_TAIL)
        return PagedFile(self._out / "tasks.json", "[", ",", "]")

    def _finish(self) -> None:
        self._parts += 1
        self._file.close(self._out / f"tasks-{self._parts:03d}.json")


def _names(pages: Sequence[_Prepared]) -> str:
    """The table by which an import finds what tables of scores call the pictures."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(("file", "original"))
    lines.writerows((f"images/{page.name}", page.original) for page in pages)
    return text.getvalue()


def _write(out: Path, tool: str, done: Sequence[_Prepared]) -> None:
    families = {**FAMILIES, **builtin_vocabulary().families}
    write_text(out / NAMES, _names(done))
    if tool == "labelstudio":
        write_text(out / "config.xml", labelstudio_config(families))
        script = files("flows.human").joinpath("load.py").read_text(encoding="utf-8")
        write_text(out / "load.py", script)
        write_text(out / "README.md", LABEL_STUDIO)
    else:
        write_text(out / "labels.json", json.dumps(cvat_labels(families), indent=1))
        write_text(out / "README.md", CVAT)


def how_to_start(tool: str, out: Path) -> str:
    """The commands that come next, as they are printed."""
    folder = shlex.quote(str(out.resolve()))
    images = shlex.quote(str(out / "images"))
    comes_back = f"iqa-spider import EXPORT --images {images} --out ANNOTATIONS"
    if tool == "cvat":
        return f"next: {out / 'README.md'} says how CVAT takes it; then\n  {comes_back}"
    return f"""next:
  LABEL_STUDIO_LOCAL_FILES_SERVING_ENABLED=true \\
  LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT={folder} label-studio start
  LABEL_STUDIO_API_KEY=... python {shlex.quote(str(out / "load.py"))} http://localhost:8080
  {comes_back}
the key stands under "Account & Settings"; more in {out / "README.md"}"""


LABEL_STUDIO = """# Marking flaws in Label Studio

1. Start it in this folder, so that it may show the pictures, and sign up at the address it says:

       LABEL_STUDIO_LOCAL_FILES_SERVING_ENABLED=true \\
       LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT="$PWD" label-studio start

2. Copy the token under "Account & Settings", and let it make the project:

       LABEL_STUDIO_API_KEY=TOKEN python load.py http://localhost:8080

   That does what you could do by hand: paste `config.xml` as labelling interface and
   `instructions.html` as instructions, add a source storage "Local files" with the absolute path of
   `images` (without it the pictures do not show), import every `tasks*.json`.
3. For each picture: choose a region, in the list or by its outline, say what is wrong with it and
   how strongly, or that it has no flaw; correct its outline with brush and eraser, or draw regions
   of your own. Of the whole picture say whether it is `clean`. What nobody judged counts as not
   judged, not as good.
4. Export as **JSON** (not JSON-MIN, which forgets which region a word belongs to), then:

       iqa-spider import EXPORT.json --images images --out ANNOTATIONS

`flaws.html` shows every kind of flaw at five levels and what is called mild, moderate and severe:
let everybody look at it before they begin. `names.csv` holds what the pictures were called before;
`import --scores TABLE` goes by it.
"""
CVAT = """# Marking flaws in CVAT

1. Make a project; paste `labels.json` under Labels, Raw.
2. Make a task with the pictures in `images`, then upload `annotations.xml` as
   "CVAT for images 1.1".
3. For each region choose what is wrong with it and how strongly, or "no flaw". For the whole
   picture add the tag `picture`. What is left at "not judged" counts as not judged, not as good.
4. Export as "CVAT for images 1.1", then:

       iqa-spider import annotations.xml --images images --out ANNOTATIONS

`flaws.html` shows every kind of flaw at five levels and what is called mild, moderate and severe:
let everybody look at it before they begin. `names.csv` holds what the pictures were called before;
`import --scores TABLE` goes by it.
"""
