"""Rewards for reinforcement fine-tuning, worked out from what is recorded of a picture."""

from flows.training.rewards.scores import REWARDS as REWARDS
from flows.training.rewards.scores import total as total
from flows.training.rewards.solution import Solution as Solution
from flows.training.rewards.trl import reward_funcs as reward_funcs
