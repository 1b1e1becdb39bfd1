"""Families of tasks and what rows call them; the boxes that the texts of some of them cite."""

from typing import Annotated, Literal

import pyarrow as pa

from schemas.record import Record

TASKS = ("global", "local", "grounding", "referring", "giqa", "vida", "pairs")
"""Families of tasks, in the order in which a picture's questions are asked."""

Task = Literal[
    "global_description",
    "local_description",
    "grounding",
    "referring",
    "giqa",
    "vida_grounding",
    "vida_perception",
    "vida_description",
    "pairs",
]
SubTask = Literal[
    "",
    "hybrid_intensity",
    "single_intensity",
    "accumulation_order",
    "short",
    "long",
    "giqa_description",
    "giqa_yes_no",
    "giqa_what",
    "giqa_why",
    "giqa_how",
    "detect",
    "detect_one",
    "refer",
    "region",
    "choice",
    "open",
    "assess",
    "brief",
    "single",
]


class RowBox(Record):
    """An exact box that a row's text cites; rows that cite none have none."""

    row_id: Annotated[str, pa.string()]
    """The row."""
    part: Annotated[Literal["question", "answer"], pa.string()]
    """Which of its texts cites the box; boxes stand in the order of the text."""
    mention: Annotated[int, pa.int32()]
    """Number of the mention in that text, from 0; several boxes may share one."""
    name: Annotated[str, pa.string()]
    """The name in the text."""
    region_id: Annotated[str, pa.string()]
    """The region; empty where the box is no region's."""
    box: Annotated[list[int], pa.list_(pa.int32(), 4)]
    """``x0, y0, x1, y1``, pixels, half open."""
    cells: Annotated[list[int], pa.list_(pa.int32())]
    """Cells of its corners on the grid that the text is written in; empty where it has none."""
