"""The command ``evaluate``: read everything, score it, write the report.

Everything that can be refused is refused before a model is asked.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

from annotators.chat.endpoints import Endpoints
from flows.evaluation import compared, plots, referring, report
from flows.evaluation.baselines import baselines
from flows.evaluation.benchmarks import giqa, opinions, qbench, qground
from flows.evaluation.benchmarks import quality_scores as scoring
from flows.evaluation.benchmarks import raters as agreement
from flows.evaluation.benchmarks import vida_report as vida
from flows.evaluation.benchmarks.giqa_records import GiqaRecord, read_entries
from flows.evaluation.benchmarks.giqa_rows import read_answers, read_rows
from flows.evaluation.grounding import measured
from flows.evaluation.judges.model import Case, EndpointJudge, version
from flows.evaluation.predictions import Predictions, read_predictions
from flows.evaluation.request import Options, check, resolved
from flows.evaluation.segmenting.segment import Row
from flows.evaluation.systems import JudgingModel, Result, evaluate
from flows.evaluation.truth import Bench, load_bench
from flows.model.ledger import Ledger
from flows.store.layout import storage_errors, write_text
from schemas.errors import ConfigError

JSON, MARKDOWN, ROWS, FIGURES, CACHE = (
    "results.json",
    "report.md",
    "rows.jsonl",
    "figures",
    "judge.jsonl",
)


def run(options: Options) -> Path:
    """Evaluate and write ``results.json``, ``report.md``, ``rows.jsonl`` and figures.

    Returns:
        The Markdown report.

    Raises:
        ConfigError: Options that do not fit each other, or a file that cannot be used.
        EndpointError: The judge does not answer; what it said is kept in ``judge.jsonl``.
    """
    check(options)
    if options.with_plots:
        plots.check()
    bench, given = _dataset(options)
    further = compared.read(options, bench)
    parts = [*_boxed_rows(options), *_others(options)]
    if bench is None and not parts:
        raise ConfigError(
            f"{options.dataset}: no rows of --split {options.split} that are scored with "
            "--predictions; --vida scores those of ViDA-UGC's tasks"
        )
    with storage_errors(options.out):
        options.out.mkdir(parents=True, exist_ok=True)
    found: dict[str, Any] = {"settings": resolved(options)}
    rows: Mapping[str, Mapping[str, Any]] = {}
    with _judge(options) as judge:
        if bench is not None:
            made = compared.segmented_rows(options, bench, given)
            results = systems(bench, given, options, judge, further, made)
            found["benchmark"] = benchmark(bench, results, options, made)
            compared.draw(options, bench, given, further, made)
            rows = results[0].rows
            write_text(options.out / ROWS, report.as_lines(results[0]))
        for name, part in parts:
            found[name] = part(judge)
    if judge is not None:
        found["judge"] = {"model": options.judge_model, "rubrics": version(), **judge.counts}
    if "giqa_rows" in found and judge is not None:
        found["settings"]["giqa_scale"] = options.giqa_scale
    if "vida" in found:
        write_text(options.out / vida.JSON, vida.as_json(found["vida"]))
    write_text(options.out / JSON, report.as_json(found))
    write_text(options.out / MARKDOWN, report.markdown(found))
    if options.with_plots:
        plots.draw(found, rows, options.out / FIGURES)
    return options.out / MARKDOWN


def _dataset(options: Options) -> tuple[Bench | None, Predictions | None]:
    """The rows that are scored as the paper does; nothing where no prediction is for them."""
    if options.dataset is None:
        return None, None
    bench = load_bench(options.dataset, options.split)
    given = options.predictions and read_predictions(options.predictions, bench)
    further = options.compare or options.segmenters
    if bench.samples and (given or further):
        return bench, given or None
    if further or options.side_by_side:
        flag = next(
            name
            for name, value in (
                ("--compare", options.compare),
                ("--segmenter-text", options.segmenters),
                ("--side-by-side", options.side_by_side),
            )
            if value
        )
        raise ConfigError(f"{flag}: no rows for it in --split {options.split}")
    return None, None


ReportPart = Callable[[EndpointJudge | None], dict[str, Any]]


def _boxed_rows(options: Options) -> list[tuple[str, ReportPart]]:
    """The dataset's own rows with boxes, where predictions for some of them are given."""
    if not options.dataset or not options.predictions:
        return []
    truth = read_rows(options.dataset, options.split)
    known = {entry.key: entry for entry in truth}
    said = read_answers(options.predictions, known, options.giqa_boxes)
    settings, scale = options.settings, options.giqa_scale

    def score(judge: EndpointJudge | None) -> dict[str, Any]:
        return giqa.evaluate(truth, said, settings, grades(judge, scale))

    return [("giqa_rows", score)] if said else []


