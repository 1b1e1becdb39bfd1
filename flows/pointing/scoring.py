"""Scores of the words in an answer, by teacher forcing: any model, any answer, whole batches.

One forward pass over prompt and answer gives the logits at the words' places, equal to those of
generation, whoever wrote the answer. Words are found by character and their rivals are encoded in
the whole answer, since how a word is cut into tokens depends on what stands around it.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from flows.pointing.points import Scored
from flows.pointing.words import Word, find_place
from flows.training.extras import require
from flows.training.model_families import Loaded
from schemas.errors import ConfigError


class Asked(NamedTuple):
    """A question about a picture (PIL image, RGB)."""

    image: Any
    question: str


class _Spelling(NamedTuple):
    """Prompt and answer, the answer's tokens, and where a word stands in them."""

    text: str
    ids: list[int]
    start: int
    stop: int


class LocalModel:
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

    def answer(self, asked: Sequence[Asked], max_tokens: int) -> list[str]:
        """The most likely answers, one batch."""
        prompts = [self._prompt(one.question) for one in asked]
        inputs = self._inputs(prompts, [one.image for one in asked], "left").to(self._device)
        with self._torch.inference_mode():
            made = self._model.generate(**inputs, max_new_tokens=max_tokens, do_sample=False)
        new = made[:, inputs["input_ids"].shape[1] :]
        texts = [_spoken(self._tokenizer, row) for row in new]
        return [text.strip() for text in texts]

    def score(self, asked: Sequence[Asked], answers: Sequence[str]) -> list[Scored]:
        """Scores of the positional words of given answers, one batch."""
        places = [find_place(answer) for answer in answers]
        jobs: list[tuple[int, Word]] = [
            (row, word)
            for row, place in enumerate(places)
            for word in (place.horizontal, place.vertical)
            if word is not None
        ]
        gaps = self._gaps(
            asked,
            [
                (
                    row,
                    answers[row][: word.end],
                    answers[row][: word.start] + word.rival,
                    answers[row][word.end :],
                )
                for row, word in jobs
            ],
        )
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
        bos, starts = self._tokenizer.bos_token, self._tokenizer("")["input_ids"]
        # Some templates leave the first token to the tokeniser, which is not asked for any here.
        left_out = bos and starts[:1] == [self._tokenizer.bos_token_id]
        return bos + prompt if left_out and not prompt.startswith(bos) else prompt

    def _inputs(self, texts: list[str], images: list[Any], side: str) -> Any:
        """A batch, padded on a side; the processor knows how its pictures are batched."""
        return self._processor(
            text=texts,
            images=[[image] for image in images],
            padding=True,
            padding_side=side,
            return_tensors="pt",
            add_special_tokens=False,
        )

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
            spelled = _spellings(prompt, (said + tail, unsaid + tail), self._encode)
            rivals.append(spelled)
            sequences += [(row, spelling) for spelling in spelled]
        if not jobs:
            return []
        single = [all(s.stop - s.start == 1 for s in pair) for pair in rivals]
        # a word of one token needs no pass over its rival: both stand in one row of logits
        needed = [
            sequence
            for place, sequence in enumerate(sequences)
            if place % 2 == 0 or not single[place // 2]
        ]
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
        # two words of one answer stand in one sequence
        sequences = list({(row, spelling.text): None for row, spelling in needed})
        out: list[Any] = [None] * len(needed)
        for start in range(0, len(sequences), len(asked)):
            part = {key: n for n, key in enumerate(sequences[start : start + len(asked)])}
            mine = [n for n, (row, spelling) in enumerate(needed) if (row, spelling.text) in part]
            words = [(part[needed[n][0], needed[n][1].text], needed[n][1]) for n in mine]
            for number, logits in zip(mine, self._rows(asked, list(part), words), strict=True):
                out[number] = logits
        return out

    def _rows(
        self,
        asked: Sequence[Asked],
        sequences: list[tuple[int, str]],
        words: list[tuple[int, _Spelling]],
    ) -> list[Any]:
        """One forward pass; logits at each word's place in its sequence."""
        torch = self._torch
        texts, images = [text for _, text in sequences], [asked[row].image for row, _ in sequences]
        batch = self._inputs(texts, images, "right")
        lengths = batch["attention_mask"].sum(1).tolist()
        spans = []
        for place, spelling in words:
            begin = lengths[place] - len(spelling.ids)
            if batch["input_ids"][place, begin : lengths[place]].tolist() != spelling.ids:
                raise ConfigError("this processor changes the answer's tokens; it cannot be scored")
            first = begin + spelling.start - 1
            spans.append(range(first, first + spelling.stop - spelling.start))
        kept = sorted({place for span in spans for place in span})
        with torch.inference_mode():
            logits = self._forward(batch.to(self._device), torch.tensor(kept, device=self._device))
        at = {place: index for index, place in enumerate(kept)}
        return [
            logits[place, [at[token] for token in span]].float().cpu()
            for (place, _), span in zip(words, spans, strict=True)
        ]

    def _forward(self, batch: Any, kept: Any) -> Any:
        try:
            logits = self._model(**batch, logits_to_keep=kept).logits
        except TypeError:  # remote code of before that argument
            logits = self._model(**batch).logits
        # some models take the argument and keep everything
        return logits if logits.shape[1] == len(kept) else logits[:, kept]


KEPT = ("box_start", "box_end", "object_ref_start", "object_ref_end", "quad_start", "quad_end")
"""Special tokens of Qwen's families that are part of an answer: they mark what it places."""


def _spoken(tokenizer: Any, row: Any) -> str:
    """Generated ids as text without special tokens, but for those that belong to answers."""
    kept = {f"<|{name}|>" for name in KEPT}
    added = tokenizer.added_tokens_decoder.items()
    left_out = {number for number, token in added if token.special and str(token) not in kept}
    said = [number for number in row.tolist() if number not in left_out]
    return str(tokenizer.decode(said))


def _spellings(
    prompt: str, answers: tuple[str, str], encode: Callable[[str], list[int]]
) -> tuple[_Spelling, _Spelling]:
    """Two answers' tokens and the part in which they differ.

    Raises:
        ConfigError: The tokeniser joins prompt and answer, so the answer cannot be scored.
    """
    asked = encode(prompt)
    one, other = (encode(prompt + answer) for answer in answers)
    if one[: len(asked)] != asked or other[: len(asked)] != asked:
        raise ConfigError("this tokeniser joins the prompt's end with the answer's beginning")
    one, other = one[len(asked) :], other[len(asked) :]
    shorter = min(len(one), len(other))
    start = next((i for i in range(shorter) if one[i] != other[i]), shorter)
    tail = 0
    while tail < shorter - start and one[-1 - tail] == other[-1 - tail]:
        tail += 1
    said, unsaid = (prompt + answer for answer in answers)
    return (
        _Spelling(said, one, start, len(one) - tail),
        _Spelling(unsaid, other, start, len(other) - tail),
    )
