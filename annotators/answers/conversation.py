"""One conversation per degraded picture: each question is a turn with only the facts of its task.

The picture and the earlier turns stay at the front of every request, so that a server finds them
in its prefix cache. Positions and short answers are computed and never asked.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from annotators.answers.fact_sheet import fact_sheet
from annotators.answers.template import TemplateWriter
from annotators.chat.prompts import filled, prompt, version
from annotators.chat.protocol import (
    ChatMessage,
    ChatModel,
    ChatRequest,
    Connection,
    EncodePng,
    Remembering,
    data_url,
    picture_part,
    text_part,
)
from annotators.chat.reading import SURROGATE
from annotators.facts import LIMITS, Answer, Ask, PictureFacts, Violation
from annotators.language.phrases import spatial_part
from annotators.questions.tasks import family_of
from schemas.arrays import Image
from schemas.counts import CHAT
from schemas.errors import AnnotationError
from schemas.streams import Stream, derive_key

PROMPTS = {
    ("global_description", ""): "global",
    ("local_description", ""): "local",
    ("referring", "long"): "long",
}
CHARACTERS_PER_WORD = 8
TURNS_KEPT = 8
"""Earlier turns that stay in a conversation; they cost tokens, the picture is what counts."""
AGAIN_TEMPERATURE = 0.7
"""Least temperature of a question that is asked again: the most likely text is the same under every
seed. Source: our own; warm enough for other words, and the fact check stands behind it."""


@dataclass(frozen=True)
class ChatSettings:
    """How a chat writer writes.

    Args:
        mode: ``facts`` (from the fact sheet) or ``paraphrase`` (of the template's text).
        temperature: 0 for the most likely text.
        max_tokens: Longest answer.
        seed: Of the sampling.
    """

    mode: str = "facts"
    temperature: float = 0.0
    max_tokens: int = 400
    seed: int = 0

    def again(self, round_: int) -> "ChatSettings":
        """The settings of a question that is asked anew; each round, from 1, has its own seed."""
        seed = derive_key(self.seed, "again", round_) % 2**31
        return replace(self, seed=seed, temperature=max(self.temperature, AGAIN_TEMPERATURE))


def answer_schema(words: int) -> dict[str, Any]:
    """The JSON schema of an answer of at most so many words."""
    most = words * CHARACTERS_PER_WORD
    return {
        "type": "object",
        "properties": {"answer": {"type": "string", "minLength": 1, "maxLength": most}},
        "required": ["answer"],
        "additionalProperties": False,
    }


def read_answer(text: str, finish: str = "stop", key: str = "answer") -> str:
    """The string under ``key``.

    Raises:
        AnnotationError: ``cut_off``, ``no_json`` (the server may ignore schemas), ``wrong_json``.
    """
    try:
        found = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        reason = "cut_off" if finish == "length" else "no_json"
        raise AnnotationError(reason, f"expected a JSON object, got {text[:60]!r}") from None
    if not isinstance(found, dict) or not isinstance(found.get(key), str):
        raise AnnotationError("wrong_json", f"expected a string under {key!r}, got {text[:60]!r}")
    if SURROGATE.search(found[key]):
        raise AnnotationError("wrong_json", f"half of a character in {text[:60]!r}")
    return str(found[key]).strip()


@dataclass
class Conversation:
    """A chat writer for one degraded picture; implements ``annotators.facts.Writer``.

    Args:
        line: To the model.
        name: The model, as rows name it.
        opening: System prompt and picture.
        settings: How it writes.

    ``counts`` holds what went wrong, by cause.
    """

    line: Connection
    name: str
    opening: list[ChatMessage]
    settings: ChatSettings
    version: str = field(default_factory=version)
    counts: Counter[str] = field(default_factory=Counter)
    turns: list[list[ChatMessage]] = field(default_factory=list)
    _failed: list[ChatMessage] = field(default_factory=list)

    def write(
        self,
        ask: Ask,
        facts: PictureFacts,
        stream: Stream,
        attempt: int,
        broken: Sequence[Violation] = (),
    ) -> Answer:
        """An answer by the model; ``broken`` is what was wrong with its last one.

        Raises:
            AnnotationError: It gave none that can be read.
        """
        asked = {"role": "user", "content": self._turn(ask, facts, stream)}
        if attempt == 0:
            self._failed = []
        again: list[ChatMessage] = []
        if self._failed and broken:
            reasons = "; ".join(dict.fromkeys(violation.detail for violation in broken))
            again = [*self._failed, {"role": "user", "content": filled("retry", reasons=reasons)}]
        text = self._complete([asked, *again], _words(ask))
        self._failed = [{"role": "assistant", "content": text.raw}]
        spatial = spatial_part(ask.target, facts) if ask.task == "grounding" and ask.target else ""
        said = text.read()
        return Answer(f"{spatial} {said}", spatial, said) if spatial else Answer(said)

    def again(self, round_: int) -> "Conversation":
        """The same conversation as far as it is, for one question more that is asked anew.

        Args:
            round_: How often it was asked anew, this time included.
        """
        settings, turns = self.settings.again(round_), list(self.turns)
        return replace(self, settings=settings, turns=turns, _failed=[])

    def accept(self, ask: Ask, answer: Answer) -> None:
        """Keep a turn as later ones shall see it, whoever wrote its answer."""
        self.give_up("")
        said = _answered(answer.semantic or answer.text)
        self.turns.append(
            [
                {"role": "user", "content": ask.question},
                {"role": "assistant", "content": said},
            ]
        )

    def give_up(self, why: str) -> None:
        """Tell a line that remembers what came of the texts of a question."""
        if isinstance(self.line, Remembering):
            self.line.settle(why)

    def reword(self, question: str, kept: Sequence[str]) -> str:
        """The question in the model's words.

        Raises:
            AnnotationError: It gave none that can be read.
        """
        phrases = ", ".join(f'"{phrase}"' for phrase in kept) or "none"
        asked = {"role": "user", "content": filled("question", question=question, kept=phrases)}
        return self._complete([asked], 40).read()

    def close(self) -> None:
        """Let go of the line."""
        self.line.close()

    def _turn(self, ask: Ask, facts: PictureFacts, stream: Stream) -> str:
        words = _words(ask)
        if self.settings.mode == "paraphrase":
            answer = TemplateWriter().write(ask, facts, stream, 0)
            draft = answer.semantic or answer.text
            return filled("paraphrase", question=ask.question, draft=draft, words=words)
        family = family_of(ask.task)
        if family is not None:
            name, sheet = family.prompts[ask.sub_task], family.sheet(ask, facts)
        else:
            name = PROMPTS.get((ask.task, ask.sub_task), "grounding")
            sheet = fact_sheet(ask, facts)
        return filled(name, question=ask.question, facts=sheet, words=words)

    def _complete(self, turn: list[ChatMessage], words: int) -> "_Written":
        kept = [message for earlier in self.turns[-TURNS_KEPT:] for message in earlier]
        request = ChatRequest(
            [*self.opening, *kept, *turn],
            answer_schema(words),
            self.settings.max_tokens,
            self.settings.temperature,
            self.settings.seed,
        )
        found = self.line.complete(request)
        return _Written(found.text, found.finish, self.counts)


@dataclass
class _Written:
    """What the model wrote, read on demand so that a retry can quote it either way."""

    raw: str
    finish: str
    counts: Counter[str]

    def read(self) -> str:
        try:
            return read_answer(self.raw, self.finish)
        except AnnotationError as error:
            self.counts[CHAT(error.reason)] += 1
            raise


def _words(ask: Ask) -> int:
    return LIMITS[ask.task].most


class ConversationOpener:
    """Opens a conversation for each degraded picture.

    Args:
        model: Whom it asks.
        settings: How it writes.
        encode_png: A picture to PNG, which every server reads and nothing is lost in.
    """

    def __init__(self, model: ChatModel, settings: ChatSettings, encode_png: EncodePng) -> None:
        self.model, self.settings, self._encode = model, settings, encode_png
        self.name, self.version = model.name, version()

    def open(self, image: Image) -> Conversation:
        """A conversation about a degraded picture, uint8 ``(height, width, 3)``."""
        url, uuid = data_url(self._encode(image))
        opening: list[ChatMessage] = [
            {"role": "system", "content": prompt("system")},
            {"role": "user", "content": [picture_part(url, uuid), text_part(prompt("picture"))]},
            {"role": "assistant", "content": _answered("I see it.")},
        ]
        return Conversation(self.model.line(), self.name, opening, self.settings)


def _answered(text: str) -> str:
    """An answer in the form a grammar without blanks makes a model write."""
    return json.dumps({"answer": text}, ensure_ascii=False, separators=(",", ":"))
