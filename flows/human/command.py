"""What ``import`` does around the importer: checks, files, closing words."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from annotators.human.marked import clean
from annotators.human.vocabulary import Vocabulary, builtin_vocabulary, parse_vocabulary
from flows.human.files import FORMATS
from flows.human.importer import Importer
from flows.human.opinion_table import Opinions, read_scores
from flows.human.photographs import Photographs
from flows.human.replace_folder import check_folder
from schemas.config import RunConfig
from schemas.errors import ConfigError, ExitStatus, UnknownNameError

UNKNOWN = ("reject", "other")


def run_import(
    files: Sequence[Path],
    images: Path,
    out: Path,
    kind: str,
    vocabulary: Path | None,
    unknown: str,
    scores: Path | None,
    table: Path | None,
    config: Path | None,
    share: float,
    votes: float | None,
) -> int:
    """Import annotations; returns the exit status.

    Raises:
        ConfigError: A file, folder or word that cannot be.
    """
    if kind not in FORMATS:
        raise UnknownNameError("format", kind, FORMATS)
    check_folder(out)
    if not 0 <= share <= 1:
        raise ConfigError(f"--share {share}: expected 0 to 1")
    if votes is not None and not 0 < votes <= 1:
        raise ConfigError(f"--votes {votes}: expected more than 0, at most 1")
    if votes is not None and scores is None:
        raise ConfigError("--votes needs --scores, the table with the votes")
    if not files and votes is None:
        raise ConfigError("no FILES, and no --votes: nothing to import")
    known = _vocabulary(vocabulary, unknown)
    settings = RunConfig.load(config)
    given = Opinions(read_scores(scores) if scores else {})
    importer = Importer(Photographs(images), known, settings.ingest, given, share)
    for file in files:
        importer.add(file, kind, table)
    if votes is not None:
        importer.add_votes(votes)
    if not importer.pictures:
        raise ConfigError(_nothing(importer))
    report = importer.write(out)
    counts = report["counts"]
    _print(report, out)
    unmatched = bool(given.rows) and not counts["scores.matched"]
    unsaid = counts["pictures.unsaid"] + counts["regions.unsaid"]
    left_out = bool(importer.rejects or unsaid or unmatched)
    return ExitStatus.WITH_REJECTS if left_out else ExitStatus.CLEAN


def _nothing(importer: Importer) -> str:
    """Why nothing was read: the reasons of what was left out, the commonest first."""
    reasons = Counter(reject.reason for reject in importer.rejects).most_common(3)
    told = [
        f"{reason} ({number}, e.g. {first.subject[:80]}: {first.detail[:160]})"
        for reason, number in reasons
        for first in [next(r for r in importer.rejects if r.reason == reason)]
    ]
    return f"nothing was read: {'; '.join(told) or 'no picture is annotated'}"


def _vocabulary(file: Path | None, unknown: str) -> Vocabulary:
    if unknown not in UNKNOWN:
        raise UnknownNameError("choice for --unknown", unknown, UNKNOWN)
    choice: Any = unknown
    if file is None:
        return builtin_vocabulary(choice)
    try:
        return parse_vocabulary(file.read_text(encoding="utf-8"), str(file), choice)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"--vocabulary {file}: cannot read it: {error}") from None


def _print(report: dict[str, Any], out: Path) -> None:
    """The closing table; what others wrote is no markup."""
    table, counts = Table("", title="imported"), report["counts"]
    table.add_column("", justify="right")
    for name, number in counts.items():
        table.add_row(escape(name), str(number))
    table.add_section()
    for name, value in report["agreement"].items():
        if isinstance(value, float):
            table.add_row(name, f"{value:.3f}")
    table.add_section()
    for word, found in list(report["unknown_words"].items())[:10]:
        near = ", ".join(found["nearest"]) or "-"
        table.add_row(escape(f"unknown: {word} ({near}?)"), str(found["count"]))
    console = Console(stderr=True)
    console.print(table)
    lines = []
    if counts["pictures.unsaid"] or counts["regions.unsaid"]:
        lines.append(
            f"{counts['pictures.unsaid']} pictures, {counts['regions.unsaid']} regions: "
            "nobody said a flaw or that there is none; they give no row"
        )
    if "scores.matched" in counts:
        lines.append(f"scores: {counts['scores.matched']} of {counts['pictures']} matched")
    lines.append(f"build from it: iqa-spider build --annotations {clean(out)} --out DATASET")
    for line in lines:
        console.print(line, highlight=False, soft_wrap=True, markup=False)
