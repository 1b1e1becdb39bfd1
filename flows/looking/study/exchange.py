"""Studies in other people's formats: Label Studio tasks, Argilla records, CSV; out, and back in."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, cast, get_args
from xml.sax.saxutils import quoteattr

from annotators.human.marked import clean
from flows.looking.gallery.cards import data_uri
from flows.looking.gallery.index import RowIndex
from flows.looking.study.dimensions import SCORES
from flows.looking.study.folder import Item, Study
from flows.looking.study.store import Said
from flows.store.layout import write_text
from flows.store.png import decode_png
from schemas.errors import ConfigError, UnknownNameError

Format = Literal["csv", "labelstudio", "argilla"]
SIDE = 1024
"""Longest side of pictures that travel inside tasks, pixels."""


def known_format(name: str) -> Format:
    """The format of a name; ``UnknownNameError`` for another."""
    for form in get_args(Format):
        if form == name:
            return cast("Format", form)
    raise UnknownNameError("format", name, get_args(Format))


def write_tasks(study: Study, index: RowIndex, form: Format, out: Path) -> list[Path]:
    """Write what another tool shows its raters; pictures travel inside.

    Args:
        study: What was drawn.
        index: Of its dataset.
        form: The tool.
        out: Folder; made when missing.

    Returns:
        The files: one a rater, and the tool's configuration where it has one.
    """
    files = []
    for rater, own in study.shown.items():
        if form == "csv":
            files.append(_put(out / f"{rater}.csv", _table(study, rater, own)))
            continue
        rows = list(_tasks(study, index, own))
        if form == "labelstudio":
            tasks: list[dict[str, Any]] = [{"data": {**row, "rater": rater}} for row in rows]
        else:
            tasks = [{"id": f"{row['row_id']}#{rater}", "fields": row} for row in rows]
        files.append(_put(out / f"{rater}.json", json.dumps(tasks, ensure_ascii=False)))
    if form == "labelstudio":
        files.append(_put(out / "config.xml", label_studio_config(study)))
    if form == "argilla":
        files.append(_put(out / "settings.json", json.dumps(argilla_settings(study), indent=1)))
    return files


def _put(path: Path, text: str) -> Path:
    write_text(path, text)
    return path


def _table(study: Study, rater: str, own: list[int]) -> str:
    """Rows and dimensions, with the scores to be filled in."""
    page = io.StringIO()
    lines = csv.writer(page, lineterminator="\n")
    lines.writerow(("target", "rater", "dimension", "score"))
    for item in (study.items[number] for number in own):
        lines.writerows((item.row_id, rater, one.name, "") for one in study.dimensions)
    return page.getvalue()


def _tasks(study: Study, index: RowIndex, own: list[int]) -> Iterator[dict[str, str]]:
    for item in (study.items[number] for number in own):
        (record,), (png,) = index.records([item.number]), index.images([item.number])
        yield {
            "row_id": item.row_id,
            "image": data_uri(decode_png(png), SIDE),
            "question": record["question"],
            "answer": item.answer or record["answer"],
        }


def label_studio_config(study: Study) -> str:
    """A labelling page with a rating of five for each dimension."""
    rows = [
        f"  <Header value={quoteattr(one.question)}/>\n"
        f'  <Rating name="{one.name}" toName="image" maxRating="5" required="true"/>'
        for one in study.dimensions
    ]
    shown = [
        '  <Image name="image" value="$image"/>',
        '  <Text name="question" value="$question"/>',
        '  <Text name="answer" value="$answer"/>',
    ]
    return "\n".join(["<View>", *shown, *rows, "</View>", ""])


def argilla_settings(study: Study) -> dict[str, Any]:
    """Fields and questions of an Argilla data set, as its Python client takes them."""
    fields = [{"name": "image", "type": "image"}]
    fields += [{"name": name, "type": "text"} for name in ("question", "answer", "row_id")]
    questions = [
        {"name": one.name, "type": "rating", "title": one.question, "values": list(SCORES)}
        for one in study.dimensions
    ]
    return {"fields": fields, "questions": questions}


def read_ratings(study: Study, path: Path) -> list[Said]:
    """Ratings that came back, whatever of the three formats they are in.

    Raises:
        ConfigError: A file that is none of them, a row or dimension that the study does not
            have, or a score that is none.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot read it: {error}") from None
    try:
        found = list(_parsed(text, path.suffix == ".csv"))
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise ConfigError(f"{path}: neither CSV, Label Studio nor Argilla: {error!r}") from None
    by_row, names = study.by_row, {one.name for one in study.dimensions}
    return [_checked(path, by_row, names, *one) for one in found]


def _checked(
    path: Path,
    rows: dict[str, Item],
    names: set[str],
    row_id: str,
    rater: str,
    dim: str,
    score: int,
) -> Said:
    if row_id not in rows:
        raise ConfigError(f"{path}: the study has no row {row_id!r:.80}")
    if dim not in names:
        raise ConfigError(f"{path}: expected one of {', '.join(sorted(names))}, got {dim!r:.40}")
    if score not in SCORES:
        raise ConfigError(f"{path}: {row_id}: expected a score from 1 to 5, got {score!r:.40}")
    return Said(clean(rater), row_id, dim, score)


def _parsed(text: str, table: bool) -> Iterator[tuple[str, str, str, int]]:
    if table:
        for row in csv.DictReader(text.splitlines()):
            if row["score"]:
                name = row.get("dimension") or row["task"]
                yield row["target"], row["rater"], name, int(row["score"])
        return
    for entry in json.loads(text):
        yield from _label_studio(entry) if "annotations" in entry else _argilla(entry)


def _label_studio(task: dict[str, Any]) -> Iterator[tuple[str, str, str, int]]:
    for annotation in task["annotations"]:
        for result in annotation["result"]:
            if result["type"] == "rating":
                rater = str(task["data"].get("rater") or annotation["completed_by"])
                score = int(result["value"]["rating"])
                yield str(task["data"]["row_id"]), rater, str(result["from_name"]), score


def _argilla(record: dict[str, Any]) -> Iterator[tuple[str, str, str, int]]:
    for question, answers in record["responses"].items():
        for answer in answers:
            rater = str(record["id"]).rpartition("#")[2] or str(answer["user_id"])
            yield str(record["fields"]["row_id"]), rater, str(question), int(answer["value"])