def _others(options: Options) -> list[tuple[str, ReportPart]]:
    """The other benchmarks: their files are read now, scored later."""
    parts: list[tuple[str, ReportPart]] = []
    settings = options.settings
    if options.qbench:
        questions = qbench.read_questions(options.qbench)
        answers = _qbench_answers(options, questions)
        parts.append(("qbench", lambda _: qbench.evaluate(questions, answers, settings)))
    if options.scores and options.score_predictions:
        table = opinions.read_table(options.scores)
        predicted = opinions.read_scores(options.score_predictions)
        parts.append(("scores", lambda _: scoring.evaluate(table, predicted, settings)))
    if options.ratings:
        ratings = agreement.read_ratings(options.ratings)
        parts.append(("ratings", lambda _: agreement.evaluate(ratings, settings)))
    if options.giqa and options.giqa_predictions:
        truth = read_entries(options.giqa, "--giqa")
        path, flag = options.giqa_predictions, "--giqa-predictions"
        entries = read_entries(path, flag, truth, options.giqa_boxes)
        said = {entry.key: entry for entry in entries}
        scale = options.giqa_scale
        parts.append(
            ("giqa", lambda judge: giqa.evaluate(truth, said, settings, grades(judge, scale)))
        )
    if options.vida and options.vida_predictions:
        known, folder = vida.read(options.vida, options.vida_predictions, options.vida_questions)
        parts.append(
            ("vida", lambda _: vida.evaluate(known, folder, settings, options.vida_compat))
        )
    if options.qground and options.qground_predictions and options.qground_classes:
        counted = qground.count(
            options.qground, options.qground_predictions, options.qground_classes
        )
        parts.append(("qground", lambda _: qground.evaluate(counted, settings)))
    return parts


def _qbench_answers(options: Options, questions: Sequence[qbench.Question]) -> dict[str, str]:
    if options.qbench_predictions:
        return qbench.read_answers(options.qbench_predictions, questions)
    found = {q.key: q.answer for q in questions if q.answer is not None}
    if not found:
        raise ConfigError("--qbench: the file holds no pred_ans; give --qbench-predictions FILE")
    return found


def grades(judge: EndpointJudge | None, scale: int) -> giqa.Grades:
    """Who grades the texts of GIQA-Bench: the model, from 0 to ``scale``, else equal words."""
    if judge is None:
        return giqa.same_words
    asked = judge

    def ask(truth: Sequence[GiqaRecord], said: Mapping[str, GiqaRecord]) -> dict[str, float | None]:
        cases = [
            Case(
                e.key,
                "giqa",
                scale,
                e.question,
                e.answer,
                said[e.key].answer if e.key in said else "",
            )
            for e in truth
        ]
        verdicts = asked.judge(cases)
        return {
            case.key: None if verdict.score is None else verdict.score / scale
            for case, verdict in zip(cases, verdicts, strict=True)
        }

    return ask


@contextmanager
def _judge(options: Options) -> Iterator[EndpointJudge | None]:
    """The model that judges, with its memory in the folder of the report."""
    if not options.endpoints:
        yield None
        return
    key = os.environ[options.api_key_env] if options.api_key_env else ""
    model = Endpoints(options.endpoints, options.judge_model, key, options.judge.at_once)
    ledger = Ledger(model, options.out / CACHE)
    try:
        yield EndpointJudge(ledger, options.judge)
    finally:
        ledger.close()
        model.close()


def systems(
    bench: Bench,
    given: Predictions | None,
    options: Options,
    judge: EndpointJudge | None,
    further: Mapping[str, Predictions] = MappingProxyType({}),
    made: Sequence[Row] = (),
) -> list[Result]:
    """The model's result, those of further models and segmenters, then those of the baselines."""
    pictures = bench.pictures() if judge and options.judge_looks else {}
    judged = JudgingModel(judge, pictures, options.judge_referring) if judge else None
    settings = options.settings
    found = [evaluate(report.MODEL, bench, given, settings, judged=judged)] if given else []
    for name, predictions in further.items():
        texts = any(one.answer for one in predictions.values())
        gives = measured(predictions)._replace(words=texts)
        found.append(evaluate(name, bench, predictions, settings, gives, texts, judged))
    for row in made:
        found.append(
            evaluate(row.name, bench, row.predictions, settings, compared.MASKS, texts=False)
        )
    if options.with_baselines:
        found += [
            evaluate(one.name, bench, one.predictions, settings, one.measured, one.texts, judged)
            for one in baselines(bench, options.settings.seed)
        ]
    return found


def benchmark(
    bench: Bench, results: Sequence[Result], options: Options, made: Sequence[Row] = ()
) -> dict[str, Any]:
    """The part of the report about the dataset's own rows."""
    tasks: dict[str, int] = {}
    for sample in bench.samples:
        name = f"{sample.task}.{sample.sub_task}".rstrip(".")
        tasks[name] = tasks.get(name, 0) + 1
    return {
        "manifest_sha256": bench.digest,
        "split": options.split,
        "counts": {
            "rows": len(bench.samples),
            "missing": results[0].missing,
            "pictures": len({sample.picture_id for sample in bench.samples}),
            "tasks": dict(sorted(tasks.items())),
        },
        "extractor_agreement": referring.agreement(bench),
        "conventions": list(report.CONVENTIONS),
        "systems": {result.name: result.metrics for result in results},
        **({"segmenters": {row.name: dict(row.counts) for row in made}} if made else {}),
    }
