"""What the command ``evaluate`` can be asked for, and which of it fits together."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from annotators.language.notation import NOTATIONS
from flows.evaluation.intervals import Settings
from flows.evaluation.judges.model import JudgeSettings
from flows.evaluation.segmenting.prompts import PROMPTS
from flows.evaluation.segmenting.segmenter import wanted
from schemas.errors import ConfigError, UnknownNameError


@dataclass(frozen=True)
class Options:
    """What the command was asked for.

    Args:
        out: Folder of the report.
        dataset: Folder that ``build`` made; ``None`` for other benchmarks alone.
        predictions: For its rows.
        split: test, train or all.
        compare: ``NAME=FILE``: predictions of further models.
        segmenters: Text-prompted segmenters, ``NAME`` or ``NAME=WEIGHTS``.
        prompts: What they are given; none means the paper's three.
        side_by_side: Grounding rows drawn with every model's mask.
        qbench: Questions of LLVisionQA.
        qbench_predictions: Answers to them; without it those in the file itself.
        scores: Table of opinions.
        score_predictions: Scores of its pictures.
        ratings: Ratings by people.
        giqa: Records of GIQA-Bench.
        giqa_predictions: Answers to them.
        vida: Truth of ViDA-UGC.
        vida_predictions: Folder of answers to it.
        vida_questions: Choices with their right answers, where the truth has none.
        vida_submission: Folder that a model's answers to it are written to.
        vida_compat: Whether its scores are those of the official script.
        qground: Records of Q-Ground-Test.
        qground_predictions: Masks for them.
        qground_classes: Table of what values of their masks mean.
        giqa_boxes: Notation of their boxes; empty finds out.
        giqa_scale: Highest grade of a model that judges them.
        endpoints: Of the model that judges; none leaves the offline judge alone.
        judge_model: Its name.
        api_key_env: Environment variable that holds its key.
        judge: How it is asked.
        judge_looks: Whether it is shown the pictures.
        judge_referring: Whether it judges long referring answers, too.
        with_baselines: Whether baselines are scored.
        with_plots: Whether figures are drawn.
        settings: Of the intervals.
    """

    out: Path
    dataset: Path | None = None
    predictions: Path | None = None
    split: str = "test"
    compare: tuple[str, ...] = ()
    segmenters: tuple[str, ...] = ()
    prompts: tuple[str, ...] = ()
    side_by_side: int = 0
    qbench: Path | None = None
    qbench_predictions: Path | None = None
    scores: Path | None = None
    score_predictions: Path | None = None
    ratings: Path | None = None
    giqa: Path | None = None
    giqa_predictions: Path | None = None
    vida: Path | None = None
    vida_predictions: Path | None = None
    vida_questions: Path | None = None
    vida_submission: Path | None = None
    vida_compat: bool = False
    qground: Path | None = None
    qground_predictions: Path | None = None
    qground_classes: Path | None = None
    giqa_boxes: str = ""
    giqa_scale: int = 4
    endpoints: tuple[str, ...] = ()
    judge_model: str = ""
    api_key_env: str = ""
    judge: JudgeSettings = field(default_factory=JudgeSettings)
    judge_looks: bool = False
    judge_referring: bool = False
    with_baselines: bool = True
    with_plots: bool = True
    settings: Settings = field(default_factory=Settings)


def check(options: Options) -> None:
    """Refuse options that do not fit each other.

    Raises:
        ConfigError: They do not.
    """
    pairs = (
        (
            options.dataset,
            options.predictions or options.compare or options.segmenters,
            "a dataset needs --predictions FILE or --model NAME",
        ),
        (options.predictions, options.dataset, "--predictions needs the dataset: evaluate DIR"),
        (options.compare, options.dataset, "--compare needs the dataset: evaluate DIR"),
        (options.segmenters, options.dataset, "--segmenter-text needs the dataset: evaluate DIR"),
        (options.prompts, options.segmenters, "--prompt needs --segmenter-text NAME"),
        (options.side_by_side, options.dataset, "--side-by-side needs the dataset: evaluate DIR"),
        (
            options.scores,
            options.score_predictions,
            "--scores needs --score-predictions FILE, or --model NAME with --images DIR",
        ),
        (options.score_predictions, options.scores, "--score-predictions needs --scores TABLE"),
        (
            options.giqa,
            options.giqa_predictions,
            "--giqa needs --giqa-predictions FILE, or --model NAME with --images DIR",
        ),
        (options.giqa_predictions, options.giqa, "--giqa-predictions needs --giqa FILE"),
        (
            options.vida,
            options.vida_predictions,
            "--vida needs --vida-predictions FOLDER, or --model NAME with --images DIR",
        ),
        (options.vida_predictions, options.vida, "--vida-predictions needs --vida TRUTH"),
        (options.vida_questions, options.vida, "--vida-questions needs --vida TRUTH"),
        (options.vida_compat, options.vida, "--vida-compat needs --vida TRUTH"),
        (options.qground, options.qground_predictions, "--qground needs --qground-predictions"),
        (options.qground, options.qground_classes, "--qground needs --qground-classes TABLE"),
        (options.qground_predictions, options.qground, "--qground-predictions needs --qground"),
        (options.qground_classes, options.qground, "--qground-classes needs --qground FILE"),
        (options.qbench_predictions, options.qbench, "--qbench-predictions needs --qbench FILE"),
        (options.endpoints, options.judge_model, "--judge-endpoint needs --judge-model NAME"),
        (options.judge_model, options.endpoints, "--judge-model needs --judge-endpoint URL"),
    )
    for first, second, message in pairs:
        if first and not second:
            raise ConfigError(message)
    others = (options.qbench, options.scores, options.ratings, options.giqa, options.vida)
    if not any((options.dataset, *others, options.qground)):
        raise ConfigError(
            "nothing to evaluate: give a dataset with --predictions, or --qbench, "
            "--scores, --ratings, --giqa, --vida or --qground"
        )
    for text in options.segmenters:
        wanted(text)
    for prompt in options.prompts:
        if prompt not in PROMPTS:
            raise UnknownNameError("prompt", prompt, PROMPTS)
    if options.giqa_boxes and options.giqa_boxes not in NOTATIONS:
        raise UnknownNameError("notation of boxes", options.giqa_boxes, NOTATIONS)
    if options.api_key_env and options.api_key_env not in os.environ:
        raise ConfigError(f"--api-key-env {options.api_key_env}: not set here")


def resolved(options: Options) -> dict[str, Any]:
    """What can change a number; no paths, so that the same data gives the same report."""
    found: dict[str, Any] = options.settings._asdict()
    if options.endpoints:
        judge = options.judge
        found |= {
            "rounds": judge.rounds,
            "temperature": judge.temperature,
            "tries": judge.tries,
            "judge_looks": options.judge_looks,
        }
        found |= {"giqa_scale": options.giqa_scale} if options.giqa else {}
    found |= {"giqa_boxes": options.giqa_boxes} if options.giqa_boxes else {}
    return found
