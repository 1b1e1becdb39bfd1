"""Where regions come from, and how they become a partition.

Importing this registers the sources that ship: segments, coco, ssa.
"""

from annotators.regions import coco, segments, ssa
from annotators.regions.registry import SourceRequest, region_source
from annotators.regions.source import OneByOne, Proposal, Proposals, RegionSource

__all__ = [
    "OneByOne",
    "Proposal",
    "Proposals",
    "RegionSource",
    "SourceRequest",
    "coco",
    "region_source",
    "segments",
    "ssa",
]
