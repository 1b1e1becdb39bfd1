"""What ``import`` does around the importer: checks, files, what came of it."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from rich.markup import escape
from rich.table import Table

from annotators.human.marked import clean
from annotators.human.vocabulary import TWELVE, Vocabulary, builtin_vocabulary, parse_vocabulary
from flows.human.files import FORMATS
from flows.human.importer import Importer
from flows.human.opinion_table import Opinions, read_scores
from flows.human.photographs import Photographs
from flows.human.replace_folder import check_folder
from schemas.errors import ConfigError, UnknownNameError, reading
from schemas.settings.config import IngestConfig

UNKNOWN = ("reject", "other")


@dataclass(frozen=True)
class ImportSettings:
    """What is imported, and how it is read.

    Args:
        images: Folder of the photographs.
        files: Exports of labelling tools.
        kind: Their format; ``auto`` looks inside.
        vocabulary: TOML table of words; ``None`` takes the one that ships, ``12 families`` the one
            for the twelve published families.
        unknown: What becomes of unknown flaws: ``reject`` or ``other``.
        scores: Table of opinion scores.
        table: Names of mask indices.
        share: Of those who marked a region, how many must have marked a pixel of it.
        votes: Share of voters in ``scores`` that flaws an unmarked picture as a whole.
        ingest: How pictures are read.
    """

    images: Path
    files: tuple[Path, ...] = ()
    kind: str = "auto"
    vocabulary: Path | None = None
    unknown: str = "reject"
    scores: Path | None = None
    table: Path | None = None
    share: float = 0.5
    votes: float | None = None
    ingest: IngestConfig = field(default_factory=IngestConfig)

    def check(self) -> None:
        """Raise ``ConfigError`` for values that cannot be."""
        if self.kind not in FORMATS:
            raise UnknownNameError("format", self.kind, FORMATS)
        if self.unknown not in UNKNOWN:
            raise UnknownNameError("choice for --unknown", self.unknown, UNKNOWN)
        if not 0 <= self.share <= 1:
            raise ConfigError(f"--share {self.share}: expected 0 to 1")
        if self.votes is not None and not 0 < self.votes <= 1:
            raise ConfigError(f"--votes {self.votes}: expected more than 0, at most 1")
        if self.votes is not None and self.scores is None:
            raise ConfigError("--votes needs --scores, the table with the votes")
        if not self.files and self.votes is None:
            raise ConfigError("no FILES, and no --votes: nothing to import")


class ImportReport(NamedTuple):
    """What came of an import.

    Args:
        report: As in ``report.json``: counts, agreement, unknown words.
        rejects: How much was left out.
    """

    report: dict[str, Any]
    rejects: int

    @property
    def left_out(self) -> bool:
        """Whether anything was left out, unsaid, or no score met its picture."""
        counts = self.report["counts"]
        unsaid = counts["pictures.unsaid"] + counts["regions.unsaid"]
        return bool(self.rejects or unsaid or counts.get("scores.matched") == 0)


def run_import(out: Path, settings: ImportSettings) -> ImportReport:
    """Import annotations into a folder.

    Raises:
        ConfigError: A file, folder or word that cannot be.
    """
    settings.check()
    check_folder(out)
    given = Opinions(read_scores(settings.scores) if settings.scores else {})
    importer = Importer(
        Photographs(settings.images),
        _vocabulary(settings.vocabulary, settings.unknown),
        settings.ingest,
        given,
        settings.share,
    )
    for file in settings.files:
        importer.add(file, settings.kind, settings.table)
    if settings.votes is not None:
        importer.add_votes(settings.votes)
    if not importer.pictures:
        raise ConfigError(_nothing(importer))
    return ImportReport(importer.write(out), len(importer.rejects))


def _nothing(importer: Importer) -> str:
    """Why nothing was read: the reasons of what was left out, the commonest first."""
    reasons = Counter(reject.reason for reject in importer.rejects).most_common(3)
    told = [
        f"{reason} ({number}, e.g. {first.subject[:80]}: {first.detail[:160]})"
        for reason, number in reasons
        for first in [next(r for r in importer.rejects if r.reason == reason)]
    ]
    return f"nothing was read: {'; '.join(told) or 'no picture is annotated'}"


def _vocabulary(file: Path | None, unknown: Any) -> Vocabulary:
    if file is None:
        return builtin_vocabulary(unknown)
    if str(file) == TWELVE:
        return builtin_vocabulary(unknown, TWELVE)
    with reading(f"--vocabulary {file}"):
        return parse_vocabulary(file.read_text(encoding="utf-8"), str(file), unknown)


def report_table(report: dict[str, Any]) -> Table:
    """The table at the end of ``import``; what others wrote is no markup."""
    table = Table("", title="imported")
    table.add_column("", justify="right")
    for name, number in report["counts"].items():
        table.add_row(escape(name), str(number))
    table.add_section()
    for name, value in report["agreement"].items():
        if isinstance(value, float):
            table.add_row(name, f"{value:.3f}")
    table.add_section()
    for word, found in list(report["unknown_words"].items())[:10]:
        near = ", ".join(found["nearest"]) or "-"
        table.add_row(escape(f"unknown: {word} ({near}?)"), str(found["count"]))
    return table


def closing_lines(report: dict[str, Any], out: Path) -> list[str]:
    """What is said below the table: silence, scores, what to do next."""
    counts, lines = report["counts"], []
    if counts["pictures.unsaid"] or counts["regions.unsaid"]:
        lines.append(
            f"{counts['pictures.unsaid']} pictures, {counts['regions.unsaid']} regions: "
            "nobody said a flaw or that there is none; they give no row"
        )
    if "scores.matched" in counts:
        lines.append(f"scores: {counts['scores.matched']} of {counts['pictures']} matched")
    lines.append(f"build from it: iqa-spider build --annotations {clean(out)} --out DATASET")
    return lines
