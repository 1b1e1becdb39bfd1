"""GIQA-Bench: descriptions and questions with boxes, as far as its measures are public.

Texts are compared after mentions are replaced by their names. Measures: BLEU-4 of the descriptions
(corpus, by sacrebleu), mIoU of boxes and Tag-Recall, precision of boxes and malformed mentions,
accuracy of yes and no (first word), of the open questions by the judge (share of its scale) or,
without one, by equal words, and of both together.

Source: Grounding-IQA (arXiv 2411.17237); records and predictions: ``giqa_records.py``.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flows.evaluation.benchmarks.giqa_baselines import baselines
from flows.evaluation.benchmarks.giqa_boxes import matched, recalled
from flows.evaluation.benchmarks.giqa_records import DESCRIPTION, OPEN, YES_NO, GiqaRecord, words
from flows.evaluation.intervals import Estimate, Settings, mean, ratio
from flows.training.extras import need

HIT = 0.5
"""IoU above which a predicted box counts as right."""
Grades = Callable[[Sequence[GiqaRecord], Mapping[str, GiqaRecord]], dict[str, float | None]]
"""Records and answers to a grade of each, 0 to 1; ``None`` where the judge failed."""


def same_words(
    truth: Sequence[GiqaRecord], said: Mapping[str, GiqaRecord]
) -> dict[str, float | None]:
    """The grade without a judge: 1 where both answers have the same words in the same order."""
    return {
        entry.key: float(words(entry.answer) == words(said[entry.key].answer))
        if entry.key in said
        else 0.0
        for entry in truth
    }


def evaluate(
    truth: Sequence[GiqaRecord],
    said: Mapping[str, GiqaRecord],
    settings: Settings,
    grades: Grades = same_words,
) -> dict[str, Any]:
    """All measures of the benchmark, of a model and of the baselines of ``giqa_baselines.py``."""
    systems = {"predictions": measures(truth, said, settings, grades)}
    for name, given in baselines(truth, settings.seed).items():
        systems[name] = measures(truth, given, settings, same_words)
    return {
        "records": len(truth),
        "missing": sum(entry.key not in said for entry in truth),
        "graded_by": "words" if grades is same_words else "judge",
        "systems": systems,
    }


def measures(
    truth: Sequence[GiqaRecord], said: Mapping[str, GiqaRecord], settings: Settings, grades: Grades
) -> dict[str, Estimate]:
    """All measures of one system; a record without a prediction counts as wrong."""
    described = [entry for entry in truth if entry.kind == DESCRIPTION]
    closed = [entry for entry in truth if entry.kind == YES_NO]
    asked = [entry for entry in truth if entry.kind in OPEN]
    graded = grades([*described, *asked], said)
    pictures = {entry.key: entry.picture or entry.key for entry in truth}

    def average(values: Mapping[str, float]) -> Estimate:
        return mean(list(values.values()), [pictures[key] for key in values], settings)

    yes = {e.key: float(_first(e) == _first(said.get(e.key))) for e in closed}
    opened = {e.key: value for e in asked if (value := graded[e.key]) is not None}
    told = {e.key: value for e in described if (value := graded[e.key]) is not None}
    malformed = {e.key: float(said[e.key].malformed) for e in truth if e.key in said}
    return {
        "bleu4": Estimate(_bleu(described, said), n=len(described)),
        "des_score": average(told),
        **{f"des_{name}": value for name, value in _boxes(described, said, settings).items()},
        "acc_yes_no": average(yes),
        "acc_open": average(opened),
        "acc_total": average({**yes, **opened}),
        **{
            f"vqa_{name}": value
            for name, value in _boxes([*closed, *asked], said, settings).items()
        },
        "malformed": average(malformed),
    }


def _boxes(
    truth: Sequence[GiqaRecord], said: Mapping[str, GiqaRecord], settings: Settings
) -> dict[str, Estimate]:
    """Mean IoU and Tag-Recall over the true boxes; precision over the predicted ones."""
    rows = [(e, said[e.key].boxes if e.key in said else ()) for e in truth]
    ious = [matched(e.boxes, boxes) for e, boxes in rows]
    boxed = [place for place, (e, _) in enumerate(rows) if e.boxes]
    true = [float(len(rows[place][0].boxes)) for place in boxed]
    sums = [sum(ious[place]) for place in boxed]
    found = [float(recalled(rows[place][0].boxes, rows[place][1])) for place in boxed]
    hits = [float(sum(iou > HIT for iou in row)) for row in ious]
    given = [float(len(boxes)) for _, boxes in rows]
    pictures = [e.picture or e.key for e, _ in rows]
    at = [pictures[place] for place in boxed]
    return {
        "miou": ratio(sums, true, at, settings),
        "tag_recall": ratio(found, true, at, settings),
        "precision": ratio(hits, given, pictures, settings),
    }


def _bleu(truth: Sequence[GiqaRecord], said: Mapping[str, GiqaRecord]) -> float | None:
    """Corpus BLEU-4, 0 to 100, 13a tokens, case kept."""
    if not truth:
        return None
    sacrebleu = need("sacrebleu", "BLEU")
    texts = [said[e.key].answer if e.key in said else "" for e in truth]
    return float(sacrebleu.corpus_bleu(texts, [[e.answer for e in truth]]).score)


def _first(entry: GiqaRecord | None) -> str:
    found = words(entry.answer) if entry else []
    return found[0] if found else ""
