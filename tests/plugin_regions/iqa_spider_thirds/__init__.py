"""Regions by the ruler: as many columns as the file says, named by their number."""

import numpy as np

from annotators import OneByOne, Proposal, Proposals, region_source


class Columns(OneByOne):
    """Equal columns from left to right."""

    name = "columns"

    def __init__(self, names):
        self.names = names

    def find(self, image, picture):
        """One region a column."""
        height, width = image.shape[:2]
        number = np.arange(width) * len(self.names) // width
        return Proposals(
            [
                Proposal(np.tile(number == index, (height, 1)), name)
                for index, name in enumerate(self.names)
            ]
        )


@region_source("columns", takes="FILE")
def columns(request):
    """``--regions columns:FILE``: a name a line."""
    return Columns(request.files.text(request.argument).split("\n"))
