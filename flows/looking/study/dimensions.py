"""What raters are asked about a row, and what each score means."""

from typing import NamedTuple

SCORES = (1, 2, 3, 4, 5)
GOOD = 4
"""From here on a row counts as right: the share of 4 and 5 is what the paper reports."""


class Dimension(NamedTuple):
    """One scale of five.

    Args:
        name: In tables.
        question: On the page.
        low: What 1 means.
        middle: What 3 means.
        high: What 5 means.
    """

    name: str
    question: str
    low: str
    middle: str
    high: str


DIMENSIONS = (
    Dimension(
        "accuracy",
        "Is what the answer says of the picture true?",
        "wrong: names flaws that are not there",
        "partly: one fact is wrong or cannot be seen",
        "all of it can be seen",
    ),
    Dimension(
        "region",
        "Are the places it speaks of the right ones, and does the mask fit?",
        "other places, or a mask that fits nothing",
        "the region is meant, its edge is off",
        "exactly these",
    ),
    Dimension(
        "completeness",
        "Does it answer all that is asked?",
        "leaves out what was asked for",
        "the main thing is there, something is missing",
        "nothing is missing",
    ),
    Dimension(
        "wording",
        "Is it clear and natural English?",
        "cannot be understood",
        "understood, but clumsy",
        "as a careful person would say it",
    ),
)
"""Ours: the paper names four dimensions rated from 1 to 5, but not which.

Source: IQA-Spider, arXiv 2605.24553, verification of the dataset.
"""
