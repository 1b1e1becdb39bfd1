"""What a run with a model will cost, before it is begun: requests, tokens, hours.

Counted are the photographs and the prompts' own texts; the sizes of pictures are those of a sample.
What the facts of a picture add, and how long answers get, was measured once and is an estimate.
"""

import contextlib
from collections.abc import Sequence
from math import inf
from statistics import mean
from typing import NamedTuple

from annotators.answers.conversation import TURNS_KEPT
from annotators.chat.prompts import prompt
from annotators.chat.tiles import picture_tokens
from flows.ingest.candidate import load_image
from flows.model.choose import check_answers, uses_model
from schemas.candidate import Candidate
from schemas.errors import ConfigError, PictureError
from schemas.settings.config import RunConfig

# Measured on builds of photographs with the default questions: of what may be asked about a
# picture, this share is; each answer needs this many texts with a model that mostly obeys.
ASKED, TEXTS = 0.75, 1.15
QUESTION, FACT_LINE, DECISION = 85, 87, 36
"""Characters of a question, of a line of the fact sheet, of a decision on a name."""
ANSWERS = {"global": 515, "local": 207, "long": 176, "grounding": 125}
"""Characters of an answer by the template writer, by prompt; models are asked for no more."""
WRAPPING, MARKUP = 14, 5
"""Characters of an answer's JSON; tokens that begin and end a message."""
CROP = (256, 256)
"""Width and height of a region's crop with what surrounds it."""
SAMPLE = 16
"""Photographs that are opened to see how large they are."""
USUAL = (1024, 768)


class RunEstimate(NamedTuple):
    """Numbers of a whole run."""

    photographs: int
    pictures: int
    requests: int
    picture_tokens: int
    text_tokens: int
    completion_tokens: int
    hours: float


def estimate(
    photographs: int, config: RunConfig, rate: float, sizes: Sequence[tuple[int, int]] = (USUAL,)
) -> RunEstimate:
    """Numbers for so many photographs at so many requests a second.

    Args:
        photographs: How many there are.
        config: The run.
        rate: Requests a second.
        sizes: Width and height of some, as they are shown.
    """
    pictures = photographs * config.variants
    if not uses_model(config):
        return RunEstimate(photographs, pictures, 0, 0, 0, 0, 0.0)
    asked, reworded, crops = (round(number * pictures) for number in _requests(config))
    prompt_characters, answer_characters = _turn(config)
    ratio = config.estimate.characters_per_token
    opening = len(prompt("system") + prompt("picture")) / ratio + 4 * MARKUP
    history = _history(config) * ((QUESTION + answer_characters + WRAPPING) / ratio + 2 * MARKUP)
    text = asked * (opening + history + prompt_characters / ratio)
    text += reworded * (opening + (len(prompt("question")) + QUESTION) / ratio)
    text += crops * (len(prompt("refine")) / ratio + 2 * MARKUP)
    said = asked * (answer_characters + WRAPPING) + reworded * (QUESTION + WRAPPING)
    shown = mean(_tokens(size, config) for size in sizes)
    requests = asked + reworded + crops
    return RunEstimate(
        photographs,
        pictures,
        requests,
        round((asked + reworded) * shown + crops * _tokens(CROP, config)),
        round(text),
        round((said + crops * DECISION) / ratio),
        requests / rate / 3600,
    )


def _kinds(config: RunConfig) -> list[tuple[float, str, float]]:
    """Of each kind of question a model answers: how many, its prompt, lines of facts."""
    ask, plan = config.questions, config.plan
    regions = (plan.min_regions + plan.max_regions) / 2
    # at most one hybrid question of each polarity and two order questions find a region
    grounding = ask.hybrid_per_image + ask.single_per_image + ask.order_per_image
    kinds = {
        "global": (ask.global_per_image, "global", regions + 1),
        "local": (ask.local_per_image, "local", 1.0),
        "referring": (ask.long_per_image, "long", 1.0),
        "grounding": (grounding, "grounding", 2.0),
    }
    return [kind for name, kind in kinds.items() if name in ask.tasks]


