"""Regions from a COCO document: instances (polygons, run lengths) or panoptic label maps.

The document is handed over parsed; label maps come through a reader, so nothing here opens a
file. Names are the categories' names. Crowd annotations are skipped and stay background.
Pictures may have been scaled down since they were annotated: masks follow, by nearest
neighbour, as long as the shape is the same.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from annotators.regions.coco.document import Annotation, PictureEntry, read_document
from annotators.regions.coco.masks import labelled, map_ids, resized, shape_mask
from annotators.regions.registry import SourceRequest, region_source
from annotators.regions.source import OneByOne, Proposal, Proposals, SkippedAnnotation
from schemas.arrays import Image
from schemas.errors import AnnotationError, ConfigError, PictureError
from schemas.records import Picture

ReadFile = Callable[[str], bytes]


class CocoRegions(OneByOne):
    """Annotated regions of the pictures a COCO document knows.

    Args:
        document: The parsed JSON.
        read_file: Gives the bytes of a panoptic label map by its name in the document; an
            ``OSError`` it raises for a missing file rejects that picture.

    Raises:
        ConfigError: The document is no COCO document, or is panoptic and ``read_file`` missing.
    """

    name = "coco"

    def __init__(self, document: Mapping[str, Any], read_file: ReadFile | None = None) -> None:
        parsed = read_document(document)
        if parsed.panoptic and read_file is None:
            raise ConfigError("COCO document: panoptic annotations need a reader of label maps")
        self._by_name = parsed.by_name
        self._read_file = read_file
        self.problems: list[SkippedAnnotation] = parsed.problems
        """What of the document was skipped, whatever picture it was about."""

    def knows(self, path: str) -> bool:
        """Whether the document has an entry for the picture at ``path``."""
        return self._entry(path) is not None

    def covers(self, paths: Iterable[str]) -> bool:
        """Whether the document has an entry for any of these pictures."""
        return any(self.knows(path) for path in paths)

    def find(self, image: Image, picture: Picture) -> Proposals:
        """Annotated masks at the picture's size; none for a picture not in the document.

        Raises:
            PictureError: ``annotation_size_mismatch`` when the document describes a picture of
                another shape; ``annotation_unreadable`` when a label map cannot be used.
        """
        entry = self._entry(picture.path)
        if entry is None:
            return Proposals()
        _check_shape(entry, *image.shape[:2])
        regions: list[Proposal] = []
        problems: list[SkippedAnnotation] = []
        for annotation in entry.annotations:
            found = self._proposals(entry, annotation, image)
            regions += found.regions
            problems += found.problems
        return Proposals(regions, problems)

    def _proposals(self, entry: PictureEntry, annotation: Annotation, image: Image) -> Proposals:
        try:
            if annotation.label_map:
                return self._panoptic(entry, annotation, image)
            mask = shape_mask(annotation.shape, entry.height, entry.width)
        except AnnotationError as error:
            skipped = SkippedAnnotation(annotation.subject, error.reason, error.detail)
            return Proposals(problems=[skipped])
        return Proposals([Proposal(resized(mask, *image.shape[:2]), annotation.label)])

    def _panoptic(self, entry: PictureEntry, annotation: Annotation, image: Image) -> Proposals:
        ids = map_ids(self._bytes(annotation.label_map), entry.height, entry.width)
        found = labelled(resized(ids, *image.shape[:2]), [s.number for s in annotation.segments])
        proposals, problems = [], []
        for segment in annotation.segments:
            mask = found.get(segment.number)
            if mask is not None:
                proposals.append(Proposal(mask, segment.label))
            else:
                subject = f"{annotation.subject}/{segment.number}"
                detail = "no pixel of the label map carries this id at the picture's size"
                problems.append(SkippedAnnotation(subject, "empty_segment", detail))
        return Proposals(proposals, problems)

    def _bytes(self, name: str) -> bytes:
        if self._read_file is None:
            raise ConfigError("COCO document: panoptic annotations need a reader of label maps")
        try:
            return self._read_file(name)
        except OSError as error:
            detail = f"label map {name}: {error.strerror or type(error).__name__}"
            raise PictureError("annotation_unreadable", detail) from None

    def _entry(self, path: str) -> PictureEntry | None:
        """The entry with this base name that shares most folders with ``path``; none on a tie."""
        parts = path.replace("!", "/").split("/")[::-1]
        ranked = sorted(
            ((_shared(parts, entry.parts), entry) for entry in self._by_name.get(parts[0], ())),
            key=lambda pair: -pair[0],
        )
        if not ranked or (len(ranked) > 1 and ranked[0][0] == ranked[1][0]):
            return None
        return ranked[0][1]


@region_source("coco", takes="FILE")
def coco(request: SourceRequest) -> CocoRegions:
    """Annotations of a file; label maps lie beside it."""
    document = request.files.json(request.argument)
    return CocoRegions(document, request.files.beside(request.argument))


def _shared(first: list[str], second: list[str]) -> int:
    """Leading parts two reversed paths share."""
    count = 0
    for a, b in zip(first, second, strict=False):
        if a != b:
            break
        count += 1
    return count


def _check_shape(entry: PictureEntry, height: int, width: int) -> None:
    """Raise unless one factor, up to a pixel of rounding, leads from the entry's size here."""
    if _same_shape(entry.width, entry.height, width, height):
        return
    detail = f"annotated at {entry.width}x{entry.height}, the picture is {width}x{height}"
    if _same_shape(entry.height, entry.width, width, height):
        detail += "; the sizes are transposed: annotated before the picture was turned upright?"
    raise PictureError("annotation_size_mismatch", detail)


def _same_shape(width: int, height: int, new_width: int, new_height: int) -> bool:
    return abs(new_width * height - new_height * width) <= width + height
