"""ViDA-UGC's annotations: its metadata, and the raw form before classes were merged.

Metadata: a list of ``{"image", "width", "height", "level", "distortions": [{"distortion",
"coordinates", "severity", "position", ...}]}``, boxes in thousandths. Raw: ``{"filename", "width",
"height", "global": {class: [box]}, "local": {class: [box]}}``, boxes as ``{"tl", "br"}`` in pixels.
Other keys are left alone. Regions are boxes, named by the phrase of their position where there is
one; a box of most of the picture speaks of the whole, as with every reader.

Source: detailed assessment rules, sections 2 and 4.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from annotators.human import shapes
from annotators.human.marked import Found, MarkedPicture, Remark, Size, clean, remark, tried
from annotators.questions.vida.syntax import SCALE
from annotators.questions.vida.vocabulary import Vocabulary, read_vocabulary
from schemas.arrays import Mask
from schemas.errors import AnnotationError

ANNOTATOR = "ViDA-UGC"
FLAWLESS = "no flaw"
_ARTICLES = ("the ", "a ", "an ")
_RAW_ONLY = {"banding effect": "banding"}
"""Raw classes that were not merged into the ten."""


def is_vida(first: Mapping[str, Any]) -> bool:
    """Whether a record is of either form."""
    return {"image", "distortions"} <= set(first) or {"filename", "global", "local"} <= set(first)


def read(document: Any, size: Size) -> Iterator[Found]:
    """Each picture of a file.

    Raises:
        AnnotationError: ``bad_document``: it is no list of pictures.
    """
    if not isinstance(document, list):
        raise AnnotationError("bad_document", "not ViDA-UGC metadata: no list of pictures")
    vocabulary = read_vocabulary()
    for number, entry in enumerate(document):
        yield tried(f"picture {number}", partial(_picture, entry, size, vocabulary))


def _picture(entry: Any, size: Size, vocabulary: Vocabulary) -> MarkedPicture:
    name = entry.get("image", entry.get("filename")) if isinstance(entry, dict) else None
    if not isinstance(name, str) or not name:
        raise AnnotationError("bad_value", f"no image: {entry!r:.60}")
    width, height = _size(entry) or size(clean(name)) or (0, 0)
    if not width:
        raise AnnotationError("no_size", f"{name!r:.80}: neither the file nor the folder knows it")
    picture = MarkedPicture(clean(name), width, height, ANNOTATOR)
    boxes = _raw(entry) if "filename" in entry else _listed(entry, width, height)
    for number, (box, said) in enumerate(boxes):
        own = partial(_region, box, said, vocabulary, width, height)
        picture.add(f"{name}: distortion {number}", own)
    if not boxes:
        picture.said.append(Remark("distortion", FLAWLESS))
    return picture


def _size(entry: Mapping[str, Any]) -> tuple[int, int] | None:
    width, height = entry.get("width"), entry.get("height")
    if isinstance(width, int) and isinstance(height, int) and width > 0 and height > 0:
        return width, height
    return None


def _listed(
    entry: Mapping[str, Any], width: int, height: int
) -> list[tuple[Sequence[Any], Mapping[str, Any]]]:
    found: list[tuple[Sequence[Any], Mapping[str, Any]]] = []
    for item in entry["distortions"]:
        x0, y0, x1, y1 = item["coordinates"]
        box = [x0 * width / SCALE, y0 * height / SCALE, x1 * width / SCALE, y1 * height / SCALE]
        found.append((box, item))
    return found


def _raw(entry: Mapping[str, Any]) -> list[tuple[Sequence[Any], Mapping[str, Any]]]:
    found: list[tuple[Sequence[Any], Mapping[str, Any]]] = []
    for part in ("global", "local"):
        for name, boxes in (entry.get(part) or {}).items():
            for box in boxes:
                corners = [box["tl"]["x"], box["tl"]["y"], box["br"]["x"], box["br"]["y"]]
                found.append((corners, {"distortion": name}))
    return found


def _region(
    box: Sequence[Any],
    item: Mapping[str, Any],
    vocabulary: Vocabulary,
    width: int,
    height: int,
) -> tuple[Mask, list[Remark]]:
    x0, y0, x1, y1 = map(float, box)
    if not (x0 < x1 and y0 < y1):
        raise AnnotationError("bad_shape", f"a box without area: {list(box)}")
    name = str(item["distortion"])
    known = vocabulary.known(name) or _RAW_ONLY.get(name.lower(), name)
    said = [remark("distortion", known)]
    rank = vocabulary.severity_rank(str(item.get("severity", "")))
    if rank is not None:
        said.append(remark("severity", vocabulary.severities[rank].reads_as))
    if item.get("position"):
        said.append(remark("", _phrase(str(item["position"]))))
    return shapes.rectangle(x0, y0, x1 - x0, y1 - y0, 0, height, width), said


def _phrase(position: str) -> str:
    """``the bird on the wire.`` as a label: no article, no full stop."""
    text = position.strip().rstrip(".")
    for article in _ARTICLES:
        if text.lower().startswith(article):
            return text[len(article) :]
    return text
