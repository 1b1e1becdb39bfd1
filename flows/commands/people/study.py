"""``iqa-spider study``: people verify a dataset, from the sample to the repair."""

from pathlib import Path
from typing import Annotated

import typer

from flows.commands import options

app = typer.Typer(
    no_args_is_help=True, help="People verify a dataset: sample, serve, report, apply."
)

Study = Annotated[Path, typer.Argument(help="Folder that sample made.")]
Dataset = Annotated[
    Path | None, typer.Option("--dataset", help="Where the dataset lies now, if it was moved.")
]


@app.command()
def sample(
    dataset: Annotated[Path, typer.Argument(help="Folder that build made.")],
    out: Annotated[Path, typer.Option(help="Folder of the study; new.")],
    share: Annotated[
        float, typer.Option(help="Of the rows, of every task and source alike.")
    ] = 0.4,
    per_task: Annotated[
        int | None,
        typer.Option(min=1, help="Rows of every task instead, each rated by everybody."),
    ] = None,
    raters: Annotated[int, typer.Option(min=1, help="How many people.")] = 10,
    name: Annotated[
        list[str] | None, typer.Option(help="Of a person instead; may be given several times.")
    ] = None,
    crossed: Annotated[int, typer.Option(min=0, help="Rows that everybody rates.")] = 100,
    each: Annotated[int, typer.Option(min=1, help="People that rate each of the others.")] = 1,
    predictions: Annotated[
        Path | None, typer.Option(help="Show these answers: JSON lines of row_id and answer.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the draws.")] = 0,
) -> None:
    """Draw rows and deal them out to people."""
    from flows.looking.study.draw import draw_study
    from flows.looking.study.folder import raters_named, write_study

    answers = None
    if predictions:
        from flows.looking.study.judges import shown_answers

        answers = shown_answers(predictions)
    named = raters_named(raters, name or [])
    study = draw_study(dataset, named, share, per_task, crossed, each, seed, answers)
    write_study(out, study)
    most = max(map(len, study.shown.values()))
    typer.echo(f"{len(study.items)} rows, {len(named)} people, at most {most} rows each")
    typer.echo(f"next: iqa-spider study serve {out}")


@app.command()
def serve(
    study: Study,
    host: options.Host = "127.0.0.1",
    port: options.Port = 8060,
    dataset: Dataset = None,
) -> None:
    """Serve the rater's page; prints an address for each person."""
    from flows.looking.serving import listening
    from flows.looking.serving import serve as answer
    from flows.looking.study.folder import read_tokens
    from flows.looking.study.server import study_app

    app_ = study_app(study, dataset, host)
    bound = listening(host, port)
    for token, rater in read_tokens(study).items():
        typer.echo(f"{rater}  http://{host}:{bound.getsockname()[1]}/rate/{token}")
    typer.echo("every rating is saved at once; Ctrl-C ends the server")
    answer(app_, bound)


@app.command()
def report(
    study: Study,
    judge: Annotated[
        Path | None,
        typer.Option(help="Folder of evaluate, its rows.jsonl, or CSV of row_id and score."),
    ] = None,
    below: Annotated[float, typer.Option(help="Rows with a lower mean are to be repaired.")] = 3.0,
    resamples: Annotated[int, typer.Option(min=0, help="Of the intervals.")] = 1000,
) -> None:
    """Write how good the rows are and how well people agree: report.md, report.json, tables."""
    from flows.evaluation.intervals import Settings
    from flows.looking.study.judges import judge_scores
    from flows.looking.study.report import write_report

    scores = judge_scores(judge) if judge else None
    path = write_report(study, Settings(resamples), scores, below)
    typer.echo(path.read_text(encoding="utf-8"))
    typer.echo(str(path), err=True)


@app.command()
def apply(
    study: Study,
    dataset: Annotated[Path, typer.Argument(help="The dataset that was rated.")],
    out: Annotated[
        Path | None, typer.Option(help="Leave the rows out: where the better dataset goes; new.")
    ] = None,
    ask_again: Annotated[
        bool, typer.Option("--ask-again", help="Let the model write their answers anew instead.")
    ] = False,
    below: Annotated[float, typer.Option(help="Rows with a lower mean in any dimension.")] = 3.0,
) -> None:
    """Leave out, or ask again, what people found wrong; the manifest says which rows and why."""
    from flows.looking.study.apply import apply_study, ask_anew
    from schemas.errors import ConfigError

    if ask_again == (out is not None):
        raise ConfigError("expected either --out FOLDER, which leaves rows out, or --ask-again")
    if out is not None:
        done = apply_study(study, dataset, out, below)
        said = f"{done.kept} rows kept, {done.dropped} left out for a mean below {below:g}"
        typer.echo(f"{out}: {said}")
        return
    found = ask_anew(study, dataset, below)
    typer.echo(
        f"{len(found.rows)} rows with a mean below {below:g} will be asked again; now run the same "
        "build command (or --shards and --finish)"
    )
    if found.helpless:
        typer.echo(
            f"{found.helpless} more cannot be helped by asking: their answer is computed, or it is "
            "the region that people found wrong; --out leaves them out"
        )


@app.command("export")
def export_(
    study: Study,
    format_: Annotated[str, typer.Option("--format", help="csv, labelstudio or argilla.")],
    out: Annotated[Path, typer.Option(help="Folder for the files, one a person.")],
    dataset: Dataset = None,
) -> None:
    """Write the study for another tool."""
    from flows.looking.study.exchange import known_format, write_tasks
    from flows.looking.study.server import open_study

    form = known_format(format_)
    found, index = open_study(study, dataset)
    for path in write_tasks(found, index, form, out):
        typer.echo(str(path))


@app.command("import")
def import_(
    study: Study,
    ratings: Annotated[list[Path], typer.Argument(help="CSV, Label Studio or Argilla JSON.")],
) -> None:
    """Take ratings that were given in another tool into the study."""
    from flows.looking.study.exchange import read_ratings
    from flows.looking.study.folder import ratings_of, read_study

    found = read_study(study)
    said = [one for path in ratings for one in read_ratings(found, path)]
    ratings_of(study).save(*said)
    typer.echo(f"{len(said)} ratings of {len({one.rater for one in said})} people")
