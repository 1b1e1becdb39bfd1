"""Ready-made masks: SA-1B's files, or a COCO document whose names are not looked at."""

import json
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from annotators.regions.coco.masks import resized, shape_mask
from annotators.regions.coco.source import CocoRegions, ReadFile
from annotators.regions.source import SkippedAnnotation
from annotators.regions.ssa.sam import Found
from schemas.arrays import Image
from schemas.errors import AnnotationError, PictureError
from schemas.records import Picture


class FoundMasks(NamedTuple):
    """Masks of a picture without names, what had to be skipped, or why there are none."""

    masks: Sequence[Found] = ()
    problems: Sequence[SkippedAnnotation] = ()
    failure: PictureError | None = None


class SaMasks:
    """Masks of SA-1B: beside ``NAME.jpg`` a file ``NAME.json`` with run lengths.

    Args:
        read_file: Reads from the folder of masks.

    Source: the SA-1B dataset's format: ``image`` with ``width`` and ``height``, ``annotations``
    with ``segmentation``, ``predicted_iou`` and ``stability_score``.
    """

    def __init__(self, read_file: ReadFile) -> None:
        self._read = read_file
        self.provenance = {"name": "ready-made", "class": "SA-1B"}
        """For the manifest."""

    def masks(self, image: Image, picture: Picture) -> FoundMasks:
        """The picture's masks at its size.

        Raises:
            PictureError: ``no_masks`` without a file, ``annotation_unreadable``,
                ``annotation_size_mismatch``.
        """
        document = self._document(picture)
        height, width = _size(document)
        if abs(width * image.shape[0] - height * image.shape[1]) > max(image.shape[:2]):
            size = (
                f"masks are for {width}x{height}, the picture is {picture.width}x{picture.height}"
            )
            raise PictureError("annotation_size_mismatch", size)
        found, problems = [], []
        for number, annotation in enumerate(document["annotations"]):
            try:
                mask = shape_mask(annotation["segmentation"], height, width)
            except (AnnotationError, KeyError, TypeError) as error:
                reason = getattr(error, "reason", "bad_annotation")
                problems.append(SkippedAnnotation(f"mask {number}", reason, str(error)))
                continue
            quality = annotation.get("predicted_iou")
            mask = resized(mask, *image.shape[:2])
            found.append(Found(mask, float(quality) if quality is not None else None))
        return FoundMasks(found, problems)

    def _document(self, picture: Picture) -> Any:
        name = PurePosixPath(picture.path.replace("!", "/")).with_suffix(".json").name
        try:
            document = json.loads(self._read(name))
        except OSError:
            raise PictureError("no_masks", f"{name} is not among the ready-made masks") from None
        except ValueError as error:
            raise PictureError("annotation_unreadable", f"{name}: {error}") from None
        if not isinstance(document, dict) or not isinstance(document.get("annotations"), list):
            raise PictureError("annotation_unreadable", f"{name}: no list of annotations")
        return document


def _size(document: Any) -> tuple[int, int]:
    image = document.get("image")
    try:
        return int(image["height"]), int(image["width"])
    except (TypeError, KeyError, ValueError):
        raise PictureError("annotation_unreadable", "image has no width and height") from None


class CocoMasks:
    """Masks of a COCO document; its categories are forgotten."""

    def __init__(self, regions: CocoRegions) -> None:
        self._regions = regions
        self.provenance = {"name": "ready-made", "class": "COCO"}
        """For the manifest."""

    def masks(self, image: Image, picture: Picture) -> FoundMasks:
        """The picture's masks; raises as ``CocoRegions.find``."""
        proposals = self._regions.find(image, picture)
        masks = [Found(proposal.mask, None) for proposal in proposals.regions]
        return FoundMasks(masks, proposals.problems)
