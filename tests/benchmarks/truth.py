"""Are the labels true to the eye? An independent referee looks at a drawn build; prints figures.

    IQA_SPIDER_TEST_DATA=... python -m tests.benchmarks.truth [--pictures N] [--variants V]
        [--seed S] [--set section.key=value ...] [--rows-only | --ranks-only] [--baseline]

Builds COCO pictures with their masks and photographs with weight-free regions in this process and
judges the records by S-CIELAB, multi-scale SSIM and MDSI (``referee``), none of which the pipeline
uses. Every region is made again from its recorded keys. Behind each share stands its 95 % interval:
Wilson's for what is right or wrong, regions drawn again for pairs of grades.
"""

import argparse
import itertools
import os
import time
from collections import Counter, defaultdict
from pathlib import Path

import cv2
import numpy as np
from scipy.stats import binomtest

from distortions.chain import Link
from distortions.perception import perceived
from distortions.region import composite, degrade_region
from distortions.registry import FAMILIES, get
from flows.ingest.candidate import Ingested, ingest_candidate
from flows.ingest.sources import list_candidates
from flows.picture.degrade import degrade_and_ask
from flows.run.prepare import make_tools
from schemas import masks
from schemas.settings.config import RunConfig
from schemas.settings.section import parse_set
from tests.benchmarks import referee

MARGIN = 40
WORST = ("worst damage", "draws the eye most", "most of the harm", "suffers most", "hit hardest")
BEFORE = {"coco": 7.02, "photos": 9.85, "all": 8.43}
"""Rows per degraded picture of 30 pictures and 2 variants, seed 0, while steps were judged against
the stage before them, grades by level and every order was asked for (commit 3508c3f)."""
GRADES = ("mild", "moderate", "severe")
RANKS = ("hybrid_intensity", "single_intensity")
TONES = ("brighten", "darken", "contrast", "saturate")
"""How types begin that change tone or colour, which MS-SSIM hardly sees."""


def main():
    """Build, judge, report."""
    cv2.setNumThreads(1)
    asked = arguments()
    data, found = Path(os.environ["IQA_SPIDER_TEST_DATA"]), Counter()
    tallies = {name: Tally() for name in ("coco", "photos", "all")}
    for name, root, source in (
        ("coco", data / "annotated/coco/images", f"coco:{data}/annotated/coco/instances.json"),
        ("photos", data / "photos", "segments"),
    ):
        overrides = {"seed": asked.seed, "variants": asked.variants, "regions.source": source}
        config = RunConfig.load(None, overrides | parse_set(asked.set))
        tools = make_tools(config, "benchmark")
        for picture, image in pictures(root, config, asked.pictures):
            start = time.process_time()
            outcome = degrade_and_ask(picture, image, tools)
            seconds = time.process_time() - start
            found.update({f"{name} seconds": seconds, "all seconds": seconds})
            for tally in (tallies[name], tallies["all"]):
                tally.count(outcome)
            for variant in outcome.variants if not asked.rows_only else []:
                judged = judge_variant(image, variant, asked.ranks_only)
                for tally in (tallies[name], tallies["all"]):
                    tally.add(judged)
    for name, tally in tallies.items():
        seconds = found[f"{name} seconds"]
        print(f"\n{name}: {tally.images} degraded pictures, {seconds:.1f} s of processor time")
        if asked.baseline:
            print(f"  rows per degraded picture before: {BEFORE[name]:.2f}")
        print("\n".join(tally.lines()))


