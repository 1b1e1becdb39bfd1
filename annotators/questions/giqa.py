"""Questions with boxes: descriptions, yes and no, what, why and how, after Grounding-IQA.

A region is cited with a box only where it has a phrase of its own and fills enough of the box.
Yes and no are asked in pairs about one flaw in the same words, so that no word gives the answer
away: a "no" is about a clean region, about a region with another flaw (the hard kind), or about the
absence of the flaw. A flaw is never asked against one a viewer may take it for.

Source: Grounding-IQA (arXiv 2411.17237); rules and words are our own.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from annotators.facts import Ask
from annotators.questions.giqa_texts import CERTAIN, boxes, check, plain, sheet, write
from annotators.questions.giqa_words import (
    confusable,
    fill_of,
    mention,
    quality_of,
    table,
    worded,
)
from annotators.questions.tasks import Asking, TaskFamily
from schemas.records import DegradedRegion, SubTask

NO_KINDS = ("clean", "other", "fine")
REFERRING: tuple[SubTask, ...] = ("giqa_what", "giqa_why", "giqa_how")


class _Closed(NamedTuple):
    """A yes/no question before it is worded."""

    region: DegradedRegion
    quality: str
    family: str
    yes: bool


def ask(given: Asking) -> tuple[list[Ask], Counter[str]]:
    """The questions of a picture, and what was dropped, by reason."""
    asking = _Asking(given)
    asking.descriptions()
    asking.yes_no()
    asking.open()
    return asking.asks, asking.dropped


class _Asking:
    def __init__(self, given: Asking) -> None:
        self.given, self.facts = given, given.facts
        self.asks: list[Ask] = []
        self.dropped: Counter[str] = Counter()
        self.cited = self._cited()

    def _cited(self) -> list[DegradedRegion]:
        """Regions that may be cited with their box."""
        local = [region for region in self.facts.regions if region.role != "whole"]
        named = [region for region in local if region.region_id in self.facts.references]
        full = [r for r in named if fill_of(r, self.facts) >= self.given.config.giqa_min_fill]
        self.dropped["giqa_no_reference"] += len(local) - len(named)
        self.dropped["giqa_box_not_filled"] += len(named) - len(full)
        return full

    def _add(
        self,
        sub_task: SubTask,
        form: str,
        worded_as: tuple[str, str],
        target: DegradedRegion | None,
        family: str = "",
        cited: Sequence[DegradedRegion] = (),
    ) -> None:
        question, pool = worded_as
        detail = tuple(cited)
        self.asks.append(Ask("giqa", sub_task, form, question, pool, target, family, None, detail))

    def descriptions(self) -> None:
        """Descriptions; one without a box where the whole picture is degraded, or nothing is."""
        degraded = self.facts.uniform is None and self.facts.degraded
        if degraded and not any(region.chain for region in self.cited):
            self.dropped["giqa_description_no_mention"] += 1
            return
        for number in range(self.given.config.giqa_description_per_image):
            stream = self.given.stream_for(f"giqa description {number}")
            positions, _ = worded(stream, "giqa_positions")
            said = worded(stream, "giqa_description", positions=positions)
            self._add("giqa_description", "", said, None, cited=self.cited)

    def yes_no(self) -> None:
        """Pairs of a yes and a no about the same flaw."""
        pairs = self.given.config.giqa_yes_no_per_image // 2
        odd = self.given.config.giqa_yes_no_per_image % 2
        stream = self.given.stream_for("giqa yes_no")
        for number in range(pairs + odd):
            pair = self._pair(number)
            if pair is None:
                self.dropped["giqa_yes_no_no_pair"] += 1
                continue
            if number == pairs:  # an odd one out: yes or no by lot
                pair = [stream.choice(pair)]
            for one in stream.shuffled(pair):
                self._closed(one, number)

    def _closed(self, one: _Closed, number: int) -> None:
        stream = self.given.stream_for(f"giqa wording {one.region.region_id} {one.yes} {number}")
        place = f"the {mention(one.region, self.facts)}"
        said = worded(stream, "giqa_yes_no", region=place, quality=one.quality)
        form = "yes" if one.yes else "no"
        self._add("giqa_yes_no", form, said, one.region, one.family)

    def _pair(self, number: int) -> list[_Closed] | None:
        """A yes and a no in the same words, of two regions; flaw and kind of the no drawn."""
        stream = self.given.stream_for(f"giqa pair {number}")
        flaws = [(r, step.family) for r in self.cited for step in r.chain]
        for region, family in stream.shuffled(flaws):
            words = quality_of(self.facts.families[family])
            free = [r for r in self._clean() if self._sure(family)]
            for kind in stream.shuffled(NO_KINDS):
                # the absence of a flaw is claimed of a clean region only where somebody vouches
                fine = free if self.facts.vouched else []
                yes, no, quality = {
                    "clean": ([region], free, words.flaw),
                    "other": ([region], self._without(family), words.flaw),
                    "fine": (fine, [region], words.fine),
                }[kind]
                if yes and no:
                    return [
                        _Closed(stream.choice(yes), quality, family, True),
                        _Closed(stream.choice(no), quality, family, False),
                    ]
        return None

    def _has(self, region: DegradedRegion, family: str) -> bool:
        return any(step.family == family for step in region.chain)

    def _clean(self) -> list[DegradedRegion]:
        return [region for region in self.cited if not region.chain]

    def _sure(self, family: str) -> bool:
        """Whether a region that we left alone surely does not have this flaw of itself."""
        return self.facts.vouched or family in CERTAIN

    def _without(self, family: str) -> list[DegradedRegion]:
        """Degraded regions that surely lack a flaw: none of theirs may be taken for it."""
        if self.facts.origin == "human" or not self._sure(family):
            return []
        return [
            region
            for region in self.cited
            if region.chain
            and not self._has(region, family)
            and not any(confusable(s.family, family, self.facts.families) for s in region.chain)
        ]

    def open(self) -> None:
        """What, why and how; by turns with the boxes in the answer and in the question."""
        limit = self.given.config.giqa_open_per_image
        grounding = self._grounding()
        referring = self._referring()
        for number in range(limit):
            first, second = (grounding, referring) if number % 2 == 0 else (referring, grounding)
            left = first or second
            if left:
                self.asks.append(left.pop(0))
            else:
                self.dropped["giqa_open_nothing_to_ask"] += 1

    def _grounding(self) -> list[Ask]:
        """What has a flaw: only where every region that has it can be cited."""
        if self.facts.origin == "human":  # what nobody marked is undecided
            return []
        found = []
        families = sorted({step.family for region in self.cited for step in region.chain})
        stream = self.given.stream_for("giqa what")
        for family in stream.shuffled(families):
            having = [r for r in self.facts.degraded if self._has(r, family)]
            if any(region not in self.cited for region in having):
                self.dropped["giqa_what_incomplete"] += 1
            elif not self._sure(family):
                self.dropped["giqa_what_not_vouched"] += 1
            elif self._doubtful(family, having):
                self.dropped["giqa_what_confusable"] += 1
            else:
                flaw = quality_of(self.facts.families[family]).flaw
                question, pool = worded(stream, "giqa_what", quality=flaw)
                target = having[0] if len(having) == 1 else None
                one = Ask("giqa", "giqa_what", "grounding", question, pool, target, family)
                found.append(replace(one, detail=tuple(having)))
        return found

    def _doubtful(self, family: str, having: Sequence[DegradedRegion]) -> bool:
        """Whether a region without a flaw has one that may be taken for it."""
        return any(
            confusable(step.family, family, self.facts.families)
            for region in self.facts.degraded
            if region not in having
            for step in region.chain
        )

    def _referring(self) -> list[Ask]:
        """What is wrong with a region, why it is not fine, how much of it there is."""
        stream = self.given.stream_for("giqa referring")
        degraded = stream.shuffled([region for region in self.cited if region.chain])
        kinds = stream.shuffled(REFERRING)
        found = []
        for number, region in enumerate(degraded):
            for turn in range(len(kinds)):
                made = self._about(region, kinds[(number + turn) % len(kinds)])
                if made is not None:
                    found.append(made)
                    break
        return found

    def _about(self, region: DegradedRegion, kind: SubTask) -> Ask | None:
        stream = self.given.stream_for(f"giqa {kind} {region.region_id}")
        place = f"the {mention(region, self.facts)}"
        if kind == "giqa_what":
            question, pool = worded(stream, "giqa_what_wrong", region=place)
            return Ask("giqa", kind, "referring", question, pool, region)
        if len(region.chain) > 1:  # of two flaws one may answer for the other
            return None
        step = region.chain[0]
        words = quality_of(self.facts.families[step.family])
        if kind == "giqa_why":
            question, pool = worded(stream, "giqa_why", region=place, quality=words.fine)
            return Ask("giqa", kind, "referring", question, pool, region, step.family)
        if not step.grade or not words.levels:
            return None
        question, pool = worded(stream, "giqa_how", region=place, aspect=words.aspect)
        return Ask("giqa", kind, "referring", question, pool, region, step.family)


FAMILY = TaskFamily(
    task="giqa",
    version=f"giqa-{table()['version']}",
    ask=ask,
    write=write,
    check=check,
    prompts={"giqa_description": "giqa_description", "giqa_why": "giqa_why"},
    sheet=sheet,
    boxes=boxes,
    described=frozenset({"giqa_description"}),
    plain=plain,
)
