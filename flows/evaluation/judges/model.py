"""A model judges: one answer at a time against a rubric, n rounds, JSON, retries, everything kept.

No answer is judged beside another, so no order of answers can matter. Rounds differ in the seed of
the sampling; their mean is an answer's score. A reply that cannot be read is asked again under
another seed; an answer without a readable round is left out and counted.

Source: metrics specification, section 4.1: score of an answer is the mean over rounds, 0 to 10 for
descriptions, 0 to 5 for grounding text; the rubrics' words are ours.
"""

import hashlib
import json
import statistics
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from annotators.chat.protocol import (
    ChatMessage,
    ChatModel,
    ChatRequest,
    data_url,
    picture_part,
    text_part,
)
from schemas.errors import AnnotationError, StoppedError
from schemas.streams import derive_key

RUBRICS = ("system", "global_description", "local_description", "grounding", "referring", "giqa")
LOOK = "The degraded picture is shown; believe what is known of it more than your eyes. "
REASON = 400
"""Longest reason, characters."""


class Case(NamedTuple):
    """An answer to be judged.

    Args:
        key: Of the row.
        rubric: Name of the rubric.
        scale: Highest score.
        question: What was asked.
        reference: The right answer.
        answer: The answer that is judged.
        facts: What is known, one line each.
        picture: PNG the judge is shown; empty for none.
    """

    key: str
    rubric: str
    scale: int
    question: str
    reference: str
    answer: str
    facts: str = ""
    picture: bytes = b""


class Verdict(NamedTuple):
    """A judged answer.

    Args:
        score: Mean of the rounds; ``None`` when no round could be read.
        rounds: The scores of the rounds that could.
        reason: Of the first of them.
    """

    score: float | None
    rounds: tuple[int, ...]
    reason: str = ""

    @property
    def spread(self) -> float | None:
        """Standard deviation between rounds; ``None`` with fewer than two."""
        return statistics.stdev(self.rounds) if len(self.rounds) > 1 else None


@dataclass(frozen=True)
class JudgeSettings:
    """How the judge is asked.

    Args:
        rounds: Judgements of an answer.
        temperature: Of the sampling.
        tries: Requests for a round until its reply can be read.
        seed: Of the sampling, with round and try.
        at_once: Answers judged at a time.
        max_tokens: Longest reply.
    """

    rounds: int = 5
    temperature: float = 0.0
    tries: int = 3
    seed: int = 0
    at_once: int = 16
    max_tokens: int = 200


@dataclass
class EndpointJudge:
    """A judge that asks a chat model.

    Args:
        model: Whom; a ``Ledger`` around the endpoints keeps what was said.
        settings: How.
        counts: Replies that could not be read and rows left out, by cause.
    """

    model: ChatModel
    settings: JudgeSettings = field(default_factory=JudgeSettings)
    counts: Counter[str] = field(default_factory=Counter)
    _stopped: threading.Event = field(default_factory=threading.Event)

    def judge(self, cases: Sequence[Case]) -> list[Verdict]:
        """A verdict for every case, in their order; empty answers get 0 and are not asked about.

        Raises:
            EndpointError: Nobody answers after all retries; what was said is kept.
            ConfigError: The key or the model is wrong.
        """
        threads = ThreadPoolExecutor(self.settings.at_once)
        try:
            asked = [threads.submit(self._case, case) for case in cases]
            wait(asked, return_when=FIRST_EXCEPTION)
            for one in asked:
                if one.done():
                    one.result()
        finally:
            # after an error or an interruption nothing more is asked; else nothing is left to ask
            self._stopped.set()
            threads.shutdown(cancel_futures=True)
            self._stopped.clear()
        tallied = [one.result() for one in asked]
        for _, counts in tallied:
            self.counts.update(counts)
        return [verdict for verdict, _ in tallied]

    def _case(self, case: Case) -> tuple[Verdict, Counter[str]]:
        counts: Counter[str] = Counter()
        if not case.answer.strip():
            return Verdict(0.0, (0,) * self.settings.rounds, "no answer"), counts
        found = [said for said in self._rounds(case, counts) if said is not None]
        if not found:
            counts["excluded"] += 1
            return Verdict(None, ()), counts
        scores = tuple(score for score, _ in found)
        return Verdict(statistics.fmean(scores), scores, found[0][1]), counts

    def _rounds(self, case: Case, counts: Counter[str]) -> list[tuple[int, str] | None]:
        line, messages = self.model.line(), conversation(case)
        try:
            return [
                self._round(line, case, messages, number, counts)
                for number in range(self.settings.rounds)
            ]
        finally:
            line.close()

    def _round(
        self, line: Any, case: Case, messages: list[ChatMessage], number: int, counts: Counter[str]
    ) -> tuple[int, str] | None:
        settings = self.settings
        for attempt in range(settings.tries):
            if self._stopped.is_set():
                raise StoppedError("the judge was interrupted")
            seed = derive_key(settings.seed, "judge", number, attempt) % (1 << 31)
            request = ChatRequest(
                messages, reply_schema(case.scale), settings.max_tokens, settings.temperature, seed
            )
            try:
                said = line.complete(request)
                return read_reply(said.text, case.scale)
            except AnnotationError as error:
                counts[f"unread.{error.reason}"] += 1
        counts["rounds_lost"] += 1
        return None


