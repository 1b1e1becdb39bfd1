"""Projects for labelling tools: proposals as masks that people correct, and the vocabulary.

The words people choose from are the families' own; what they type or draw beside them comes back
through the readers.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote
from xml.sax.saxutils import quoteattr

import cv2
import numpy as np
from numpy.typing import NDArray

from annotators.human.label_studio_interface import colour
from annotators.human.meaning import NO_FLAW, NOT_JUDGED, SCOPES, SEVERITIES
from annotators.regions.source import Proposal
from schemas.arrays import Mask
from schemas.boxes import Box
from schemas.families import Family
from schemas.masks import bounding_box

TOOLS = ("labelstudio", "cvat")


class Page(NamedTuple):
    """A picture to be annotated.

    Args:
        name: File name in the project's folder of pictures.
        width: Pixels.
        height: Pixels.
        proposals: Regions people start from.
        original: What the file was called before.
    """

    name: str
    width: int
    height: int
    proposals: Sequence[Proposal]
    original: str = ""


def brush_runs(mask: Mask) -> list[int]:
    """Label Studio's bit-packed run lengths of a mask, as its brush writes them.

    Inside it is all but transparent, at its edge opaque, so that people see an outline and, through
    it, the picture: the tool colours what is not quite transparent, and its own setting for that
    (``opacity``) is not heeded for masks that it is given. All four channels of a pixel have one
    value, so a run of pixels is a run of bytes.
    """
    flat = np.repeat(veil(mask).ravel(), 4)
    edges = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    starts = np.concatenate(([0], edges))
    lengths = np.diff(np.concatenate((starts, [flat.size])))
    bits = [f"{flat.size:032b}", f"{7:05b}", *(f"{size - 1:04b}" for size in _LENGTHS)]
    for start, length in zip(starts.tolist(), lengths.tolist(), strict=True):
        for first in range(0, length, _MOST):
            run = min(_MOST, length - first)
            kind = next(n for n, size in enumerate(_LENGTHS) if run <= 1 << size)
            # a run, in which of the four sizes its length stands, the length, its value
            bits.append(f"1{kind:02b}{run - 1:0{_LENGTHS[kind]}b}{flat[start]:08b}")
    joined = "".join(bits)
    padded = joined + "0" * (-len(joined) % 8)
    return [int(padded[at : at + 8], 2) for at in range(0, len(padded), 8)]


def veil(mask: Mask) -> NDArray[np.uint8]:
    """How opaque each pixel is shown: 0 outside, ``_INSIDE``, and 255 at the edge."""
    solid = mask.astype(np.uint8)
    wide = 2 * max(1, round(max(mask.shape) / _LINE)) + 1
    # the border of the picture is no edge of the region
    inner = cv2.erode(solid, np.ones((wide, wide), np.uint8), borderValue=1)
    return np.where(inner > 0, _INSIDE, 255 * solid).astype(np.uint8)


_INSIDE = 12
_LINE = 400
"""A line is one part in so many of the picture's longer side wide."""
_LENGTHS = (3, 4, 8, 16)
_MOST = 1 << 16


def box_runs(mask: Mask) -> tuple[Box, list[int]]:
    """CVAT's run lengths of a mask: row by row inside its box, zeros first."""
    box = bounding_box(mask)
    flat = mask[box.slices].ravel()
    edges = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    runs = np.diff(np.concatenate(([0], edges, [flat.size]))).tolist()
    return box, [0, *runs] if flat[0] else runs


def labelstudio_task(page: Page, prefix: str) -> dict[str, Any]:
    """A task with the proposals as predictions, which people correct and submit."""
    labels = [
        {"value": name, "background": colour(number)}
        for number, name in enumerate(_names(page.proposals), 1)
    ]
    return {
        "data": {
            "image": prefix + quote(page.name),
            "original": page.original,
            "regions": labels,
        },
        "predictions": [{"model_version": "iqa-spider", "result": _results(page)}],
    }


def _results(page: Page) -> list[dict[str, Any]]:
    """A brush a proposal, and its name, which needs no run lengths of its own."""
    results: list[dict[str, Any]] = []
    common = {
        "original_width": page.width,
        "original_height": page.height,
        "image_rotation": 0,
        "to_name": "image",
    }
    called = _names(page.proposals)
    for number, (proposal, name) in enumerate(zip(page.proposals, called, strict=True), 1):
        key = f"p{number}"
        brush = {"format": "rle", "rle": brush_runs(proposal.mask), "brushlabels": [name]}
        kind = {"id": key, "type": "brushlabels", "from_name": "brush", "value": brush}
        results.append({**common, **kind})
        if proposal.label:
            kind = {"id": key, "type": "textarea", "from_name": "label"}
            results.append({**common, **kind, "value": {"text": [proposal.label]}})
    return results


def _names(proposals: Sequence[Proposal]) -> list[str]:
    """What proposals are called in the tool: no two of a picture alike.

    The readers take "region 3" for no name.
    """
    often = Counter(one.label for one in proposals)
    return [
        one.label if one.label and often[one.label] == 1 else f"{one.label or 'region'} {number}"
        for number, one in enumerate(proposals, 1)
    ]


def cvat_labels(families: Mapping[str, Family]) -> list[dict[str, Any]]:
    """The label constructor's JSON ("Raw" in CVAT's project page)."""
    flaws = [NOT_JUDGED, NO_FLAW, *_words(families)]
    attributes = [
        {"name": "label", "input_type": "text", "mutable": False, "values": [""]},
        *(
            {"name": name, "input_type": "select", "mutable": False, "values": flaws}
            for name in ("distortion", "second distortion")
        ),
        *(
            {
                "name": name,
                "input_type": "select",
                "mutable": False,
                "values": [NOT_JUDGED, *SEVERITIES],
            }
            for name in ("severity", "second severity")
        ),
    ]
    scopes = [NOT_JUDGED, *SCOPES]
    scope = {"name": "scope", "input_type": "select", "mutable": False, "values": scopes}
    brief = {"name": "description", "input_type": "text", "mutable": False, "values": [""]}
    return [
        {"name": "region", "attributes": attributes},
        {"name": "picture", "type": "tag", "attributes": [scope, attributes[1], brief]},
    ]


CVAT_HEAD = """<?xml version="1.0" encoding="utf-8"?>
<annotations>
<version>1.1</version>
"""
CVAT_TAIL = "</annotations>\n"
"""What stands around the pictures of a file of CVAT for images 1.1."""


def cvat_image(page: Page, number: int) -> str:
    """A picture with its proposals as masks, to be uploaded as annotations.

    Args:
        page: The picture.
        number: Its number in the file.
    """
    lines = [
        f'<image id="{number}" name={quoteattr(page.name)} width="{page.width}" '
        f'height="{page.height}">'
    ]
    for proposal in page.proposals:
        box, runs = box_runs(proposal.mask)
        label = quoteattr(proposal.label)[1:-1]
        lines.append(
            f'<mask label="region" source="auto" occluded="0" '
            f'rle="{", ".join(map(str, runs))}" left="{box.x0}" top="{box.y0}" '
            f'width="{box.width}" height="{box.height}" z_order="0">'
            f'<attribute name="label">{label}</attribute></mask>'
        )
    return "\n".join([*lines, "</image>", ""])


def _words(families: Mapping[str, Family]) -> list[str]:
    return [family.noun for family in families.values()]
