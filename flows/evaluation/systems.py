"""One system, a model or a baseline, through every metric of the dataset's own benchmark."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from annotators.answers.fact_sheet import fact_sheet
from annotators.facts import Ask, PictureFacts
from flows.evaluation import grounding, referring
from flows.evaluation.grounding import Measured
from flows.evaluation.intervals import Estimate, Settings, mean
from flows.evaluation.judges import offline as judge_offline
from flows.evaluation.judges.model import Case, EndpointJudge, Verdict, spread
from flows.evaluation.predictions import Predictions
from flows.evaluation.truth import Bench
from schemas.records import Sample


@dataclass(frozen=True)
class JudgingModel:
    """A model that judges, and what it is shown.

    Args:
        judge: Whom to ask.
        pictures: Degraded picture to PNG; empty for a judge that only reads.
        referring: Whether it judges long referring answers, too.
    """

    judge: EndpointJudge
    pictures: Mapping[str, bytes]
    referring: bool = False


@dataclass(frozen=True)
class Result:
    """Everything about one system.

    Args:
        name: As tables call it.
        metrics: ``referring``, ``grounding``, ``offline`` and, where a model judged, ``judge``.
        missing: Rows without a prediction.
        rows: Row id to its scores, for whoever looks closer.
    """

    name: str
    metrics: dict[str, Any]
    missing: int
    rows: dict[str, dict[str, Any]]


def evaluate(
    name: str,
    bench: Bench,
    predictions: Predictions,
    settings: Settings,
    given: Measured | None = None,
    texts: bool = True,
    judged: JudgingModel | None = None,
) -> Result:
    """Score predictions.

    Args:
        name: Of the system.
        bench: The rows.
        predictions: By row id; rows without one are wrong.
        settings: Of the intervals.
        given: What the system gives for grounding; by default what is found in its predictions.
        texts: Whether it answers in words; without them no text is scored.
        judged: A model that judges, besides the offline judge.
    """
    given = given or grounding.measured(predictions)
    rows: dict[str, dict[str, Any]] = {
        sample.row_id: {"task": sample.task, "sub_task": sample.sub_task}
        for sample in bench.samples
    }
    found = grounding.items(bench, predictions)
    _note_grounding(rows, found, given)
    metrics: dict[str, Any] = {"grounding": grounding.summary(found, given, settings)}
    if texts:
        named = referring.items(bench, predictions)
        for one in named:
            rows[one.row_id]["accuracy"] = one.partial
        offline = judge_offline.judge(bench, predictions)
        for score in offline:
            rows[score.row_id]["offline"] = score.score
        metrics["referring"] = referring.summary(named, settings)
        metrics["offline"] = judge_offline.summary(offline, settings)
        if judged is not None:
            metrics["judge"] = _judge(bench, predictions, settings, judged, rows)
    missing = sum(sample.row_id not in predictions for sample in bench.samples)
    return Result(name, metrics, missing, rows)


def cases(
    bench: Bench, predictions: Predictions, judged: JudgingModel
) -> list[tuple[Sample, Case]]:
    """What the model that judges is asked, with its rows."""
    phrases = bench.phrases()
    found = []
    for sample in bench.samples:
        rubric, scale = _rubric(sample, judged)
        if rubric:
            given = predictions.get(sample.row_id)
            facts = _facts(sample, bench, phrases.get(sample.image_id, {}))
            found.append(
                (
                    sample,
                    Case(
                        key=sample.row_id,
                        rubric=rubric,
                        scale=scale,
                        question=sample.question,
                        reference=sample.answer,
                        answer=given.answer if given else "",
                        facts=facts,
                        picture=judged.pictures.get(sample.image_id, b""),
                    ),
                )
            )
    return found


def _rubric(sample: Sample, judged: JudgingModel) -> tuple[str, int]:
    if sample.task in judge_offline.SCALES:
        return sample.task, int(judge_offline.SCALES[sample.task])
    if judged.referring and sample.sub_task == "long":
        return "referring", 10
    return "", 0


def _facts(sample: Sample, bench: Bench, phrases: Mapping[str, str]) -> str:
    """The fact sheet of the row: of its region, or of the whole picture."""
    regions = bench.regions.get(sample.image_id, ())
    target = next((r for r in regions if r.region_id == sample.region_id), None)
    task = "global_description" if sample.task == "global_description" else "local_description"
    ask = Ask(task, "", "", sample.question, sample.pool, target)  # type: ignore[arg-type]
    return fact_sheet(
        ask,
        PictureFacts(
            image_id=sample.image_id,
            width=sample.width,
            height=sample.height,
            regions=regions,
            references=phrases,
            families=bench.families,
            origin=sample.origin,
        ),
    )


def _judge(
    bench: Bench,
    predictions: Predictions,
    settings: Settings,
    judged: JudgingModel,
    rows: dict[str, dict[str, Any]],
) -> dict[str, Any]:
    asked = cases(bench, predictions, judged)
    verdicts = judged.judge.judge([case for _, case in asked])
    groups: dict[str, list[tuple[Sample, Verdict]]] = {}
    for (sample, case), verdict in zip(asked, verdicts, strict=True):
        groups.setdefault(case.rubric, []).append((sample, verdict))
        rows[sample.row_id].update(
            judge=verdict.score, rounds=list(verdict.rounds), reason=verdict.reason
        )
    return {name: _judged(groups[name], settings) for name in sorted(groups)}


def _judged(found: Sequence[tuple[Sample, Verdict]], settings: Settings) -> dict[str, Any]:
    known = [(s.picture_id, v.score) for s, v in found if v.score is not None]
    score = mean([value for _, value in known], [cluster for cluster, _ in known], settings)
    return {
        "score": score,
        "round_sd": Estimate(spread({s.row_id: v for s, v in found}), n=len(found)),
        "excluded": len(found) - len(known),
    }


def _note_grounding(
    rows: dict[str, dict[str, Any]], found: Sequence[grounding.GroundingItem], given: Measured
) -> None:
    for one in found:
        entry = rows[one.row_id]
        if given.masks:
            entry["iou"] = one.overlap.iou
        if given.points:
            entry["hit"] = one.hit
        if given.words:
            entry["position"] = one.x and one.y
