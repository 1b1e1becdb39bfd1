"""The front door for Python: ``import iqa_spider``.

    import iqa_spider

    worse = iqa_spider.degrade(image, "noise:gaussian_noise:3,blur:gaussian_blur:2", mask=mask)
    iqa_spider.build("PHOTOS", "DATASET", workers=2)
    for row in iqa_spider.open("DATASET").filter(task="grounding"):
        row.image, row.mask, row.question, row.answer

This file is installed as ``iqa_spider.py`` beside the rooms it takes these names from.
"""

try:
    from flows import stranger as _stranger
except ImportError:  # somebody else's `flows`
    import flows as _found

    _place = getattr(_found, "__file__", None) or ", ".join(getattr(_found, "__path__", ()))
    _line = f"{_place} is found instead of iqa-spider's own 'flows'"
    raise ImportError(f"{_line}; start from another folder or rename it") from None
if _line := _stranger():
    raise ImportError(_line)

from flows.dataset.balance import RunSummary
from flows.dataset.opened import Dataset, Row, RowRegion
from flows.dataset.opened import open_dataset as open
from flows.dataset.statistics.stats import Stats
from flows.dataset.validate import Defect
from flows.picture.by_hand import corrupt, degrade, distortions
from flows.run.command import StageSummary
from flows.run.in_python import build, configured, segment, stats, validate
from flows.store.identity import VERSION
from schemas.errors import (
    AnnotationError,
    ConfigError,
    ContractError,
    EndpointError,
    IqaSpiderError,
    PictureError,
    StorageError,
    UnknownNameError,
)
from schemas.settings.config import RunConfig

__version__ = VERSION
__all__ = [
    "AnnotationError",
    "ConfigError",
    "ContractError",
    "Dataset",
    "Defect",
    "EndpointError",
    "IqaSpiderError",
    "PictureError",
    "Row",
    "RowRegion",
    "RunConfig",
    "RunSummary",
    "StageSummary",
    "Stats",
    "StorageError",
    "UnknownNameError",
    "__version__",
    "build",
    "configured",
    "corrupt",
    "degrade",
    "distortions",
    "open",
    "segment",
    "stats",
    "validate",
]
