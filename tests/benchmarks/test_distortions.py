"""Every type beside its peers, and the region crop beside the whole picture: ratios in one run.

Run with ``pytest tests/benchmarks/test_distortions.py -m benchmark -s``.
"""

import gc
import math
import statistics
import time

import cv2
import numpy as np
import pytest

from distortions import DISTORTIONS
from distortions.chain import Link
from distortions.region import composite, degrade_region
from distortions.site import Site
from tests.benchmarks.peers import SEVERITY, all_peers

pytestmark = [pytest.mark.benchmark, pytest.mark.filterwarnings("default")]

WIDTH, HEIGHT = 1024, 768
ROUNDS = 7
CODECS = {"jpeg_compression", "jpeg2000_compression"}


@pytest.fixture(scope="module")
def photo():
    """A 1024x768 photograph."""
    from skimage import data

    # As the pipeline's workers do: large arrays come from the heap and not from fresh pages.
    np.empty(31 << 20, np.uint8)

    image = cv2.resize(data.astronaut(), (WIDTH, WIDTH), interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(image[:HEIGHT])


def interleaved(candidates, rounds=ROUNDS):
    """Median milliseconds per candidate; rounds interleaved so that load hits all alike.

    A candidate that raises (a peer that does not run with today's dependencies) is left out.
    """
    times = {}
    for name, run in list(candidates.items()):
        try:
            run()
            times[name] = []
        except Exception as error:  # noqa: BLE001  # a peer's own failure is not ours
            print(f"    {name}: {type(error).__name__}: {str(error)[:90]}")
    gc.disable()
    for _ in range(rounds):
        for name in times:
            start = time.perf_counter()
            candidates[name]()
            times[name].append(time.perf_counter() - start)
    gc.enable()
    return {name: 1000 * statistics.median(values) for name, values in times.items()}


def test_each_type_against_its_peers(photo):
    """Prints milliseconds and ratios; asserts only that something was compared."""
    cv2.setNumThreads(1)
    peers, ratios = all_peers(), {}
    print(f"\n{'type':<28}{'ours ms':>9}  fastest same    ratio  all peers (ms, ~ = only similar)")
    for name, entry in DISTORTIONS.items():
        site, params = Site.whole(photo, 1), entry.resolve(SEVERITY, 1)
        candidates = {"ours": lambda e=entry, p=params, s=site: e.apply(photo, p, s)}
        same = {}
        for peer in peers.get(name, []):
            label = peer.library if peer.same else f"~{peer.library}"
            candidates[label] = lambda p=peer: p.run(photo)
            same[label] = peer.same
        times = interleaved(candidates, 3 if name == "jpeg2000_compression" else ROUNDS)
        ours = times.pop("ours")
        fair = {label: value for label, value in times.items() if same[label]}
        best = min(fair, key=fair.get) if fair else ""
        ratio = fair[best] / ours if best else math.nan
        if best and name not in CODECS:
            ratios[name] = ratio
        others = "  ".join(f"{label} {value:.2f}" for label, value in sorted(times.items()))
        print(f"{name:<28}{ours:>9.2f}  {best:<14}{ratio:>7.1f}  {others}")
    mean = math.exp(statistics.fmean(math.log(r) for r in ratios.values()))
    print(f"geometric mean over {len(ratios)} types with a fair peer, codecs left out: {mean:.1f}x")
    assert len(ratios) > 10


def mask_of(share):
    """An ellipse of about ``share`` of the picture."""
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    scale = math.sqrt(share / (math.pi / 4))
    axes = (int(WIDTH / 2 * scale), int(HEIGHT / 2 * scale))
    cv2.ellipse(mask, (WIDTH // 2, HEIGHT // 2), axes, 0, 0, 360, 1, -1)
    return mask.astype(np.bool_)


def test_region_crop_against_whole_picture(photo):
    """Crop + halo + composite beside whole picture + composite, at 5, 20 and 60 % area."""
    cv2.setNumThreads(1)
    print(f"\n{'type':<28}{'5 %':>20}{'20 %':>20}{'60 %':>20}   (whole -> crop ms, ratio)")
    gains = {0.05: [], 0.20: [], 0.60: []}
    for name, entry in DISTORTIONS.items():
        cells = []
        for share, collected in gains.items():
            mask, link = mask_of(share), Link(entry, SEVERITY, 1)

            def whole(mask=mask, link=link):
                domain = mask if link.type.domain == "region" else None
                site = Site.whole(photo, link.key, domain)
                out = photo.copy()
                cv2.copyTo(link.type.apply(photo, link.params, site), mask.view(np.uint8), out)

            def crop(mask=mask, link=link):
                composite(photo, [degrade_region(photo, mask, [link])])

            times = interleaved({"whole": whole, "crop": crop}, 3)
            collected.append(times["whole"] / times["crop"])
            cells.append(f"{times['whole']:.1f} -> {times['crop']:.1f} x{collected[-1]:.1f}")
        print(f"{name:<28}" + "".join(f"{cell:>20}" for cell in cells))
    for share, values in gains.items():
        mean = math.exp(statistics.fmean(math.log(v) for v in values))
        print(f"geometric mean at {share:.0%}: {mean:.1f}x")
    assert all(len(values) == len(DISTORTIONS) for values in gains.values())
