"""Questions about a region of two pictures, and their answers.

A question and its answer are drawn by what the pictures are, not by which of them comes first:
with the pictures swapped the same words come out, "first" and "second" changed places.
"""

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from annotators.answers.template import effects_of
from annotators.facts import PictureFacts
from annotators.language.phrases import capitalised, step_phrase
from annotators.pairs.relation import RELATIONS, Relation, is_plain, opposite
from schemas.records import DegradedRegion
from schemas.streams import Stream

Form = Literal["better", "worse", "relation"]
FORMS: tuple[Form, ...] = ("better", "worse", "relation")
FILE = Path(__file__).with_name("pairs.toml")
LETTERS = "ABCDE"
_OPTION = re.compile(rf"^([{LETTERS}])\. (.+)$", re.MULTILINE)
ORDINALS = ("first picture", "second picture")


@dataclass(frozen=True, slots=True)
class Compared:
    """One region of two pictures.

    Args:
        anchor: As it stands in the first picture.
        target: As it stands in the second picture.
        facts: Of both pictures, each with its region.
        phrase: What names the region in both of them.
        relation: Of the anchor to the target.
    """

    anchor: DegradedRegion
    target: DegradedRegion
    facts: tuple[PictureFacts, PictureFacts]
    phrase: str
    relation: Relation

    @property
    def regions(self) -> tuple[DegradedRegion, DegradedRegion]:
        """Both, in the order of the pictures."""
        return self.anchor, self.target

    @property
    def touched(self) -> bool:
        """Whether it is degraded in either."""
        return bool(self.anchor.chain or self.target.chain)

    @property
    def swapped(self) -> "Compared":
        """The same with the pictures swapped."""
        return Compared(
            self.target, self.anchor, self.facts[::-1], self.phrase, opposite(self.relation)
        )

    def may_be_asked(self, form: Form) -> bool:
        """Whether a viewer comes to the same answer; what was never touched is the same."""
        return not self.touched or is_plain(self.relation, *self.regions, form == "relation")


@dataclass(frozen=True, slots=True)
class PairQuestion:
    """A question with its answer.

    Args:
        form: What it asks.
        question: Complete.
        answer: Complete.
        pool: ``pairs.pool:index`` of the wording.
        sides: What the answer says of the first and of the second picture alone, if anything.
    """

    form: Form
    question: str
    answer: str
    pool: str
    sides: tuple[str, str] = ("", "")


def ask(found: Compared, form: Form, stream_for: Callable[[str], Stream]) -> PairQuestion:
    """The question of a form.

    Args:
        found: The region.
        form: Which question.
        stream_for: A purpose to its stream; the same one for the pictures swapped.
    """
    wordings = table()["questions"][form]
    stream = stream_for(form)
    index = stream.below(len(wordings))
    question = wordings[index].format(region=found.phrase)
    if form == "relation":
        return _choice(found, question, f"pairs.relation:{index}", stream)
    verdict = _verdict(found, form, stream)
    named = _order(found)[0] if form == "worse" and found.relation != "same" else None
    sides = _sides(found, stream_for, named)
    told = [sides[place] for place in _order(found)]
    answer = " ".join([verdict, *filter(None, told)])
    return PairQuestion(form, question, answer, f"pairs.{form}:{index}", sides)


def read_choice(question: str, answer: str) -> Relation | None:
    """The relation that the answer to a choice names; ``None`` where it names none."""
    names = {text: name for name, text in table()["options"].items()}
    said = options_in(question).get(answer.strip().removesuffix("."))
    return next((r for r in RELATIONS if said is not None and r == names.get(said)), None)


def options_in(question: str) -> dict[str, str]:
    """Letter to option of a choice, in the order of its lines."""
    return dict(_OPTION.findall(question))


@cache
def table() -> Mapping[str, Any]:
    """The wordings."""
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def _choice(found: Compared, question: str, pool: str, stream: Stream) -> PairQuestion:
    """Five options in a drawn order, mirrored where the pictures are swapped in name only."""
    options = table()["options"]
    names: Sequence[Relation] = stream.shuffled(RELATIONS)
    lines = [f"{letter}. {options[name]}" for letter, name in zip(LETTERS, names, strict=True)]
    text = "\n".join([question, *lines, stream.choice(table()["close"]["relation"])])
    return PairQuestion("relation", text, f"{LETTERS[names.index(found.relation)]}.", pool)


def _verdict(found: Compared, form: Form, stream: Stream) -> str:
    equal = "alike" if found.touched else "clean"
    name = equal if found.relation == "same" else form
    good, bad = (ORDINALS[place] for place in _order(found)[::-1])
    pattern: str = stream.choice(table()["verdict"][name])
    slots = {"region": found.phrase, "Region": capitalised(found.phrase)}
    return pattern.format(good=good, bad=bad, **slots)


def _order(found: Compared) -> tuple[int, int]:
    """Places of the pictures, the worse one first; of equals the one whose name comes first."""
    if found.relation == "same":
        first = found.anchor.image_id <= found.target.image_id
    else:
        first = found.relation.endswith("worse")
    return (0, 1) if first else (1, 0)


def _sides(
    found: Compared, stream_for: Callable[[str], Stream], named: int | None
) -> tuple[str, str]:
    """A sentence about each picture; none where there is nothing to tell of either.

    ``named`` is the place of the picture that the verdict, just before, has named.
    """
    if not found.touched:
        return "", ""
    told = [
        _side(
            region,
            found.facts[place],
            "there" if place == named else f"in the {ORDINALS[place]}",
            stream_for(f"side {region.image_id}"),
        )
        for place, region in enumerate(found.regions)
    ]
    return told[0], told[1]


def _side(region: DegradedRegion, facts: PictureFacts, where: str, stream: Stream) -> str:
    steps = region.chain
    kind = "clean" if not steps else ("single" if len(steps) == 1 else "pair")
    pattern: str = stream.choice(table()["side"][kind])
    if not steps:
        return pattern.format(Where=capitalised(where))
    families = [facts.families[step.family] for step in steps]
    said = [step_phrase(step, family) for step, family in zip(steps, families, strict=True)]
    effects = [effects_of(stream, family, facts.families) for family in families]
    return pattern.format(
        Where=capitalised(where),
        chain=said[0],
        first=said[0],
        second=said[-1],
        effect=effects[0][0],
        effect2=effects[0][1] if len(steps) == 1 else effects[-1][0],
    )
