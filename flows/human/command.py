"""What ``import`` does around the importer: checks, files, closing words."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from annotators.human.vocabulary import Vocabulary, builtin_vocabulary, parse_vocabulary
from flows.human.files import FORMATS, Photographs
from flows.human.importer import Importer
from flows.human.opinion_table import read_scores
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
    if out.exists() and any(out.iterdir()) and not (out / "report.json").is_file():
        raise ConfigError(f"--out {out} is not empty and holds no import of ours")
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
    given = read_scores(scores) if scores else {}
    importer = Importer(Photographs(images), known, settings.ingest, given, share)
    for file in files:
        importer.add(file, kind, table)
    if votes is not None:
        importer.add_votes(votes)
    report = importer.write(out)
    _print(report, out)
    return ExitStatus.WITH_REJECTS if importer.rejects else ExitStatus.CLEAN


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
    table = Table("", title="imported")
    table.add_column("", justify="right")
    for name, number in report["counts"].items():
        table.add_row(name, str(number))
    table.add_section()
    for name, value in report["agreement"].items():
        if isinstance(value, float):
            table.add_row(name, f"{value:.3f}")
    table.add_section()
    for word, found in list(report["unknown_words"].items())[:10]:
        near = ", ".join(found["nearest"]) or "-"
        table.add_row(f"unknown: {word} ({near}?)", str(found["count"]))
    console = Console(stderr=True)
    console.print(table)
    console.print(f"build from it: iqa-spider build --annotations {out} --out DATASET",
                  highlight=False, soft_wrap=True)  # fmt: skip