def arguments():
    """What to build."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--pictures", type=int, default=30)
    parser.add_argument("--variants", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rows-only", action="store_true", help="leave the referee out")
    parser.add_argument("--ranks-only", action="store_true", help="judge only least, most, worst")
    parser.add_argument("--baseline", action="store_true", help="print the rows of before, too")
    parser.add_argument("--set", action="append", default=[])
    return parser.parse_args()


def pictures(root, config, count):
    """The first pictures that pass the screen."""
    candidates = [c for c in list_candidates([str(root)]) if "kadid" not in c.path]
    ready = (ingest_candidate(candidate, config) for candidate in candidates)
    return list(itertools.islice((one for one in ready if isinstance(one, Ingested)), count))


class Region:
    """A degraded region, rendered with any of its steps in any order."""

    def __init__(self, image, record):
        self.image, self.record = image, record
        self.mask = masks.decode(record.mask, *image.shape[:2])
        self.links = [Link(get(s.type), s.severity, int(s.key, 16)) for s in record.chain]
        x0, y0, x1, y1 = record.box
        self.part = np.s_[max(0, y0 - MARGIN) : y1 + MARGIN, max(0, x0 - MARGIN) : x1 + MARGIN]
        self.inside, self.made, self.labs = np.ascontiguousarray(self.mask[self.part]), {}, {}

    def pixels(self, *steps):
        """The crop with these steps laid on, in this order."""
        if steps not in self.made:
            chain = [self.links[step] for step in steps]
            whole = composite(self.image, [degrade_region(self.image, self.mask, chain)])
            self.made[steps] = np.ascontiguousarray(whole[self.part])
        return self.made[steps]

    def verdict(self, without, with_it):
        """S-CIELAB and loss of structure between two states."""
        pictures = [self.pixels(*steps) for steps in (without, with_it)]
        for steps, pixels in zip((without, with_it), pictures, strict=True):
            if steps not in self.labs:
                self.labs[steps] = referee.scielab(pixels)
        return referee.verdict(*pictures, self.inside, self.labs[without], self.labs[with_it])

    def three(self, without):
        """The three measures of the finished region against it ``without`` some steps."""
        end = tuple(range(len(self.links)))
        colour, structure = self.verdict(without, end)
        seen = referee.mdsi(self.pixels(*without), self.pixels(*end), self.inside)
        return colour, structure, seen


def judge_variant(image, variant, ranks_only=False):
    """Everything the referee says of one degraded picture, as (name, value) pairs."""
    worst = {row.row_id: called_worst(row, variant) for row in variant.samples}
    if ranks_only and not any(worst[r.row_id] or r.sub_task in RANKS for r in variant.samples):
        return []
    regions = {r.region_id: Region(image, r) for r in variant.degraded if r.chain}
    losses = {name: region.three(()) for name, region in regions.items()}
    said = [] if ranks_only else [one for n, r in regions.items() for one in steps(r, losses[n])]
    for row in variant.samples:
        region = regions.get(row.region_id)
        if row.sub_task == "hybrid_intensity" and len(losses) > 1 and region:
            said.append((f"{row.form} right", agreed(losses, row.region_id, row.form)))
        if row.sub_task == "single_intensity":
            said.append(("single right", single_right(row, regions)))
        if len(losses) > 1 and worst[row.row_id] in losses:
            said.append(("worst right", agreed(losses, worst[row.row_id], "most")))
        if row.sub_task != "accumulation_order" or ranks_only:
            continue
        said.append(("order by set of families", by_families(row, variant)))
        if region and len(region.links) == 2:
            said.append(("order seen", region.verdict((1, 0), (0, 1)).seen))
    return said


def steps(region, losses):
    """Whether each step is seen in the finished region; a graded single step with its losses."""
    end = tuple(range(len(region.links)))
    for step in end:
        rest = tuple(other for other in end if other != step)
        yield "steps seen", region.verdict(rest, end).seen
    if len(end) == 2:
        differ = region.verdict((1, 0), (0, 1)).seen
        yield "chains of two called different", differ if region.record.order_visible else None
    if len(end) == 1 and region.record.chain[0].grade:
        fitted = perceived(region.pixels(), region.pixels(0), region.inside).damage
        kind = region.record.chain[0].type
        yield region.record.chain[0].grade, (fitted, losses[1], losses[2], kind)


def agreed(losses, answer, form):
    """Whether two of three measures put the answer at the end that was asked for."""
    pick = max if form == "most" else min
    return sum(pick(losses, key=lambda n: losses[n][i]) == answer for i in range(3)) >= 2


def single_right(row, regions):
    """The same for one distortion, by what its step does to the finished region."""
    question = row.question.lower()
    family = next((s.family for s in row.chain if FAMILIES[s.family].noun in question), "")
    losses = {}
    for name, region in regions.items():
        for place, step in enumerate(region.record.chain):
            if step.family == family:
                losses[name] = region.three(
                    tuple(i for i in range(len(region.links)) if i != place)
                )
    return len(losses) > 1 and agreed(losses, row.region_id, row.form)


def by_families(row, variant):
    """Whether no other region holds the families that an order question names."""
    asked = {"pair": [0, 1], "first": [0], "last": [-1]}[row.form]
    families = {row.chain[place].family for place in asked}
    others = [r for r in variant.degraded if r.chain and r.region_id != row.region_id]
    return not any(families <= {s.family for s in other.chain} for other in others)


def called_worst(row, variant):
    """The region a description calls the worst, if it calls any so."""
    if row.task != "global_description":
        return ""
    names = {r.reference: r.region_id for r in variant.samples if r.reference}
    for sentence in row.answer.split(". "):
        if any(word in sentence.lower() for word in WORST):
            hits = [name for name in names if name.lower() in sentence.lower()]
            return names[max(hits, key=len)] if hits else ""
    return ""


class Tally:
    """Counts of one set."""

    def __init__(self):
        self.images, self.rows, self.dropped = 0, Counter(), Counter()
        self.shares, self.grades = defaultdict(list), defaultdict(list)

    def count(self, outcome):
        """Rows and refusals of a picture."""
        self.images += len(outcome.variants)
        for variant in outcome.variants:
            self.rows.update(f"{s.task} {s.sub_task}".strip() for s in variant.samples)
        for name, number in outcome.counts.items():
            if name.startswith(("gate.", "ask.dropped")):
                self.dropped[name] += number

    def add(self, judged):
        """What the referee said of a variant."""
        for name, value in judged:
            if value is None:
                continue
            (self.grades if name in GRADES else self.shares)[name].append(value)

    def lines(self):
        """The report."""
        every = sum(self.rows.values())
        yield f"  rows per degraded picture: {every / max(1, self.images):.2f}"
        for name, number in sorted(self.rows.items()):
            yield f"    {name:<40}{number / max(1, self.images):>7.2f}"
        for name, values in sorted(self.shares.items()):
            low, high = binomtest(sum(values), len(values)).proportion_ci(method="wilson")
            span = f"[{low:.1%}, {high:.1%}]"
            yield f"  {name:<42}{np.mean(values):>7.1%} of {len(values):<5} {span}"
        for lower, upper in itertools.combinations(GRADES, 2):
            yield self._inverted(lower, upper)
        yield from (f"  {name:<58}{number:>6}" for name, number in sorted(self.dropped.items()))

    def _inverted(self, lower, upper):
        sets = [self.grades[lower], self.grades[upper]]
        if not all(sets):
            return f"  {lower} and {upper}: no pair"
        named = zip(("the scale", "MS-SSIM", "MDSI"), range(3), strict=True)
        shares = ", ".join(f"{inverted(*sets, place)} by {name}" for name, place in named)
        shaped = [[one for one in grade if not one[3].startswith(TONES)] for grade in sets]
        without = f"; no tones: {inverted(*shaped, 1)} by MS-SSIM" if all(shaped) else ""
        count = f"{len(sets[0])} x {len(sets[1])}"
        return f"  {lower} looks worse than {upper} ({count}): {shares}{without}"


def inverted(lower, upper, place):
    """Share of pairs that stand the wrong way round by one measure, with its interval."""
    low, high = (np.array([one[place] for one in grade]) for grade in (lower, upper))
    draw = np.random.default_rng(0).choice
    drawn = [
        np.mean(draw(low, low.size)[:, None] > draw(high, high.size)[None]) for _ in range(1000)
    ]
    ends = np.percentile(drawn, (2.5, 97.5))
    return f"{np.mean(low[:, None] > high[None]):.1%} [{ends[0]:.1%}, {ends[1]:.1%}]"


if __name__ == "__main__":
    main()
