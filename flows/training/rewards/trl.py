"""The rewards as TRL's ``GRPOTrainer`` calls them.

``GRPOTrainer(reward_funcs=reward_funcs(), ...)`` on the rows of ``export --format grpo``; a reward
that a row has nothing for is ``None``, which TRL leaves out of the sum.

Source: TRL's documentation of custom reward functions.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeAlias

from flows.training.rewards.scores import REWARDS
from flows.training.rewards.solution import Solution
from schemas.errors import UnknownNameError

RewardFunc: TypeAlias = Callable[..., list[float | None]]


def reward_funcs(*names: str) -> list[RewardFunc]:
    """Rewards by name, all of them when none is named.

    Raises:
        UnknownNameError: No such reward.
    """
    for name in names:
        if name not in REWARDS:
            raise UnknownNameError("reward", name, REWARDS)
    return [_as_trl(name) for name in names or REWARDS]


def _as_trl(name: str) -> RewardFunc:
    reward = REWARDS[name]

    def score(completions: Sequence[Any], solution: Sequence[str], **_: Any) -> list[float | None]:
        pairs = zip(completions, solution, strict=True)
        return [reward(_said(completion), _read(truth)) for completion, truth in pairs]

    score.__name__ = name
    return score


_read = lru_cache(maxsize=4096)(Solution.from_json)


def _said(completion: Any) -> str:
    """The text of a completion: plain, or a conversation whose last turn counts."""
    if isinstance(completion, str):
        return completion
    content = completion[-1]["content"] if completion else ""
    if isinstance(content, str):
        return content
    return "".join(part.get("text", "") for part in content if isinstance(part, Mapping))
