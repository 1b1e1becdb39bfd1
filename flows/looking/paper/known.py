"""What the paper prints, as far as it is known to this project; the rest stays empty.

Source: IQA-Spider (arXiv 2605.24553): table 7, table 8 as printed, the counts of tables 10 to 18,
table 9 and appendix A.2, the verification study. Q-Bench and Q-Ground: their own papers, as
IQA-Spider quotes them.
"""

from typing import NamedTuple


class Sizes(NamedTuple):
    """Rows of a task."""

    name: str
    task: str
    sub_task: str
    train: int
    test: int


TABLE_7: tuple[Sizes, ...] = (
    Sizes("global description", "global_description", "", 3251, 629),
    Sizes("local description", "local_description", "", 9742, 460),
    Sizes("grounding", "grounding", "", 11669, 586),
    Sizes("referring short", "referring", "short", 4506, 780),
    Sizes("referring long", "referring", "long", 4222, 786),
)
RANDOM_GUESS = 0.378
"""Of the questions of Q-Bench's development part, table 2."""
Q_GROUND: tuple[tuple[str, float, float], ...] = (
    ("LISA", 0.227, 0.436),
    ("PixelLM", 0.252, 0.519),
    ("Q-Ground", 0.271, 0.539),
)
"""System, average mIoU over the classes, mean accuracy; table 5 quotes the former."""
JUDGE_ICC = "0.78, 0.75, 0.74"
"""Agreement of people about descriptions and grounding texts; which is which is not known here."""
JUDGE_SRCC = "0.69"
"""Of a judge with people's mean, for one of the tasks."""
GOOD = "more than 80 %"
"""Share of scores of 4 and 5, of every dimension."""
