"""Regions from COCO instances or panoptic JSON."""

from annotators.regions.coco.source import CocoRegions

__all__ = ["CocoRegions"]
