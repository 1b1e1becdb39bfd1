"""Whether the place of a region can be told in the four words of the spatial answer.

The words follow the centre of the box, by definition; where that lies near a midline, or most of
the region lies elsewhere, a viewer who is asked for the place can only guess.

Source: dataset rules, section 3.
"""

import numpy as np

from annotators.facts import PictureFacts
from annotators.language.positions import horizontal_word, vertical_word
from schemas import masks
from schemas.boxes import Box
from schemas.records import DegradedRegion
from schemas.settings.config import QuestionConfig


def place_is_clear(region: DegradedRegion, facts: PictureFacts, config: QuestionConfig) -> bool:
    """Whether a question whose answer is the region's place has a clear answer.

    The whole picture has a place of its own.

    Raises:
        ContractError: A mask that is not the picture's size.
    """
    if region.role == "whole":
        return True
    box, margin = Box(*region.box), config.midline_margin
    (x, y), width, height = box.center, facts.width, facts.height
    if abs(x / width - 0.5) < margin or abs(y / height - 0.5) < margin:
        return False
    mask = masks.decode(region.mask, height, width)
    left = horizontal_word(box, width) == "left"
    top = vertical_word(box, height) == "top"
    columns = slice(0, width // 2) if left else slice(width // 2, width)
    rows = slice(0, height // 2) if top else slice(height // 2, height)
    inside, everything = np.count_nonzero(mask[rows, columns]), np.count_nonzero(mask)
    return bool(inside >= config.min_quadrant_share * everything)