def _requests(config: RunConfig) -> tuple[float, float, float]:
    """Requests for a degraded picture: answers, reworded questions, names of regions."""
    questions = ASKED * sum(number for number, _, _ in _kinds(config))
    short = config.questions.short_per_image if "referring" in config.questions.tasks else 0
    reworded = questions + ASKED * short
    regions = (config.plan.min_regions + config.plan.max_regions) / 2
    return (
        questions * TEXTS,
        reworded if config.questions.wording == "model" else 0.0,
        regions if config.answers.refine_labels else 0.0,
    )


def _turn(config: RunConfig) -> tuple[float, float]:
    """Mean characters of the prompt of a turn and of its answer."""
    kinds = _kinds(config)
    turns = sum(number for number, _, _ in kinds) or 1
    answer = sum(number * ANSWERS[name] for number, name, _ in kinds) / turns
    if config.answers.mode == "paraphrase":
        return len(prompt("paraphrase")) + QUESTION + answer, answer
    facts = sum(number * lines * FACT_LINE for number, _, lines in kinds)
    texts = sum(number * len(prompt(name)) for number, name, _ in kinds)
    return (texts + facts) / turns + QUESTION, answer


def _history(config: RunConfig) -> float:
    """Mean number of earlier turns in a request."""
    turns = round(ASKED * sum(number for number, _, _ in _kinds(config)))
    return mean([min(number, TURNS_KEPT) for number in range(turns)] or [0])


def _tokens(size: tuple[int, int], config: RunConfig) -> int:
    about = config.estimate
    return picture_tokens(*size, about.max_tiles, about.tile_side, about.tile_tokens)


def sizes_of(candidates: Sequence[Candidate], config: RunConfig) -> list[tuple[int, int]]:
    """Width and height of a few photographs spread over all, scaled as the run will."""
    found = []
    for candidate in candidates[:: max(1, len(candidates) // SAMPLE)][:SAMPLE]:
        with contextlib.suppress(PictureError):
            height, width = load_image(candidate, config).shape[:2]
            found.append((width, height))
    return found or [USUAL]


class Line(NamedTuple):
    """A line of the estimate: what, how many, and how it is known."""

    name: str
    number: str
    how: str


def estimate_lines(
    photographs: int, config: RunConfig, rate: float, sizes: Sequence[tuple[int, int]]
) -> list[Line]:
    """What is counted, and what a model will be asked.

    Args:
        photographs: How many there are.
        config: The run.
        rate: Requests a second that one server answers.
        sizes: Width and height of some, as they are shown.

    Raises:
        ConfigError: The answers cannot be written like this, or the rate is none.
    """
    if not 0 < rate < inf:
        raise ConfigError(f"--rate: expected requests a second above 0, got {rate:g}")
    check_answers(config)
    about, servers = config.estimate, len(config.answers.endpoints) or config.answers.servers
    found = estimate(photographs, config, rate * servers, sizes)
    texts = f"estimate: our prompts, {about.characters_per_token:g} characters a token"
    tiles = (
        f"estimate: {len(sizes)} sizes, {about.tile_tokens} tokens a tile, {about.max_tiles} tiles"
    )
    asked = f"estimate: {ASKED:.0%} of questions, {TEXTS:g} texts each"
    lines = [
        Line("photographs", f"{found.photographs:,}", "counted"),
        Line("degraded pictures", f"{found.pictures:,}", "counted; some will be left out"),
        Line("requests", f"{found.requests:,}", asked),
    ]
    if not uses_model(config):
        return lines
    return [
        *lines,
        Line("prompt tokens: pictures, mostly cached", f"{found.picture_tokens:,}", tiles),
        Line("prompt tokens: text, mostly cached", f"{found.text_tokens:,}", texts),
        Line(
            "completion tokens",
            f"{found.completion_tokens:,}",
            "estimate: as long as the template's",
        ),
        Line(
            f"hours at {rate * servers:g} requests a second", f"{found.hours:.1f}", "from the above"
        ),
    ]
