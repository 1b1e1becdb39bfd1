"""Regions from COCO instances or panoptic JSON."""
