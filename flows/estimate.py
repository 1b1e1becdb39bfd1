"""What a run with a model will cost, before it is begun: requests, tokens, hours."""

from collections.abc import Sequence
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from flows.chatting import check_answers, uses_model
from flows.sources import list_candidates
from schemas.config import RunConfig

# Measured on builds of photographs with the default questions: of what may be asked about a
# picture, this share is; each answer needs this many texts with a model that mostly obeys.
ASKED, TEXTS = 0.75, 1.15
PICTURE_TOKENS = 256
"""Of one tile of InternVL; a picture has up to ``max_patches`` tiles and a thumbnail."""
TILES = 7
TURN_TOKENS, ANSWER_TOKENS, REFINE_TOKENS = 180, 60, 15


class Estimate(NamedTuple):
    """Numbers of a whole run."""

    photographs: int
    pictures: int
    requests: int
    prompt_tokens: int
    completion_tokens: int
    hours: float


def estimate(photographs: int, config: RunConfig, rate: float) -> Estimate:
    """Numbers for so many photographs at so many requests a second."""
    pictures = photographs * config.variants
    if not uses_model(config):
        return Estimate(photographs, pictures, 0, 0, 0, 0.0)
    ask = config.questions
    # at most one hybrid question of each polarity and two order questions find a region
    turns = (ask.global_per_image + ask.local_per_image + ask.long_per_image
             + ask.hybrid_per_image + ask.single_per_image + ask.order_per_image)  # fmt: skip
    turns = round(turns * ASKED * TEXTS * pictures)
    if ask.wording == "model":
        turns = 2 * turns
    mean_regions = (config.plan.min_regions + config.plan.max_regions) / 2
    crops = round(mean_regions * pictures) if config.answers.refine_labels else 0
    prompt = turns * (PICTURE_TOKENS * TILES + 3 * TURN_TOKENS) + crops * PICTURE_TOKENS * TILES
    completion = turns * ANSWER_TOKENS + crops * REFINE_TOKENS
    requests = turns + crops
    return Estimate(photographs, pictures, requests, prompt, completion, requests / rate / 3600)


def print_estimate(sources: Sequence[str], config: RunConfig, rate: float) -> None:
    """Print the estimate as a table.

    Raises:
        ConfigError: A source is missing, or the answers cannot be written like this.
    """
    check_answers(config)
    found = estimate(len(list_candidates(sources, config.limit)), config, rate)
    table = Table("", title="estimate; nothing was built")
    table.add_column("", justify="right")
    table.add_row("photographs", f"{found.photographs:,}")
    table.add_row("degraded pictures", f"{found.pictures:,}")
    table.add_row("requests", f"{found.requests:,}")
    table.add_row("prompt tokens, most of them cached", f"{found.prompt_tokens:,}")
    table.add_row("completion tokens", f"{found.completion_tokens:,}")
    table.add_row(f"hours at {rate:g} requests a second", f"{found.hours:.1f}")
    Console(stderr=True).print(table)
