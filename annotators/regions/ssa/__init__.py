"""Semantic-Segment-Anything: SAM's masks, named by the votes of several models.

Needs the extra ``ssa``; nothing here imports torch before a source is made.
"""

from annotators.regions.coco.source import CocoRegions
from annotators.regions.registry import SourceRequest, region_source
from annotators.regions.ssa.source import SsaRegions

__all__ = ["SsaRegions"]


@region_source("ssa", exclusive=True)
def ssa(request: SourceRequest) -> SsaRegions:
    """Models as ``[regions.ssa]`` names them; its ``masks`` may be a folder or a COCO file."""
    config, files = request.config.ssa, request.files
    if not config.masks:
        return SsaRegions(config, files.text)
    folder = files.folder(config.masks)
    if folder is not None:
        return SsaRegions(config, files.text, folder)
    ready = CocoRegions(files.json(config.masks), files.beside(config.masks))
    return SsaRegions(config, files.text, ready)
