"""What is done at each stage: triplets, boxes, filter, merge and fusion, questions."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from annotators.chat.prompts import prompt
from annotators.chat.protocol import ChatModel, Connection
from annotators.language.grid import Shares
from annotators.questions.giqa_words import worded
from flows.grounding.asking import each
from flows.grounding.detectors import Detector, Looked, usable
from flows.grounding.fuse import fused
from flows.grounding.merge import merged
from flows.grounding.pointing_model import Seen, asks_for, view_of
from flows.grounding.questions import questions_of
from flows.grounding.stages import Made, ShardOf, Stage
from flows.grounding.triplets import triplets_of
from flows.ingest.single import read_picture
from flows.model.ledger import Ledger
from schemas.arrays import Image
from schemas.errors import AnnotationError
from schemas.grounding import (
    FoundBox,
    GroundedBox,
    GroundedRow,
    GroundedText,
    SourceText,
    Triplet,
)
from schemas.settings.grounding import GroundConfig
from schemas.streams import Stream

PICTURES_HELD = 8
PLURAL = ("people", "men", "women", "children")


@dataclass(frozen=True)
class Road:
    """The stages after the texts.

    Args:
        config: Settings.
        images: Folder of the pictures.
        writer: Reads texts and writes questions.
        detector: Finds things; made when it is first needed.
        eyes: Looks at boxes; ``None`` leaves the filter out.
        names: What decides the detector and the eyes, for keys and rows.
    """

    config: GroundConfig
    images: Path
    writer: ChatModel
    detector: Callable[[], Detector]
    eyes: ChatModel | None
    names: tuple[str, str]

    def stages(self) -> list[Stage]:
        """All of them, in their order."""
        config = self.config
        parts = {
            name: getattr(config, name).model_dump_json()
            for name in ("triplets", "detect", "filter", "merge", "questions")
        }
        writes = self.writer.name
        return [
            Stage(
                "triplets",
                ("texts",),
                ("triplets",),
                (parts["triplets"], writes, prompt("giqa_triplets")),
                self.triplets,
            ),
            Stage(
                "detect",
                ("texts", "triplets"),
                ("found",),
                (parts["detect"], self.names[0], prompt("giqa_boxes")),
                self.detect,
            ),
            Stage(
                "filter",
                ("texts", "triplets", "found"),
                ("filtered",),
                (parts["filter"], self.names[1], prompt("giqa_filter")),
                self.filter,
            ),
            Stage(
                "fuse",
                ("texts", "triplets", "filtered"),
                ("grounded", "boxes"),
                (parts["merge"],),
                self.fuse,
            ),
            Stage(
                "questions",
                ("texts", "triplets", "grounded"),
                ("rows",),
                (
                    parts["questions"],
                    self.writers(),
                    prompt("giqa_questions"),
                    str(config.seed),
                ),
                self.questions,
            ),
        ]

    def triplets(self, shard: ShardOf) -> Made:
        """Stage 1."""
        texts = shard.read("texts", SourceText)
        counts = Counter({"texts": len(texts)})

        def ask(text: SourceText, line: Connection) -> tuple[list[Triplet], Counter[str]]:
            return triplets_of(text, line, self.config.triplets)

        rows: list[Triplet] = []
        with closing(Ledger(self.writer, shard.answers("triplets"))) as ledger:
            for found, dropped in each(texts, ask, ledger, self.config.language.in_flight):
                rows += found
                counts.update({f"dropped.{reason}": n for reason, n in dropped.items()})
                counts["texts_without_triplets"] += not found
        return Made({"triplets": (Triplet, rows)}, counts + Counter(triplets=len(rows)))

    def detect(self, shard: ShardOf) -> Made:
        """Stage 2."""
        texts = {text.text_id: text for text in shard.read("texts", SourceText)}
        triplets = shard.read("triplets", Triplet)
        counts, rows = Counter({"phrases": len(triplets)}), list[FoundBox]()
        picture = self._pictures()
        batch = self.config.detect.batch
        for start in range(0, len(triplets), batch):
            part = triplets[start : start + batch]
            asked = [Looked(picture(texts[t.text_id].image), t.phrase) for t in part]
            for triplet, hits in zip(part, self.detector().find(asked), strict=True):
                kept, dropped = usable(hits, self.config.detect)
                counts.update({f"dropped.{reason}": n for reason, n in dropped.items()})
                rows += [
                    FoundBox(
                        text_id=triplet.text_id,
                        number=triplet.number,
                        box=list(hit.box),
                        score=hit.score,
                    )
                    for hit in kept
                ]
        return Made({"found": (FoundBox, rows)}, counts + Counter(boxes=len(rows)))

    def filter(self, shard: ShardOf) -> Made:
        """Stage 3a: the quality that the text speaks of is seen in the box, or the box goes."""
        found, eyes = shard.read("found", FoundBox), self.eyes
        counts = Counter({"boxes": len(found)})
        if eyes is None:
            return Made({"filtered": (FoundBox, found)}, counts + Counter(kept=len(found)))
        texts = {text.text_id: text for text in shard.read("texts", SourceText)}
        said = {(t.text_id, t.number): t for t in shard.read("triplets", Triplet)}
        picture = self._pictures()

        def ask(one: FoundBox, line: Connection) -> tuple[Seen, str]:
            triplet = said[one.text_id, one.number]
            if triplet.quality.lower() in self.config.filter.neutral:
                return Seen(True), "passed_unasked"
            image, place = picture(texts[one.text_id].image), box_of(one.box)
            view = view_of(image, place, self.config.filter)
            try:
                seen = asks_for(view, triplet.name, triplet.quality, self.config.filter, line)
            except AnnotationError as error:
                return Seen(False), f"dropped.{error.reason}"
            return seen, "" if seen.kept else "dropped.filter_no"

        rows: list[FoundBox] = []
        with closing(Ledger(eyes, shard.answers("filter"))) as ledger:
            answers = each(found, ask, ledger, self.config.vision.in_flight)
        for one, (seen, reason) in zip(found, answers, strict=True):
            counts.update([reason] if reason else [])
            rows.append(one.model_copy(update=seen._asdict()))
        counts["kept"] = sum(one.kept for one in rows)
        return Made({"filtered": (FoundBox, rows)}, counts)

    def fuse(self, shard: ShardOf) -> Made:
        """Stages 3b and 4: pieces become one, boxes become cells, names become mentions."""
        texts, counts = shard.read("texts", SourceText), Counter[str]()
        triplets = by_text(shard.read("triplets", Triplet))
        found = by_text(one for one in shard.read("filtered", FoundBox) if one.kept)
        grounded: list[GroundedText] = []
        exact: list[GroundedBox] = []
        for text in texts:
            boxes = {}
            for triplet in triplets.get(text.text_id, []):
                here = found.get(text.text_id, [])
                mine = [box_of(one.box) for one in here if one.number == triplet.number]
                boxes[triplet.number] = self._merged(mine, triplet)
                counts["dropped.merged"] += len(mine) - len(boxes[triplet.number])
            one, held, dropped = fused(text, triplets.get(text.text_id, []), boxes)
            grounded.append(one)
            exact += held
            counts.update({f"dropped.{reason}": n for reason, n in dropped.items()})
        counts += Counter(boxes=len(exact), mentions=sum(one.mentions for one in grounded))
        return Made({"grounded": (GroundedText, grounded), "boxes": (GroundedBox, exact)}, counts)

    def _merged(self, boxes: Sequence[Shares], triplet: Triplet) -> list[Shares]:
        merge = self.config.merge
        if not merge.enabled:
            return sorted(set(boxes), key=lambda box: (box[1], box[0], box[3], box[2]))
        area = merge.area
        if merge.area_plural is not None and is_plural(triplet.name):
            area = merge.area_plural
        return merged(boxes, area, merge.cover)

    def questions(self, shard: ShardOf) -> Made:
        """Stage 5: the description itself, and questions about it."""
        config = self.config.questions
        texts = {text.text_id: text for text in shard.read("texts", SourceText)}
        triplets = by_text(shard.read("triplets", Triplet))
        grounded = shard.read("grounded", GroundedText)
        enough = [one for one in grounded if one.mentions >= config.min_mentions]
        counts = Counter({"dropped.no_mention": len(grounded) - len(enough)})
        writers = self.writers()
        rows: list[GroundedRow] = []
        with closing(Ledger(self.writer, shard.answers("questions"))) as ledger:
            asked = each(
                enough,
                lambda one, line: questions_of(one, triplets[one.text_id], line, config),
                ledger,
                self.config.language.in_flight,
            )
        for one, (written, dropped) in zip(enough, asked, strict=True):
            counts.update({f"dropped.{reason}": n for reason, n in dropped.items()})
            kinds = {"yes": "yes_no", "no": "yes_no"}
            said = [("description", self._request(one), one.text)]
            said += [(kinds.get(w.kind, w.kind), w.question, w.answer) for w in written]
            counts.update(f"rows.{w.kind}" for w in written)
            counts["rows.description"] += 1
            rows += [
                GroundedRow(
                    row_id=f"{one.text_id}/{number}",
                    text_id=one.text_id,
                    image=texts[one.text_id].image,
                    sub_task=f"giqa_{kind}",
                    question=question,
                    answer=answer,
                    writers=writers,
                )
                for number, (kind, question, answer) in enumerate(said)
            ]
        return Made({"rows": (GroundedRow, rows)}, counts)

    def writers(self) -> str:
        """Who makes the rows, as every row says it."""
        told = {
            "triplets": self.writer.name,
            "detector": self.names[0],
            "filter": self.names[1],
            "questions": self.writer.name,
            "box_threshold": self.config.detect.box_threshold,
            "merge_area": self.config.merge.area,
        }
        return json.dumps(told, sort_keys=True)

    def _request(self, one: GroundedText) -> str:
        stream = Stream(self.config.seed, "ground description", one.text_id)
        positions, _ = worded(stream, "giqa_positions")
        positions = positions[:1].lower() + positions[1:]
        return worded(stream, "giqa_description", positions=positions)[0]

    def _pictures(self) -> Callable[[str], Image]:
        """Reads pictures; the last ones stay in memory."""
        return lru_cache(PICTURES_HELD)(lambda name: read_picture(self.images / name))


def by_text(rows: Iterable[Triplet] | Iterable[FoundBox]) -> dict[str, list]:  # type: ignore[type-arg]
    """Rows by the text they belong to."""
    found: dict[str, list] = {}  # type: ignore[type-arg]
    for row in rows:
        found.setdefault(row.text_id, []).append(row)
    return found


def box_of(box: Sequence[float]) -> Shares:
    """Four numbers as a box."""
    x0, y0, x1, y1 = box
    return x0, y0, x1, y1


def is_plural(name: str) -> bool:
    """Whether a noun stands for several things; by its ending."""
    last = name.lower().split()[-1]
    return last in PLURAL or (last.endswith("s") and not last.endswith(("ss", "us", "is")))
