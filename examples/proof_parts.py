"""What the two proofs of learning share: small pictures, a small model, the command line.

Not run by itself; see ``prove_learning.py`` and ``prove_detailed.py``.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from PIL import Image
from skimage import data as photographs

BUILD = """
seed = 1
variants = {variants}
shard_size = 16
[ingest]
max_long_side = 128
min_side = 64
[screen]
enabled = false
[regions]
min_side = 20
min_area = 0.05
max_area = {max_area}
[plan]
min_regions = 1
max_regions = 1
uniform_share = 0.0
clean_share = 0.0
length_weights = [1.0]
families = {families}
[questions]
{questions}
[export]
test_share = 0.2
"""
SFT = """
batch = 32
accumulate = 1
checkpointing = false
log_steps = 25
save_steps = {save_steps}
steps = {steps}
seed = {seed}
[tune]
language = "{language}"
language_rate = {rate}
vision_rate = 1e-3
projector_rate = 1e-3
{tune}
"""


def spider(*arguments: object) -> None:
    """Run ``iqa-spider`` as a user types it."""
    command = [sys.executable, "-m", "flows", *map(str, arguments)]
    print("$ iqa-spider", *arguments, flush=True)
    # so small a model is slower on two threads than on one
    done = subprocess.run(command, check=False, env={"OMP_NUM_THREADS": "1"} | os.environ)
    if done.returncode not in (0, 3):  # 3: finished, some photographs were rejected
        raise SystemExit(done.returncode)


def own_photos(folder: Path) -> Path:
    """Crops of the photographs that scikit-image carries, where none are given."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("astronaut", "coffee", "chelsea", "rocket"):
        photo = getattr(photographs, name)()
        height, width = photo.shape[0] // 2, photo.shape[1] // 2
        for row in range(2):
            for column in range(2):
                crop = photo[row * height :][:height, column * width :][:, :width]
                Image.fromarray(crop).save(folder / f"{name}{row}{column}.png")
    return folder


def parser(about: str, steps: int, variants: int) -> argparse.ArgumentParser:
    """The options that both have, with their defaults."""
    made = argparse.ArgumentParser(description=about.partition("\n")[0])
    made.add_argument("photos", type=Path, nargs="?", help="folder of good photographs")
    made.add_argument("--out", type=Path, required=True)
    made.add_argument("--seeds", type=int, default=3)
    made.add_argument("--steps", type=int, default=steps)
    made.add_argument(
        "--variants", type=int, default=variants, help="degraded pictures a photograph"
    )
    return made


def built(settings: argparse.Namespace, **parts: object) -> Path:
    """The dataset, made with ``BUILD``."""
    out: Path = settings.out
    out.mkdir(parents=True, exist_ok=True)
    (out / "build.toml").write_text(BUILD.format(variants=settings.variants, **parts))
    photos = settings.photos or own_photos(out / "photos")
    spider("build", photos, "--out", out / "data", "--config", out / "build.toml")
    return out / "data"


def random_model(out: Path, texts: Iterable[str], seed: int) -> Path:
    """A model of a million weights that knows the words of ``texts``."""
    from tiny_vlm import build  # noqa: PLC0415  # beside this file; loads torch

    return build(out / "random", texts, seed=seed, width=128, vision_width=96)


def answers(path: Path) -> dict[str, dict[str, Any]]:
    """Row id to what ``point`` wrote of it."""
    return {r["row_id"]: r for r in map(json.loads, path.read_text().splitlines())}


def spread(values: Sequence[float]) -> float:
    """Standard deviation over the seeds; 0 of one."""
    return statistics.stdev(values) if len(values) > 1 else 0.0
