"""The whole road: pictures per second and core by stage, Prefect's share, and memory.

Run with ``pytest tests/benchmarks/test_pipeline.py -m benchmark -s``. The photographs are made by
cutting and flipping the ones that scikit-image carries, so that any number can be had.
"""

import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

pytestmark = pytest.mark.benchmark

ROOT = Path(__file__).resolve().parents[2]
SMALL, LARGE = 100, int(os.environ.get("IQA_SPIDER_BENCH_PICTURES", "1000"))


def make_photos(folder, count, side=(512, 384)):
    """``count`` different 512x384 JPEGs cut from scikit-image's photographs."""
    from skimage import data

    folder.mkdir(parents=True)
    sources = [data.astronaut(), data.coffee(), data.chelsea(), data.rocket()]
    rng = np.random.default_rng(0)
    for number in range(count):
        photo = sources[number % len(sources)]
        scale = rng.uniform(0.62, 0.98)
        height, width = int(photo.shape[0] * scale), int(photo.shape[1] * scale)
        y = rng.integers(0, photo.shape[0] - height + 1)
        x = rng.integers(0, photo.shape[1] - width + 1)
        cut = cv2.resize(photo[y : y + height, x : x + width], side, interpolation=cv2.INTER_AREA)
        cut = cut[:, ::-1] if rng.random() < 0.5 else cut
        bgr = np.ascontiguousarray(cut[..., ::-1])
        cv2.imwrite(str(folder / f"{number:06d}.jpg"), bgr, [cv2.IMWRITE_JPEG_QUALITY, 95])


def build(photos, out, *flags):
    """Build through the command line; returns seconds and the peak memory of the process, MB."""
    command = [sys.executable, "-m", "flows", "build", str(photos), "--out", str(out), *flags]
    start = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - start
    assert done.returncode in (0, 3), done.stderr
    return seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def test_rate_share_and_memory(tmp_path):
    """Prints rate, stages, Prefect's share and peak memory; asserts only that rows came out."""
    for count in (SMALL, LARGE):
        photos, out = tmp_path / f"photos{count}", tmp_path / f"out{count}"
        make_photos(photos, count)
        seconds, peak = build(photos, out, "--workers", "1")
        manifest = json.loads((out / "manifest.json").read_text())
        stages = manifest["timings"]
        inside = sum(
            value for name, value in stages.items() if name.startswith(("ingest", "build"))
        )
        print(f"\n{count} pictures: {seconds:.1f} s, {count / seconds:.1f}/s, peak {peak:.0f} MB")
        for name, value in sorted(stages.items(), key=lambda item: -item[1]):
            print(f"  {name:<28}{value:>9.2f} s {1000 * value / count:>8.2f} ms per picture")
        print(f"  outside the stages (Prefect, start, card): {100 * (1 - inside / seconds):.1f} %")
    assert manifest["counts"]
