"""``import``: files of labelling tools to records of what people said, pictures and regions.

A folder of annotations holds ``pictures.parquet``, ``regions.parquet`` (each person's),
``consensus.parquet`` (what builds use), ``rejects.parquet``, ``report.json`` with counts, unknown
words and agreement, ``families.toml`` for words beyond the built-in families, and
``annotated.txt``, the list of pictures that ``build --annotations`` reads.
"""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from annotators.human.agreement import report
from annotators.human.consensus import Marked
from annotators.human.marked import MarkedPicture, Remark
from annotators.human.meaning import Meaning, meaning
from annotators.human.vocabulary import Vocabulary, families_toml
from annotators.regions.coco.masks import resized
from flows.human.files import Photographs, read_file
from flows.human.opinion_table import OpinionRow, passed
from flows.human.photograph import (
    AnnotatedPhotograph,
    agreed_records,
    picture_record,
    region_records,
)
from flows.ingest.decode import decode
from flows.ingest.fingerprints import content_hash
from flows.store.layout import write_text
from flows.store.tables import write_table
from schemas import masks
from schemas.config import IngestConfig
from schemas.errors import AnnotationError, ConfigError, PictureError
from schemas.human import HumanPicture, HumanRegion
from schemas.records import Reject

WHOLE_SHARE = 0.7
"""A marked region of more of the picture speaks of the whole."""


