"""A COCO document of one picture, 100 pixels wide and 80 high, and what it marks."""

import numpy as np

SQUARE = [[10, 10, 50, 10, 50, 40, 10, 40]]
"""The polygon around ``field``."""


def blank(height=80, width=100):
    return np.zeros((height, width, 3), np.uint8)


def document(*annotations, file_name="a.jpg"):
    rows = [{"id": i, "image_id": 1, "category_id": 3} | row for i, row in enumerate(annotations)]
    return {
        "images": [{"id": 1, "file_name": file_name, "width": 100, "height": 80}],
        "annotations": rows,
        "categories": [{"id": 3, "name": "Traffic_Light"}, {"id": 4, "name": "dog"}],
    }


def field():
    mask = np.zeros((80, 100), bool)
    mask[10:40, 10:50] = True
    return mask
