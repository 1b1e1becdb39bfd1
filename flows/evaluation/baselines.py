"""What needs no model: chance, the most frequent answer, the centre, the whole picture, oracles.

A baseline is a set of predictions, scored by the same code as a model's. Chance is keyed by seed
and row. Baselines that learn look at the other split of the dataset, or, where there is none, at
the evaluated rows themselves, which favours them.

Source: metrics specification, section 4.1 (oracle rows: box centre and its 2x2 quantised point).
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from annotators.language.phrases import capitalised
from annotators.language.positions import WHOLE_IMAGE
from flows.evaluation.grounding import Measured
from flows.evaluation.predictions import Prediction
from flows.evaluation.texts import GRADES
from flows.evaluation.truth import Bench
from schemas import masks
from schemas.boxes import Box
from schemas.records import Sample
from schemas.streams import Stream

QUADRANTS = tuple(f"{down} {across}." for down in ("Top", "Bottom") for across in ("left", "right"))


class Baseline(NamedTuple):
    """Predictions without a model.

    Args:
        name: As tables call it.
        predictions: Row id to prediction.
        texts: Whether it answers in words.
        measured: What it gives for grounding.
    """

    name: str
    predictions: Mapping[str, Prediction]
    texts: bool
    measured: Measured


def baselines(bench: Bench, seed: int) -> list[Baseline]:
    """Every baseline, in the order of the tables."""
    points = Measured(masks=False, points=True, words=False)
    whole = Measured(masks=True, points=False, words=False)
    return [
        Baseline("random", random_answers(bench, seed), True, Measured()),
        Baseline("majority", majority_answers(bench), True, Measured()),
        Baseline("centre point", _pointing(bench, centre), False, points),
        Baseline("whole image", _whole(bench), False, whole),
        Baseline("oracle: box centre", _pointing(bench, box_centre), False, points),
        Baseline("oracle: quadrant", _pointing(bench, quadrant_centre), False, points),
    ]


def random_answers(bench: Bench, seed: int) -> dict[str, Prediction]:
    """Drawn families and grades, a drawn quadrant and point and box, a text about other pictures.

    A referring answer names one or two families. A mask is the box between two drawn corners.
    """
    by_task = _by_task((*bench.samples, *bench.others))
    found = {}
    for sample in bench.samples:
        stream = Stream(seed, "baseline", sample.row_id)
        if sample.task == "referring":
            found[sample.row_id] = Prediction(_random_families(bench, stream))
            continue
        same = by_task[sample.task]
        pool = [row for row in same if row.picture_id != sample.picture_id] or same
        other = stream.choice(pool)
        if sample.task != "grounding":
            found[sample.row_id] = Prediction(other.answer)
            continue
        answer = f"{stream.choice(QUADRANTS)} {other.semantic_answer}"
        width, height = sample.width, sample.height
        point = (stream.uniform(0, width), stream.uniform(0, height))
        found[sample.row_id] = Prediction(answer, point, mask=_random_box(sample, stream))
    return found


def majority_answers(bench: Bench) -> dict[str, Prediction]:
    """The most frequent chain, place and text; the mask is the most frequent quadrant."""
    learned = _by_task(bench.others or bench.samples)
    own = _by_task(bench.samples)
    found: dict[str, Prediction] = {}
    for task, samples in own.items():
        rows = learned.get(task) or samples
        if task == "referring":
            answer = _frequent(_chain_words(row, bench) for row in rows)
            found |= {sample.row_id: Prediction(answer) for sample in samples}
        elif task == "grounding":
            spatial, text = _majority_place(rows), _typical(rows, lambda row: row.semantic_answer)
            found |= {s.row_id: _at(s, spatial, f"{spatial} {text}") for s in samples}
        else:
            text = _typical(rows, lambda row: row.answer)
            found |= {sample.row_id: Prediction(text) for sample in samples}
    return found


def centre(sample: Sample) -> tuple[float, float]:
    """The middle of the picture, pixels."""
    return sample.width / 2, sample.height / 2


def box_centre(sample: Sample) -> tuple[float, float]:
    """The centre of the target's box, pixels; it may lie outside its mask."""
    x0, y0, x1, y1 = sample.box or (0, 0, sample.width, sample.height)
    return (x0 + x1) / 2, (y0 + y1) / 2


