"""How often the gate refuses types and orders of families; prints tables.

    IQA_SPIDER_TEST_DATA=... python -m tests.benchmarks.refusals [--pictures N] [--orders]

Every type by itself at every level on regions of the shared photographs, reduced to 512 pixels:
those that lie over whole pictures on pictures. With ``--orders``, chains of two: the share that
passes, and of those the share whose order is seen, in both orders.
"""

import argparse
import os
from collections import Counter, defaultdict
from pathlib import Path

import cv2
import numpy as np

from distortions import DISTORTIONS, FAMILIES, types_of
from distortions.chain import Link
from distortions.families import ROWS
from distortions.gate import judge
from distortions.view import View
from flows.picture.degrade import find_scene
from flows.run.prepare import make_tools
from schemas.masks import decode
from schemas.settings.config import RunConfig
from schemas.streams import Stream, derive_key
from tests.benchmarks.truth import pictures

LEVELS = (1, 2, 3, 4, 5)
HIGH = 0.6


def main():
    """Judge, print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--pictures", type=int, default=16)
    parser.add_argument("--regions", type=int, default=3, help="of a picture")
    parser.add_argument("--orders", action="store_true")
    parser.add_argument("--trials", type=int, default=24, help="chains of each order")
    parser.add_argument("--types", default="", help="comma separated; empty: those not by default")
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    config = RunConfig.parse({"ingest": {"max_long_side": 512}})
    root = Path(os.environ["IQA_SPIDER_TEST_DATA"]) / "photos"
    places = list(regions(root, config, asked))
    print(f"{len(places)} places", flush=True)
    if asked.orders:
        orders(places, config.gate, asked.trials)
    else:
        singles(places, config.gate, [name for name in asked.types.split(",") if name])


def regions(root, config, asked):
    """Views of regions, and of whole pictures, with their pixels and masks."""
    tools = make_tools(config, "")
    for one in pictures(root, config, asked.pictures):
        picture, image = one.picture, one.image
        whole = np.ones(image.shape[:2], np.bool_)
        yield "picture", picture.picture_id, image, whole, View(image, whole)
        scene, _ = find_scene(picture, image, tools)
        for region in list(scene.regions if scene else ())[: asked.regions]:
            mask = decode(region.mask, *image.shape[:2])
            yield "region", region.region_id, image, mask, View(image, mask)


def singles(places, gate, names):
    """Refusals of each type at each level, and why."""
    chosen = [DISTORTIONS[n] for n in names] or [e for e in DISTORTIONS.values() if not e.default]
    print(f"{'type':<24} places   refused at levels 1..5        3..5   damage at 1..5   why")
    for entry in chosen:
        found, why, damage = defaultdict(list), Counter(), defaultdict(list)
        for kind, name, image, mask, view in places:
            if kind != entry.scope:
                continue
            for level in LEVELS:
                link = Link(entry, level, derive_key("refusals", name, entry.name))
                judged = judge(image, mask, [link], gate, view)
                found[level].append(bool(judged.refusal))
                why[judged.refusal.partition(":")[2]] += level > 2 and bool(judged.refusal)
                if judged.damage:
                    damage[level].append(judged.damage.damage)
        shares = [np.mean(found[level]) for level in LEVELS]
        high = np.mean(shares[2:])
        told = " ".join(f"{share:5.0%}" for share in shares)
        seen = " ".join(f"{np.median(damage[k]) if damage[k] else 0:4.1f}" for k in LEVELS)
        reasons = ", ".join(f"{slug} {n}" for slug, n in why.most_common(3) if n)
        mark = "!" if high > HIGH else " "
        line = (
            f"{entry.name:<24} {len(found[1]):>6}   {told}   {high:5.0%} {mark} {seen}   {reasons}"
        )
        print(line, flush=True)


def orders(places, gate, trials):
    """Chains of two of every row beyond the published ones, and their reverses."""
    print("first > second                             tried   pass   order seen   of all")
    for first, second in sorted((a, b) for a, after in ROWS.items() for b in after):
        for pair in ((first, second), (second, first)):
            if not all(types_of(name) for name in pair):
                continue
            passed, seen = [], []
            for trial in range(trials):
                stream = Stream("orders", *sorted(pair), trial)
                types = {name: stream.choice(types_of(name)) for name in sorted(pair)}
                levels = {name: 2 + stream.below(2) for name in sorted(pair)}
                kinds = [p for p in places if p[0] == _scope(types.values())]
                _, name, image, mask, view = stream.choice(kinds)
                links = [
                    Link(types[n], levels[n], derive_key("orders", name, trial, n)) for n in pair
                ]
                judged = judge(image, mask, links, gate, view)
                passed.append(not judged.refusal)
                seen.append(bool(judged.order and judged.order.visible))
            print(
                f"{' > '.join(pair):<42} {trials:>5}  {np.mean(passed):5.0%}   "
                f"{sum(seen) / max(1, sum(passed)):10.0%}   {np.mean(seen):6.0%}",
                flush=True,
            )


def _scope(types):
    return "picture" if any(entry.scope == "picture" for entry in types) else "region"


if __name__ == "__main__":
    assert set(ROWS) <= set(FAMILIES)
    main()
