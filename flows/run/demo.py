"""The demo: photographs that come with scikit-image, through the whole road."""

from pathlib import Path
from typing import NamedTuple

import skimage.data
from rich.console import Console

from flows.dataset.balance import RunSummary
from flows.dataset.opened import open_dataset
from flows.dataset.show import draw
from flows.ingest.single import SourceImages
from flows.run.command import run_build
from flows.store.layout import LOOK
from flows.store.png import write_png
from schemas.errors import ConfigError
from schemas.settings.config import RunConfig

PHOTOGRAPHS = (
    "astronaut.png",
    "chelsea.png",
    "coffee.png",
    "motorcycle_left.png",
    "rocket.jpg",
)
"""What the wheel may carry; files that are not there are left out, nothing is downloaded."""

REGIONS = Path(__file__).with_name("demo_regions.json")
"""Their regions as a COCO document, drawn by hand: the cat, the cup, the rocket."""

VARIANTS = 4


class Demo(NamedTuple):
    """What the demo made.

    Args:
        summary: Of the build.
        row: Picture of one row.
        look: The gallery; ``None`` where it was left out.
        split: A split that has grounding rows; so few photographs may all be in one.
    """

    summary: RunSummary
    row: Path
    look: Path | None
    split: str


def run_demo(out: Path, console: Console | None = None, look: bool = True) -> Demo:
    """Build a small dataset and draw a row of it.

    Raises:
        ConfigError: There are no photographs, or the folder holds something else.
    """
    folder = Path(skimage.data.__file__).parent
    found = [str(folder / name) for name in PHOTOGRAPHS if (folder / name).is_file()]
    if not found:
        raise ConfigError(f"demo: scikit-image carries none of {', '.join(PHOTOGRAPHS)}")
    # The cat and the sky fill more than an ordinary region may, the nose and the rocket less.
    regions = {"source": f"coco:{REGIONS}", "min_area": 0.008, "max_area": 0.7, "min_side": 24}
    config = RunConfig.parse(
        {
            "variants": VARIANTS,
            "export": {"test_share": 0.3},
            "regions": regions,
            "run": {"look": look},
        }
    )
    summary = run_build(found, out, config, console)
    row = out / "row.png"
    shown = open_dataset(out).filter(task="grounding")
    write_png(row, draw(out, shown[0].row_id, SourceImages(out, []).load))
    page = out / LOOK if look else None
    return Demo(summary, row, page, shown.splits[0])
