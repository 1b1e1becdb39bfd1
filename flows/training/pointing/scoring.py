"""Scores of the words in an answer, by teacher forcing: any model, any answer, whole batches.

One forward pass over prompt and answer gives the logits at the words' places, equal to those of
generation, whoever wrote the answer. Words are found by character and their rivals are encoded in
the whole answer, since how a word is cut into tokens depends on what stands around it.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from flows.training.extras import require
from flows.training.families import Loaded
from flows.training.pointing.points import Scored
from flows.training.pointing.words import Word, find_place
from schemas.errors import ConfigError


class Asked(NamedTuple):
    """A question about a picture (PIL image, RGB)."""

    image: Any
    question: str


class _Spelling(NamedTuple):
    """An answer's tokens, and where a word stands in them."""

    ids: list[int]
    start: int
    stop: int


class Speaker:
    """A vision-language model that answers questions and scores the words of answers.

    Args:
        loaded: Model, processor, family.
        device: Where it runs.
    """

    def __init__(self, loaded: Loaded, device: Any) -> None:
        self._torch = require("torch")
        self._model, self._processor = loaded.model.to(device).eval(), loaded.processor
        self._device = device
        self._tokenizer = loaded.processor.tokenizer
        self._tokenizer.padding_side = "left"
        # A model that never runs twice over a prompt keeps no cache (and Phi's cannot).
        self._more = {} if not loaded.family.remote else {"use_cache": False}

    def answer(self, asked: Sequence[Asked], max_tokens: int) -> list[str]:
        """The most likely answers, one batch."""
        prompts = [self._prompt(one.question) for one in asked]
        images = [[one.image] for one in asked]
        inputs = self._processor(text=prompts, images=images, padding=True, return_tensors="pt",
                                 add_special_tokens=False)  # fmt: skip
        inputs = inputs.to(self._device)
        with self._torch.inference_mode():
            made = self._model.generate(**inputs, max_new_tokens=max_tokens, do_sample=False)
        new = made[:, inputs["input_ids"].shape[1] :]
        texts = self._tokenizer.batch_decode(new, skip_special_tokens=True)
        return [text.strip() for text in texts]

    def score(self, asked: Sequence[Asked], answers: Sequence[str]) -> list[Scored]:
        """Scores of the positional words of given answers, one batch."""
        places = [find_place(answer) for answer in answers]
        jobs: list[tuple[int, Word]] = [
            (row, word) for row, place in enumerate(places)
            for word in (place.horizontal, place.vertical) if word is not None
        ]  # fmt: skip
        gaps = self._gaps(asked, [
            (row, answers[row][: word.end],
             answers[row][: word.start] + word.rival, answers[row][word.end :])
            for row, word in jobs
        ])  # fmt: skip
        scored = []
        for row, (answer, place) in enumerate(zip(answers, places, strict=True)):
            found = {w.axis: gap for (r, w), gap in zip(jobs, gaps, strict=True) if r == row}
            scored.append(Scored(answer, place, found.get("horizontal"), found.get("vertical")))
        return scored

    def _prompt(self, question: str) -> str:
        said = [
            {"role": "user", "content": [{"type": "image"}, {"type": "text", "text": question}]}
        ]
        prompt: str = self._processor.apply_chat_template(said, add_generation_prompt=True)
        return prompt

    def contrast(self, asked: Sequence[Asked], one: str, other: str) -> list[float]:
        """Score of one beginning of an answer less that of another, e.g. good and poor."""
        return self._gaps(asked, [(row, one, other, "") for row in range(len(asked))])

    def _gaps(
        self, asked: Sequence[Asked], jobs: Sequence[tuple[int, str, str, str]]
    ) -> list[float]:
        """Score of a text less that of its rival, each followed by the same tail.

        Args:
            asked: The questions.
            jobs: Number of the question, text, rival, tail.
        """
        sequences: list[tuple[int, _Spelling]] = []
        rivals: list[tuple[_Spelling, _Spelling]] = []
        for row, said, unsaid, tail in jobs:
            prompt = self._prompt(asked[row].question)
            spelled = _spellings(self._encode(prompt), self._encode(prompt + said + tail),
                                 self._encode(prompt + unsaid + tail))  # fmt: skip
            rivals.append(spelled)
            sequences += [(row, spelling) for spelling in spelled]
        if not jobs:
            return []
        single = [all(s.stop - s.start == 1 for s in pair) for pair in rivals]
        # a word of one token needs no pass over its rival: both stand in one row of logits
        needed = [sequence for place, sequence in enumerate(sequences)
                  if place % 2 == 0 or not single[place // 2]]  # fmt: skip
        logits = self._logits(asked, needed)
        gaps, at = [], 0
        for (one, other), alone in zip(rivals, single, strict=True):
            if alone:
                scores = logits[at][0]
                gaps.append(float(scores[one.ids[one.start]] - scores[other.ids[other.start]]))
            else:
                gaps.append(self._log(logits[at], one) - self._log(logits[at + 1], other))
            at += 1 if alone else 2
        return gaps

    def _log(self, logits: Any, spelling: _Spelling) -> float:
        """Summed log-probability of a word of several tokens."""
        logs = logits.log_softmax(-1)
        ids = spelling.ids[spelling.start : spelling.stop]
        return float(sum(logs[place, token] for place, token in enumerate(ids)))

    def _encode(self, text: str) -> list[int]:
        ids: list[int] = self._tokenizer(text, add_special_tokens=False)["input_ids"]
        return ids

    def _logits(self, asked: Sequence[Asked], needed: Sequence[tuple[int, _Spelling]]) -> list[Any]:
        """Float32 logits ``(tokens of the word, vocabulary)`` for each sequence."""
        torch = self._torch
        inputs = [self._inputs(asked[row], spelling) for row, spelling in needed]
        batch = _stack(inputs, self._tokenizer.pad_token_id or 0, torch)
        lengths = [one["input_ids"].shape[1] for one in inputs]
        spans = []
        for length, (_, spelling) in zip(lengths, needed, strict=True):
            first = length - len(spelling.ids) + spelling.start - 1
            spans.append(range(first, first + spelling.stop - spelling.start))
        kept = sorted({place for span in spans for place in span})
        batch = {key: value.to(self._device) for key, value in batch.items()}
        with torch.inference_mode():
            logits = self._forward(batch, torch.tensor(kept, device=self._device))
        rows = {place: index for index, place in enumerate(kept)}
        return [logits[number, [rows[place] for place in span]].float().cpu()
                for number, span in enumerate(spans)]  # fmt: skip

    def _forward(self, batch: dict[str, Any], kept: Any) -> Any:
        try:
            return self._model(**batch, logits_to_keep=kept, **self._more).logits
        except TypeError:  # remote code of before that argument
            return self._model(**batch, **self._more).logits[:, kept]

    def _inputs(self, asked: Asked, spelling: _Spelling) -> dict[str, Any]:
        """Prompt with its picture, then the answer's tokens."""
        made = self._processor(
            text=[self._prompt(asked.question)], images=[[asked.image]], return_tensors="pt",
            add_special_tokens=False,
        )  # fmt: skip
        tail = self._torch.tensor([spelling.ids])
        out = {key: value for key, value in made.items() if hasattr(value, "shape")}
        length = out["input_ids"].shape[1]
        for key in [key for key in out if tuple(out[key].shape) == (1, length)]:
            more = tail if key == "input_ids" else self._torch.full_like(tail, key == _MASK)
            out[key] = self._torch.cat([out[key], more.to(out[key].dtype)], 1)
        return out


_MASK = "attention_mask"


def _spellings(prompt: list[int], one: list[int], other: list[int]) -> tuple[_Spelling, _Spelling]:
    """Two answers' tokens and the part in which they differ.

    Raises:
        ConfigError: The tokeniser joins prompt and answer, so the answer cannot be scored.
    """
    if one[: len(prompt)] != prompt or other[: len(prompt)] != prompt:
        raise ConfigError("this tokeniser joins the prompt's end with the answer's beginning")
    one, other = one[len(prompt) :], other[len(prompt) :]
    shorter = min(len(one), len(other))
    start = next((i for i in range(shorter) if one[i] != other[i]), shorter)
    tail = 0
    while tail < shorter - start and one[-1 - tail] == other[-1 - tail]:
        tail += 1
    return (_Spelling(one, start, len(one) - tail), _Spelling(other, start, len(other) - tail))


def _stack(inputs: Sequence[dict[str, Any]], pad: int, torch: Any) -> dict[str, Any]:
    """Rows of one sequence each as a batch, padded on the right; pictures one after another."""
    longest = max(one["input_ids"].shape[1] for one in inputs)
    batch = {}
    for key in inputs[0]:
        parts = []
        for one in inputs:
            value, length = one[key], one["input_ids"].shape[1]
            if tuple(value.shape) == (1, length):
                fill = pad if key == "input_ids" else 0
                value = torch.nn.functional.pad(value, (0, longest - length), value=fill)
            parts.append(value)
        batch[key] = torch.cat(parts)
    return batch
