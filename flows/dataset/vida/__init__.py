"""Datasets in the files of others that place flaws in boxes: ViDA-UGC, triplets, COCO."""
