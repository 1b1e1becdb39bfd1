"""A folder of annotations from what people said: tables, families, the list of pictures, report."""

import json
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from annotators.human.agreement import report
from annotators.human.consensus import Marked
from annotators.human.vocabulary import Vocabulary, families_toml
from flows.human.folder import HumanFolder
from flows.human.opinion_table import Opinions
from flows.human.photograph import AnnotatedPhotograph, PhotographRecords, photograph_records
from flows.human.replace_folder import replaced_whole
from flows.ingest.picture_list import picture_list, readable_name
from flows.store.layout import write_text
from flows.store.tables import write_table
from schemas.human import HumanPicture, HumanRegion
from schemas.records import Reject


def write_records(
    out: Path,
    works: Sequence[AnnotatedPhotograph],
    root: Path,
    opinions: Opinions,
    vocabulary: Vocabulary,
    rejects: Sequence[Reject],
    counts: Counter[str],
    share: float,
) -> dict[str, Any]:
    """Write all files of a folder; returns the report, with ``counts`` completed.

    Args:
        out: The folder.
        works: The photographs, in order.
        root: Where they lie.
        opinions: Scores to stand beside them.
        vocabulary: The families, and what words were missed.
        rejects: What was left out.
        counts: What the importer counted.
        share: As in ``consensus.agree``.
    """
    found: list[PhotographRecords] = []

    def marked() -> Iterator[list[Marked]]:
        """Each picture's regions; one picture's masks are in memory at a time."""
        for work in works:
            regions = work.marked()
            opinion = opinions.find(work.original)
            found.append(photograph_records(work, regions, opinion, share))
            yield regions

    agreement = report(marked())
    _count(counts, found, bool(opinions.rows))
    text = {
        "counts": dict(sorted(counts.items())),
        "unknown_words": {
            word: {"count": count, "nearest": vocabulary.nearest(word)}
            for word, count in vocabulary.missed.most_common()
        },
        "agreement": agreement,
    }
    said = [one.picture for one in found if one.picture.scope != "unsaid"]
    names = {readable_name(work.path): work.path for work in works}
    roots = [os.path.relpath(root, out.resolve()), str(root)]
    with replaced_whole(out) as part:
        folder = HumanFolder(part)
        write_table(folder.pictures, HumanPicture.table(one.picture for one in found))
        write_table(folder.regions, HumanRegion.table(r for one in found for r in one.regions))
        write_table(folder.consensus, HumanRegion.table(r for one in found for r in one.agreed))
        write_table(folder.rejects, Reject.table(rejects))
        write_text(folder.annotated, picture_list(roots, [names[p.path] for p in said]))
        write_text(folder.families, families_toml(vocabulary.families))
        write_text(folder.report, json.dumps(text, indent=1, sort_keys=True) + "\n")
    return text


def _count(counts: Counter[str], found: Sequence[PhotographRecords], scored: bool) -> None:
    """What nobody said anything of, and how many pictures a table of scores knows."""
    counts["pictures"] = len(found)
    counts["consensus"] = sum(len(one.agreed) for one in found)
    counts["pictures.unsaid"] = sum(one.picture.scope == "unsaid" for one in found)
    counts["regions.unsaid"] = sum(
        region.verdict == "unsaid"
        for one in found
        for region in one.agreed
        if one.picture.scope != "uniform"
    )
    if scored:
        counts["scores.matched"] = sum(one.picture.mos is not None for one in found)
