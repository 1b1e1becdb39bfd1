"""Image to regions, labels and words: what plugin authors and readers of texts need.

Names are imported when first used, so that nobody waits for what is not needed.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from annotators.answers.registry import writer
    from annotators.check.fact_check import check_answer
    from annotators.facts import Answer, Ask, PictureFacts, Violation, Writer
    from annotators.regions.registry import SourceRequest, region_source
    from annotators.regions.source import OneByOne, Proposal, Proposals, RegionSource

__all__ = [
    "Answer",
    "Ask",
    "OneByOne",
    "PictureFacts",
    "Proposal",
    "Proposals",
    "RegionSource",
    "SourceRequest",
    "Violation",
    "Writer",
    "check_answer",
    "region_source",
    "writer",
]

_HOMES = {
    "annotators.answers.registry": ("writer",),
    "annotators.check.fact_check": ("check_answer",),
    "annotators.facts": ("Answer", "Ask", "PictureFacts", "Violation", "Writer"),
    "annotators.regions.registry": ("SourceRequest", "region_source"),
    "annotators.regions.source": ("OneByOne", "Proposal", "Proposals", "RegionSource"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    """The public name ``name``."""
    if name not in _HOME_OF:
        raise AttributeError(f"module 'annotators' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME_OF[name]), name)
