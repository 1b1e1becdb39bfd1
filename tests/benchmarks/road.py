"""The road from photograph to dataset on one core, in one run: stages, and ratios to yardsticks.

    IQA_SPIDER_TEST_DATA=... python -m tests.benchmarks.road [--pictures N] [--against FOLDER]
        [--variants V] [--png isal] [--skip-published]

Photographs are cut and scaled to 1024x768 and written as JPEG of quality 92. All is processor
time, not wall time; milliseconds of a busy machine count for nothing, ratios of one run do.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np

from distortions.plan import draw_chain, draw_targets, link_chain, make_palette
from distortions.region import composite, degrade_region
from flows.ingest.candidate import ingest_candidate, load_image
from flows.ingest.sources import list_candidates
from flows.run.command import run_build
from flows.run.prepare import make_tools
from flows.store.layout import DATA
from flows.store.png import deflate_of, encode_png
from schemas import masks
from schemas.errors import ConfigError
from schemas.settings.config import RunConfig
from schemas.streams import Stream
from tests.benchmarks import published
from tests.benchmarks.stages import Profile

WIDTH, HEIGHT = 1024, 768
QUALITY = 92
TYPES_LEFT_OUT = ("quantize_otsu",)
"""The published Otsu searches exhaustively, seconds a picture; no ratio should hang on it."""
WARM = 4
"""Pictures of a build that compiles the kernels and is not counted."""


def main():
    """Measure and print."""
    asked = arguments()
    # As the pipeline's workers do: large arrays come from the heap and not from fresh pages.
    np.empty(31 << 20, np.uint8)
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        files = photographs(Path(os.environ["IQA_SPIDER_TEST_DATA"]), work, asked.pictures)
        config = RunConfig.load(None, {"export.png": asked.png, "variants": asked.variants})
        whole, kept = whole_road(work, len(files), config)
        data = [file.read_bytes() for file in kept]
        floors = {png: floor(data, png) for png in available()}
        free, theirs = gate_free(kept, config, asked)
        print(f"\ncodec floor (OpenCV decodes, Sub and deflate at level 1), {asked.png}:", end=" ")
        print(", ".join(f"{png} {ms:.1f} ms" for png, ms in floors.items()))
        share = floors[asked.png] / whole
        print(f"whole road, finish left out: {whole:.1f} ms, {share:.1%} of the floor")
        print(f"gate-free: {free:.1f} ms, {floors[asked.png] / free:.1%} of the floor")
        if theirs:
            print(
                f"published order of work, gate-free: {theirs:.1f} ms, {theirs / free:.1f} x ours"
            )
        if asked.against:
            against(work, Path(asked.against), len(files))


def arguments():
    """What was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--pictures", type=int, default=60)
    parser.add_argument("--variants", type=int, default=1)
    parser.add_argument("--against", help="folder of another commit of this project")
    parser.add_argument("--png", default=available()[-1], choices=("zlib", "isal"))
    parser.add_argument("--skip-published", action="store_true")
    return parser.parse_args()


def available():
    """The compressors that are installed, the fastest last."""
    try:
        deflate_of("isal")
    except ConfigError:
        return ["zlib"]
    return ["zlib", "isal"]


