"""The demo: photographs that come with scikit-image, through the whole road."""

from pathlib import Path

import skimage.data
from rich.console import Console

from flows.dataset.show import draw
from flows.ingest.single import SourceImages
from flows.run.command import run_build_command
from flows.store.png import write_png
from schemas.config import RunConfig
from schemas.errors import ConfigError

PHOTOGRAPHS = ("astronaut.png", "chelsea.png", "coffee.png", 
               "motorcycle_left.png", "rocket.jpg")  # fmt: skip
"""What the wheel may carry; files that are not there are left out, nothing is downloaded."""

VARIANTS = 4


def run_demo(out: Path) -> int:
    """Build, draw a row, say where to look; always 0 when it ends."""
    folder = Path(skimage.data.__file__).parent
    found = [str(folder / name) for name in PHOTOGRAPHS if (folder / name).is_file()]
    if not found:
        raise ConfigError(f"demo: scikit-image carries none of {', '.join(PHOTOGRAPHS)}")
    config = RunConfig.parse({"variants": VARIANTS, "export": {"test_share": 0.3}})
    run_build_command(found, out, config)
    picture = out / "row.png"
    write_png(picture, draw(out, "0", SourceImages(out, []).load))
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"card       {out / 'README.md'}")
    console.print(f"figures    {out / 'figures'}")
    console.print(f"one row    {picture}")
    console.print(f"load it    datasets.load_dataset({str(out)!r}, 'grounding', split='train')")
    return 0
