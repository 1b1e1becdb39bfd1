"""``import``: files of labelling tools to what people said, picture by picture."""

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from annotators.human.marked import MarkedPicture, MarkedRegion, Remark, clean
from annotators.human.meaning import Meaning, meaning
from annotators.human.vocabulary import Vocabulary
from annotators.regions.coco.masks import resized
from annotators.regions.source import SkippedAnnotation
from flows.human.files import read_file
from flows.human.opinion_table import Opinions, passed
from flows.human.photograph import AnnotatedPhotograph, MarkedBy
from flows.human.photographs import Photographs
from flows.human.records import write_records
from flows.ingest.decode import decode
from flows.ingest.fingerprints import content_hash
from flows.store.inside import read_regular
from schemas import masks
from schemas.arrays import Mask
from schemas.errors import PictureError
from schemas.records import Reject
from schemas.settings.config import IngestConfig

WHOLE_SHARE = 0.7
"""A marked region of more of the picture speaks of the whole."""


class Importer:
    """Collects what files say and writes it down.

    Args:
        photographs: The folder of pictures.
        vocabulary: Words for flaws.
        config: How pictures are decoded; masks follow.
        opinions: What a table of opinions says.
        share: Of those who marked a region, how many must have marked a pixel of it.
    """

    def __init__(
        self,
        photographs: Photographs,
        vocabulary: Vocabulary,
        config: IngestConfig,
        opinions: Opinions,
        share: float = 0.5,
    ) -> None:
        self._photographs, self._vocabulary = photographs, vocabulary
        self._config, self._opinions, self._share = config, opinions, share
        self._works: dict[str, AnnotatedPhotograph] = {}
        self._seen: set[tuple[str, str, str]] = set()
        self.rejects: list[Reject] = []
        self.counts: Counter[str] = Counter()

    @property
    def pictures(self) -> int:
        """How many photographs anything was read of."""
        return len(self._works)

    def add(self, path: Path, kind: str, table: Path | None) -> None:
        """Read one file.

        Raises:
            ConfigError: It cannot be read at all.
        """
        for found in read_file(path, kind, self._photographs, table):
            if isinstance(found, SkippedAnnotation):
                self._reject(*found)
            else:
                self._picture(found)

    def _picture(self, marked: MarkedPicture) -> None:
        self.counts["pictures.marked"] += 1
        self.counts["regions.marked"] += len(marked.regions) + len(marked.problems)
        for problem in marked.problems:
            self._reject(*problem)
        work = self._work(marked.name, marked.original)
        if work is None:
            self.counts["regions.lost"] += len(marked.regions)
            return
        who = marked.annotator or "unknown"
        work.people.add(who)
        said = self._meaning(marked.name, marked.said)
        work.flawed(who, said.flaws)
        work.scopes |= {(who, said.scope)} if said.scope else set()
        work.brief += [text for text in (said.text,) if text]
        for number, region in enumerate(marked.regions):
            self._region(f"{marked.name}: region {number}", who, region, work)

    def _region(
        self, subject: str, who: str, region: MarkedRegion, work: AnnotatedPhotograph
    ) -> None:
        own = self._meaning(subject, region.said)
        mask = self._fitted(subject, region.mask, work)
        if mask is None:
            return
        runs = masks.encode(mask)
        key = (work.content, who, runs + own.label + str(own.flaws))
        if key in self._seen:
            self._reject(subject, "duplicate", "the same region by the same person")
            return
        self._seen.add(key)
        if own.scope == "uniform" or (
            own.flaws and np.count_nonzero(mask) > WHOLE_SHARE * mask.size
        ):
            work.flawed(who, own.flaws)
            work.scopes.add((who, "uniform"))
            self.counts["regions.whole"] += 1
            return
        praised = own.scope == "clean" and not own.flaws
        work.regions.append(
            MarkedBy(who, runs, own.label, own.flaws, praised, own.text, region.time)
        )
        self.counts["regions.kept"] += 1

    def add_votes(self, least: float) -> None:
        """Take the votes of a table of opinions for pictures in which nobody marked anything.

        Voters judged the whole, so the whole is flawed by what ``least`` or more of them saw.
        Pictures that only the table names are taken, too, where they are in the folder.
        """
        for name, opinion in sorted(self._opinions.rows.items()):
            kinds = passed(opinion, least)
            if not kinds or self._photographs.find(name) is None:
                continue
            work = self._work(name)
            if work is None or work.regions or work.whole or work.scopes:
                continue
            said = self._meaning(name, [Remark("distortion", kind) for kind in kinds])
            work.flawed("votes", said.flaws)
            self.counts["pictures.voted"] += bool(said.flaws)

    def _work(self, name: str, original: str = "") -> AnnotatedPhotograph | None:
        path = self._photographs.find(name) or (original and self._photographs.find(original))
        if not path:
            self._reject(name, "no_picture", "no picture of this name in the folder, or several")
            return None
        relative = path.relative_to(self._photographs.root).as_posix()
        if relative in self._works:
            return self._works[relative]
        if any(ord(character) < 32 for character in relative):
            self._reject(name, "bad_name", "a name with line breaks or other control characters")
            return None
        try:
            image = decode(read_regular(path), self._config).image
        except (OSError, PictureError) as error:
            reason = error.reason if isinstance(error, PictureError) else "unreadable"
            self._reject(name, reason, str(getattr(error, "detail", "") or error))
            return None
        height, width = image.shape[:2]
        called = self._photographs.original(path)
        self._works[relative] = AnnotatedPhotograph(
            relative, called, content_hash(image), width, height
        )
        return self._works[relative]

    def _fitted(self, subject: str, mask: Mask, work: AnnotatedPhotograph) -> Mask | None:
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

    def _meaning(self, subject: str, said: list[Remark]) -> Meaning:
        """What words mean; unknown flaws become rejects."""
        found = meaning(said, self._vocabulary)
        for word in found.unknown:
            near = ", ".join(self._vocabulary.nearest(word)) or "nothing alike"
            self._reject(subject, "unknown_flaw", f"{word!r}; known: {near}")
        return found

    def _reject(self, subject: str, reason: str, detail: str) -> None:
        self.counts[f"rejects.{reason}"] += 1
        line = Reject(stage="import", subject=clean(subject), reason=reason, detail=clean(detail))
        self.rejects.append(line)

    def write(self, out: Path) -> dict[str, Any]:
        """Write everything in the place of an older import; returns the report.

        Raises:
            ConfigError: ``out`` holds something else.
            StorageError: The disk.
        """
        works = sorted(self._works.values(), key=lambda work: work.path)
        return write_records(
            out,
            works,
            self._photographs.root,
            self._opinions,
            self._vocabulary,
            self.rejects,
            self.counts,
            self._share,
        )