def photographs(data, work, number):
    """The shared photographs at one size; small ones are left out."""
    folder, written = work / "photographs", []
    folder.mkdir()
    for file in sorted((data / "photos").rglob("*")):
        image = cv2.imread(str(file)) if file.is_file() else None
        if image is None or min(image.shape[:2]) < 384:
            continue
        scale = max(WIDTH / image.shape[1], HEIGHT / image.shape[0])
        size = (round(image.shape[1] * scale), round(image.shape[0] * scale))
        how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        scaled = cv2.resize(image, size, interpolation=how)
        top, left = (size[1] - HEIGHT) // 2, (size[0] - WIDTH) // 2
        written.append(folder / f"{len(written):03d}.jpg")
        part = scaled[top : top + HEIGHT, left : left + WIDTH]
        cv2.imwrite(str(written[-1]), part, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
        if len(written) == number:
            break
    return written


def whole_road(work, number, config):
    """Build twice in this process, profiled the second time; milliseconds a picture."""
    source = [str(work / "photographs")]
    run_build(source, work / "warm", config.model_copy(update={"limit": WARM}))
    profile = Profile()
    profile.install()
    start = time.process_time()
    summary = run_build(source, work / "built", config)
    seconds = time.process_time() - start
    made = summary.pictures
    tried = {name: n for name, n in summary.counts.items() if name.startswith("gate.")}
    print(f"{made} of {number} photographs of {WIDTH}x{HEIGHT}: {sum(summary.rows.values())} rows")
    print(", ".join(f"{name} {n}" for name, n in tried.items()))
    print(f"{'stage':<20}{'ms':>9}{'share':>8}{'calls':>9}")
    print("\n".join(profile.table(made, seconds)))
    # What is done once a run is no cost of a picture.
    seconds -= profile.seconds["finish"]
    stored = sum(file.stat().st_size for file in (work / "built" / DATA).iterdir())
    print(f"{stored / made / 1000:.0f} kB of rows a photograph")
    return 1000 * seconds / made, passed(source, config)


def passed(source, config):
    """Files of the photographs that pass the screen, for all yardsticks alike."""
    found = list_candidates(source, config.limit)
    taken = [c for c in found if hasattr(ingest_candidate(c, config), "picture")]
    return [Path(c.root) / c.path for c in taken]


def floor(data, png):
    """Milliseconds to decode a picture and to encode it again, three rounds, the best."""
    deflate, best = deflate_of(png), float("inf")
    for _ in range(3):
        start = time.process_time()
        for one in data:
            image = cv2.imdecode(np.frombuffer(one, np.uint8), cv2.IMREAD_COLOR)
            encode_png(image, deflate)
        best = min(best, time.process_time() - start)
    return 1000 * best / len(data)


def gate_free(files, config, asked):
    """Masks given, chains drawn, no gate, no text: ours and the published way, interleaved."""
    config = config.model_copy(update={"screen": config.screen.model_copy(update={"enabled": 0})})
    palette, tools = make_palette(config.plan), make_tools(config, "")
    families = {
        name: kept
        for name, types in palette.families.items()
        if (kept := [entry for entry in types if entry.name not in TYPES_LEFT_OUT])
    }
    palette = palette._replace(families=families)
    deflate, spent = deflate_of(asked.png), {"ours": 0.0, "theirs": 0.0}
    for file in files:
        (candidate,) = list_candidates([str(file)])
        runs, chains = drawn(candidate, tools, palette, config)
        data = file.read_bytes()
        ours(candidate, runs, chains, config, deflate)
        start = time.process_time()
        ours(candidate, runs, chains, config, deflate)
        spent["ours"] += time.process_time() - start
        if not asked.skip_published:
            given = [masks.decode(run, HEIGHT, WIDTH) for run in runs]
            published.picture(data, given, chains) if file == files[0] else None
            start = time.process_time()
            published.picture(data, given, chains)
            spent["theirs"] += time.process_time() - start
    return tuple(1000 * seconds / len(files) for seconds in spent.values())


def drawn(candidate, tools, palette, config):
    """Run lengths of the regions of a picture that are degraded, and their chains."""
    image = load_image(candidate, config)
    found = ingest_candidate(candidate, config).picture
    (proposed,) = tools.regions.propose([image], [found])
    proposals = proposed.regions
    stream = Stream(0, candidate.path)
    targets = draw_targets(stream, len(proposals), config.plan)
    chains, earlier = [], []
    for index in targets:
        earlier.append(draw_chain(stream, palette, earlier))
        chains.append(link_chain(earlier[-1], 0, candidate.path, index))
    return [masks.encode(proposals[index].mask) for index in targets], chains


def ours(candidate, runs, chains, config, deflate):
    """From the file of a JPEG and run lengths to the bytes of a PNG."""
    image = load_image(candidate, config)
    patches = [
        degrade_region(image, masks.decode(run, HEIGHT, WIDTH), chain)
        for run, chain in zip(runs, chains, strict=True)
    ]
    return encode_png(composite(image, patches), deflate)


def against(work, other, number):
    """This commit beside another one, both by their command; start-up cancels out."""
    here, found = Path(__file__).resolve().parents[2], {}
    few = number // 4
    for name, folder in (("there", other), ("here", here)):
        command(folder, work, f"{name}-warm", WARM)
        costs = [command(folder, work, f"{name}-{n}", n) for n in (few, number)]
        found[name] = 1000 * (costs[1] - costs[0]) / (number - few)
    print(
        f"default settings: {found['here']:.1f} ms a picture, there {found['there']:.1f},", end=""
    )
    print(f" {found['there'] / found['here']:.2f} x")


def command(folder, work, name, number):
    """Seconds of processor time of a build by another process and its children."""
    before = os.times()
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")]),
        "PREFECT_HOME": str(work / "prefect"),
        "PREFECT_LOGGING_LEVEL": "ERROR",
    }
    line = ["build", str(work / "photographs"), "--out", str(work / name), "--limit", str(number)]
    subprocess.run(
        [sys.executable, "-m", "flows", *line],
        cwd=folder,
        env=environment,
        capture_output=True,
        check=False,
    )
    if not (work / name / "manifest.json").is_file():
        raise SystemExit(f"{folder}: build of {number} photographs failed")
    after = os.times()
    return (
        after.children_user
        + after.children_system
        - (before.children_user + before.children_system)
    )


if __name__ == "__main__":
    main()
