"""Compiled loops of the weight-free segmentation; imported when the first picture is segmented."""