def quadrant_centre(sample: Sample) -> tuple[float, float]:
    """The middle of the quadrant the box centre lies in: all that four words can tell.

    A centre on the middle line is right or below, as in the spatial answer; the whole image has
    its own middle.
    """
    if sample.spatial_answer == WHOLE_IMAGE:
        return centre(sample)
    x, y = box_centre(sample)
    across = 0.25 if 2 * x < sample.width else 0.75
    down = 0.25 if 2 * y < sample.height else 0.75
    return across * sample.width, down * sample.height


def reference_answers(bench: Bench) -> dict[str, Prediction]:
    """The dataset's own answers, masks and points; every metric gives them full marks."""
    return {
        sample.row_id: Prediction(
            sample.answer,
            (sample.point[0], sample.point[1]) if sample.point else None,
            mask=sample.mask,
        )
        for sample in bench.samples
    }


def _pointing(
    bench: Bench, place: Callable[[Sample], tuple[float, float]]
) -> dict[str, Prediction]:
    rows = [sample for sample in bench.samples if sample.task == "grounding"]
    return {sample.row_id: Prediction("", place(sample), status="point") for sample in rows}


def _whole(bench: Bench) -> dict[str, Prediction]:
    rows = [sample for sample in bench.samples if sample.task == "grounding"]
    return {sample.row_id: Prediction("", status="whole") for sample in rows}


def _by_task(samples: Iterable[Sample]) -> dict[str, list[Sample]]:
    found: dict[str, list[Sample]] = {}
    for sample in samples:
        found.setdefault(sample.task, []).append(sample)
    return found


def _random_families(bench: Bench, stream: Stream) -> str:
    families = stream.shuffled(sorted(bench.families))[: 1 + stream.below(2)]
    words = [f"{stream.choice(tuple(GRADES))} {bench.families[name].noun}" for name in families]
    return f"{capitalised(', '.join(words))}."


def _random_box(sample: Sample, stream: Stream) -> str:
    xs = sorted((stream.below(sample.width + 1), stream.below(sample.width + 1)))
    ys = sorted((stream.below(sample.height + 1), stream.below(sample.height + 1)))
    return _box_mask(sample, Box(xs[0], ys[0], xs[1], ys[1]))


def _box_mask(sample: Sample, box: Box) -> str:
    mask = np.zeros((sample.height, sample.width), np.bool_)
    mask[box.slices] = True
    return masks.encode(mask)


def _chain_words(sample: Sample, bench: Bench) -> str:
    words = [f"{s.grade} {bench.families[s.family].noun}".strip() for s in sample.chain]
    return f"{capitalised(', '.join(words))}."


def _frequent(words: Iterable[str]) -> str:
    """The most frequent one; of equally frequent ones the first in the alphabet."""
    counts = Counter(words)
    return min(counts, key=lambda word: (-counts[word], word))


def _majority_place(rows: Sequence[Sample]) -> str:
    return _frequent(row.spatial_answer for row in rows)


def _typical(rows: Sequence[Sample], text: Callable[[Sample], str]) -> str:
    """The text of the first row with the most frequent chain."""
    chains = [",".join(step.family for step in row.chain) for row in rows]
    common = _frequent(chains)
    return min(text(row) for row, chain in zip(rows, chains, strict=True) if chain == common)


def _at(sample: Sample, spatial: str, answer: str) -> Prediction:
    width, height = sample.width, sample.height
    if spatial == WHOLE_IMAGE:
        return Prediction(answer, (width / 2, height / 2), status="whole")
    right, bottom = "right" in spatial, spatial.startswith("Bottom")
    x0, x1 = (width // 2, width) if right else (0, width // 2)
    y0, y1 = (height // 2, height) if bottom else (0, height // 2)
    mask = _box_mask(sample, Box(x0, y0, x1, y1))
    return Prediction(answer, ((x0 + x1) / 2, (y0 + y1) / 2), mask=mask)
