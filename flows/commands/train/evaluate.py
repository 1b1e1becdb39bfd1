"""``iqa-spider evaluate``: predictions against a dataset, other benchmarks, people."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from flows.evaluation.request import Options


def run(
    out: Annotated[Path, typer.Option(help="Folder of the report.")],
    dataset: Annotated[
        Path | None, typer.Argument(help="Folder that build made; with --predictions.")
    ] = None,
    predictions: Annotated[
        Path | None, typer.Option(help="JSON lines or Parquet: row_id, answer, point, mask, ...")
    ] = None,
    compare: Annotated[
        list[str] | None, typer.Option(help="NAME=FILE: predictions of a further model.")
    ] = None,
    segmenter_text: Annotated[
        list[str] | None,
        typer.Option(
            help="sam3, clipseg, grounding-dino+sam or evf-sam, or NAME=WEIGHTS: masks from "
            "the answers' words; may be repeated."
        ),
    ] = None,
    prompt: Annotated[
        list[str] | None,
        typer.Option(help="Words it gets: whole, spatial, semantic, label; else the first three."),
    ] = None,
    side_by_side: Annotated[
        int, typer.Option(min=0, help="Draw so many grounding rows with every model's mask.")
    ] = 0,
    model: Annotated[
        str, typer.Option(help="Ask this model first: folder, hub name, or name at --endpoint.")
    ] = "",
    endpoint: Annotated[str, typer.Option(help="vLLM server that holds --model.")] = "",
    segmenter: Annotated[
        str | None, typer.Option(help="SAM that makes masks of the model's points.")
    ] = None,
    temperature: Annotated[float | None, typer.Option(help="Of the model's points.")] = None,
    max_tokens: Annotated[int, typer.Option(min=1, help="Longest answer of --model.")] = 256,
    images: Annotated[
        Path | None,
        typer.Option(help="Pictures of --qbench, --scores, --giqa, --vida: --model sees."),
    ] = None,
    split: Annotated[str, typer.Option(help="test, train or all.")] = "test",
    qbench: Annotated[
        Path | None, typer.Option(help="LLVisionQA questions with their right answers (JSON).")
    ] = None,
    qbench_predictions: Annotated[
        Path | None, typer.Option(help="index or id, and answer; else pred_ans of the file.")
    ] = None,
    scores: Annotated[
        Path | None, typer.Option(help="Opinion scores of KADID-10k, KonIQ-10k or alike.")
    ] = None,
    score_predictions: Annotated[
        Path | None, typer.Option(help="CSV: image,score or image,good,poor (logits).")
    ] = None,
    ratings: Annotated[
        Path | None, typer.Option(help="CSV: target,rater,score, perhaps judge and task.")
    ] = None,
    giqa: Annotated[Path | None, typer.Option(help="Records of GIQA-Bench.")] = None,
    giqa_predictions: Annotated[
        Path | None, typer.Option(help="id and answer for them, boxes in the text or beside it.")
    ] = None,
    vida: Annotated[
        Path | None, typer.Option(help="Truth of ViDA-UGC: its metadata, or a folder of truths.")
    ] = None,
    vida_predictions: Annotated[
        Path | None, typer.Option(help="Folder: perception.json, grounding.json, description.json.")
    ] = None,
    vida_questions: Annotated[
        Path | None, typer.Option(help="Choices with correct_ans, where --vida has none.")
    ] = None,
    vida_submission: Annotated[
        Path | None, typer.Option(help="Where --model's three files go; --vida is a bench then.")
    ] = None,
    vida_compat: Annotated[
        bool, typer.Option("--vida-compat", help="Scores as the official script has them.")
    ] = False,
    qground: Annotated[
        Path | None, typer.Option(help="Records of Q-Ground-Test, masks/ beside them.")
    ] = None,
    qground_predictions: Annotated[
        Path | None, typer.Option(help="Folder of masks, or JSON lines: id and masks by class.")
    ] = None,
    qground_classes: Annotated[
        Path | None, typer.Option(help="Table (TOML): index or colour of each class.")
    ] = None,
    boxes: Annotated[
        str,
        typer.Option(
            help="Boxes in texts: grid20, grid40, float3, qwen2vl, qwen25vl, internvl; else seen."
        ),
    ] = "",
    giqa_scale: Annotated[int, typer.Option(min=1, help="Highest grade a judge gives them.")] = 4,
    judge_endpoint: Annotated[
        list[str] | None, typer.Option(help="Address of a model that judges; several may be given.")
    ] = None,
    judge_model: Annotated[str, typer.Option(help="Name of the model that judges.")] = "",
    api_key_env: Annotated[
        str, typer.Option(help="Environment variable that holds the judge's key.")
    ] = "",
    rounds: Annotated[int, typer.Option(min=1, help="Judgements of an answer.")] = 5,
    judge_temperature: Annotated[float, typer.Option(min=0.0, help="Of the judge.")] = 0.0,
    judge_looks: Annotated[
        bool, typer.Option("--judge-looks", help="Show the judge the pictures.")
    ] = False,
    judge_referring: Annotated[
        bool, typer.Option("--judge-referring", help="Judge long referring answers, too.")
    ] = False,
    in_flight: Annotated[int, typer.Option(min=1, help="Answers judged at once.")] = 16,
    baselines: Annotated[
        bool, typer.Option(help="Score baselines, too; a model that judges is asked about them.")
    ] = True,
    plots: Annotated[bool, typer.Option(help="Draw figures.")] = True,
    bootstrap: Annotated[int, typer.Option(min=0, help="Resamples of the intervals.")] = 1000,
    seed: Annotated[int, typer.Option(help="Of baselines, intervals and judge.")] = 0,
) -> None:
    """Score predictions, or a model in one go; writes results.json, report.md and figures."""
    from flows.evaluation.evaluate import run as evaluate
    from flows.evaluation.intervals import Settings
    from flows.evaluation.judges.model import JudgeSettings
    from flows.evaluation.request import Options

    options = Options(
        out=out,
        dataset=dataset,
        predictions=predictions,
        split=split,
        compare=tuple(compare or ()),
        segmenters=tuple(segmenter_text or ()),
        prompts=tuple(prompt or ()),
        side_by_side=side_by_side,
        qbench=qbench,
        qbench_predictions=qbench_predictions,
        scores=scores,
        score_predictions=score_predictions,
        ratings=ratings,
        giqa=giqa,
        giqa_predictions=giqa_predictions,
        vida=vida,
        vida_predictions=vida_predictions,
        vida_questions=vida_questions,
        vida_submission=vida_submission,
        vida_compat=vida_compat,
        qground=qground,
        qground_predictions=qground_predictions,
        qground_classes=qground_classes,
        giqa_boxes=boxes,
        giqa_scale=giqa_scale,
        endpoints=tuple(judge_endpoint or ()),
        judge_model=judge_model,
        api_key_env=api_key_env,
        judge=JudgeSettings(rounds, judge_temperature, seed=seed, at_once=in_flight),
        judge_looks=judge_looks,
        judge_referring=judge_referring,
        with_baselines=baselines,
        with_plots=plots,
        settings=Settings(bootstrap, seed),
    )
    if model:
        options = _asked(options, model, endpoint, segmenter, temperature, max_tokens, images)
    report = evaluate(options)
    typer.echo(report.read_text(encoding="utf-8"))
    typer.echo(f"report     {report}")


def _asked(
    options: "Options",
    model: str,
    endpoint: str,
    segmenter: str | None,
    temperature: float | None,
    max_tokens: int,
    images: Path | None,
) -> "Options":
    """The same options with the model's answers to everything that is scored."""
    from flows.evaluation.ask_model import answered
    from flows.pointing.point import ModelAddress, temperature_of
    from schemas.settings.training import PointConfig

    config = PointConfig(segmenter=segmenter or "", max_tokens=max_tokens)
    tau = temperature_of(model, temperature, config)
    return answered(options, ModelAddress(model, endpoint), config, tau, images)