class Importer:
    """Collects what files say and writes it down.

    Args:
        photographs: The folder of pictures.
        vocabulary: Words for flaws.
        config: How pictures are decoded; masks follow.
        scores: Picture name to what a table of opinions says.
        share: Of those who marked a region, how many must have marked a pixel of it.
    """

    def __init__(
        self,
        photographs: Photographs,
        vocabulary: Vocabulary,
        config: IngestConfig,
        scores: dict[str, OpinionRow],
        share: float = 0.5,
    ) -> None:
        self._photographs, self._vocabulary = photographs, vocabulary
        self._config, self._scores, self._share = config, scores, share
        self._works: dict[str, AnnotatedPhotograph] = {}
        self._seen: set[tuple[str, str, str]] = set()
        self.rejects: list[Reject] = []
        self.counts: Counter[str] = Counter()

    def add(self, path: Path, kind: str, table: Path | None) -> None:
        """Read one file.

        Raises:
            ConfigError: It cannot be read at all.
        """
        try:
            for marked in read_file(path, kind, self._photographs, table):
                self._picture(marked)
        except AnnotationError as error:
            raise ConfigError(f"{path}: {error.detail}") from None

    def _picture(self, marked: MarkedPicture) -> None:
        self.counts["pictures.marked"] += 1
        self.counts["regions.marked"] += len(marked.regions) + len(marked.problems)
        for problem in marked.problems:
            self._reject(problem.subject, problem.reason, problem.detail)
        work = self._work(marked.name)
        if work is None:
            self.counts["regions.lost"] += len(marked.regions)
            return
        who = marked.annotator or "unknown"
        work.people.add(who)
        said = meaning(marked.said, self._vocabulary)
        self._unknown(marked.name, said)
        work.flawed(who, said.flaws)
        work.scopes |= {(who, said.scope)} if said.scope else set()
        work.brief += [text for text in (said.text,) if text]
        for number, region in enumerate(marked.regions):
            subject = f"{marked.name}: region {number}"
            own = meaning(region.said, self._vocabulary)
            self._unknown(subject, own)
            mask = self._fitted(subject, region.mask, work)
            if mask is None:
                continue
            key = (work.content, who, masks.encode(mask) + own.label + str(own.flaws))
            if key in self._seen:
                self._reject(subject, "duplicate", "the same region by the same person")
                continue
            self._seen.add(key)
            if own.scope == "uniform" or (own.flaws and mask.mean() > WHOLE_SHARE):
                work.flawed(who, own.flaws)
                work.scopes.add((who, "uniform"))
                self.counts["regions.whole"] += 1
                continue
            work.regions.append(Marked(who, mask, own.label, own.flaws))
            work.texts.append((own.text, region.time))
            self.counts["regions.kept"] += 1

    def add_votes(self, least: float) -> None:
        """Take the votes of a table of opinions for pictures in which nobody marked anything.

        Voters judged the whole, so the whole is flawed by what ``least`` or more of them saw.
        Pictures that only the table names are taken, too, where they are in the folder.
        """
        for name, opinion in sorted(self._scores.items()):
            kinds = passed(opinion, least)
            if not kinds or self._photographs.find(name) is None:
                continue
            work = self._work(name)
            if work is None or work.regions or work.whole or work.scopes:
                continue
            said = meaning([Remark("distortion", kind) for kind in kinds], self._vocabulary)
            self._unknown(name, said)
            work.flawed("votes", said.flaws)
            self.counts["pictures.voted"] += bool(said.flaws)

    def _work(self, name: str) -> AnnotatedPhotograph | None:
        path = self._photographs.find(name)
        if path is None:
            self._reject(name, "no_picture", "no picture of this name in the folder, or several")
            return None
        relative = path.relative_to(self._photographs.root).as_posix()
        if relative not in self._works:
            try:
                image = decode(path.read_bytes(), self._config).image
            except PictureError as error:
                self._reject(name, error.reason, error.detail)
                return None
            height, width = image.shape[:2]
            self._works[relative] = AnnotatedPhotograph(
                relative, content_hash(image), width, height
            )
        return self._works[relative]

    def _fitted(
        self, subject: str, mask: np.ndarray, work: AnnotatedPhotograph
    ) -> np.ndarray | None:
        """The mask at the picture's size: 1024x768 and 512x384 are the same photograph."""
        height, width = mask.shape
        if abs(width * work.height - height * work.width) > max(height, width):
            detail = f"marked on {width}x{height}, the picture is {work.width}x{work.height}"
            self._reject(subject, "annotation_size_mismatch", detail)
            return None
        fitted = resized(mask, work.height, work.width)
        if not fitted.any():
            self._reject(subject, "empty_mask", "too small at the picture's size")
            return None
        return np.ascontiguousarray(fitted)

    def _unknown(self, subject: str, said: Meaning) -> None:
        for word in said.unknown:
            near = ", ".join(self._vocabulary.nearest(word)) or "nothing alike"
            self._reject(subject, "unknown_flaw", f"{word!r}; known: {near}")

    def _reject(self, subject: str, reason: str, detail: str) -> None:
        self.counts[f"rejects.{reason}"] += 1
        self.rejects.append(Reject(stage="import", subject=subject, reason=reason, detail=detail))

    def write(self, out: Path) -> dict[str, Any]:
        """Write everything; returns the report."""
        pictures, regions, consensus = [], [], []
        for work in sorted(self._works.values(), key=lambda w: w.path):
            agreed, opinion = agreed_records(work, self._share), self._scores.get(work.name)
            pictures.append(picture_record(work, agreed, opinion))
            regions += region_records(work)
            consensus += agreed
        write_table(out / "pictures.parquet", HumanPicture.table(pictures))
        write_table(out / "regions.parquet", HumanRegion.table(regions))
        write_table(out / "consensus.parquet", HumanRegion.table(consensus))
        write_table(out / "rejects.parquet", Reject.table(self.rejects))
        root = self._photographs.root
        write_text(out / "annotated.txt", "".join(f"{root / p.path}\n" for p in pictures))
        write_text(out / "families.toml", families_toml(self._vocabulary.families))
        self.counts |= {"pictures": len(pictures), "consensus": len(consensus)}
        found = {
            "counts": dict(sorted(self.counts.items())),
            "unknown_words": {
                word: {"count": count, "nearest": self._vocabulary.nearest(word)}
                for word, count in self._vocabulary.missed.most_common()
            },
            "agreement": report([work.regions for work in self._works.values()]),
        }
        write_text(out / "report.json", json.dumps(found, indent=1, sort_keys=True) + "\n")
        return found