def conversation(case: Case) -> list[ChatMessage]:
    """The messages about a case: the system prompt, then its rubric with all slots filled."""
    text = rubric(case.rubric).format(
        question=case.question,
        facts=case.facts,
        reference=case.reference,
        answer=case.answer,
        scale=case.scale,
        picture=LOOK if case.picture else "",
    )
    content: Any = text
    if case.picture:
        url, uuid = data_url(case.picture)
        content = [picture_part(url, uuid), text_part(text)]
    return [{"role": "system", "content": rubric("system")}, {"role": "user", "content": content}]


def reply_schema(scale: int) -> dict[str, Any]:
    """The JSON schema of a reply."""
    return {
        "type": "object",
        "properties": {
            "score": {"type": "integer", "minimum": 0, "maximum": scale},
            "reason": {"type": "string", "maxLength": REASON},
        },
        "required": ["score", "reason"],
        "additionalProperties": False,
    }


def read_reply(text: str, scale: int) -> tuple[int, str]:
    """Score and reason of a reply; what stands around its braces is left alone.

    Raises:
        AnnotationError: ``no_json``, ``no_score`` or ``off_scale``.
    """
    start, end = text.find("{"), text.rfind("}")
    try:
        found = json.loads(text[start : end + 1], strict=False)
    except ValueError:
        raise AnnotationError("no_json", f"expected an object, got {text[:60]!r}") from None
    score = found.get("score")
    if isinstance(score, float) and score.is_integer():
        score = int(score)
    if not isinstance(score, int) or isinstance(score, bool):
        raise AnnotationError("no_score", f"expected a whole number, got {score!r:.40}")
    if not 0 <= score <= scale:
        raise AnnotationError("off_scale", f"{score} is not from 0 to {scale}")
    return score, str(found.get("reason", ""))[:REASON]


@cache
def rubric(name: str) -> str:
    """The text of a rubric, slots unfilled."""
    folder = files("flows.evaluation.judges") / "rubrics"
    return (folder / f"{name}.txt").read_text(encoding="utf-8").strip()


def version() -> str:
    """``rubrics-`` and 8 hex digits over all texts: another word, another version."""
    joined = "\0".join(f"{name}\0{rubric(name)}" for name in RUBRICS)
    return f"rubrics-{hashlib.sha256(joined.encode()).hexdigest()[:8]}"


def spread(verdicts: Mapping[str, Verdict]) -> float | None:
    """Mean over answers of the standard deviation between rounds."""
    found = [verdict.spread for verdict in verdicts.values() if verdict.spread is not None]
    return statistics.fmean(found) if found else None
