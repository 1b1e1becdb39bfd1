"""Semantic-Segment-Anything: SAM's masks, named by the votes of several models.

Needs the extra ``ssa``; nothing here imports torch before a source is made.
"""

from annotators.regions.ssa.source import SsaRegions

__all__ = ["SsaRegions"]
