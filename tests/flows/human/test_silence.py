"""Silence is no praise: what nobody judged gives no row, what somebody praised does."""

import json

import pyarrow.parquet as pq
import pytest

from flows.commands.people import import_
from flows.human.folder import HumanFolder
from tests.flows.human.tasks import box, region, result, task, whole

SILENT = region("a", box(5, 5, 40, 40), "cup")
PRAISED = region("a", box(5, 5, 40, 40), "cup", ["no flaw"])
FLAWED = region("a", box(5, 5, 40, 40), "cup", ["blur"])


def imported(folder, images, tasks, scores=""):
    """The scope of each picture, the verdict of each region, and the exit status."""
    file, out = folder / "e.json", folder / "a"
    file.write_text(json.dumps(tasks))
    table = folder / "s.csv"
    table.write_text(f"image_name,MOS\nelsewhere.png,99\n{scores}")
    given = table if scores else None
    status = import_.run(images, out, [file], scores=given)
    place = HumanFolder(out)
    pictures = pq.read_table(place.pictures).to_pylist()
    regions = pq.read_table(place.consensus).to_pylist()
    scopes = [picture["scope"] for picture in pictures]
    return scopes, [one["verdict"] for one in regions], status


CASES = {
    "an empty page": ([[]], ["unsaid"], [], 3),
    "a name alone": ([SILENT], ["unsaid"], ["unsaid"], 3),
    "a region praised": ([PRAISED], ["regional"], ["clean"], 0),
    "a flaw": ([FLAWED], ["regional"], ["flawed"], 0),
    "clean": ([whole("clean")], ["clean"], [], 0),
    "clean and a name": ([whole("clean") + SILENT], ["clean"], ["clean"], 0),
    "everywhere, but nobody says what": ([whole("uniform")], ["unsaid"], [], 3),
    "a flaw and a silent one": ([FLAWED, SILENT], ["regional"], ["flawed"], 0),
    "a flaw and two silent ones": ([FLAWED, SILENT, SILENT], ["regional"], ["flawed"], 0),
    "praise and two silent ones": ([PRAISED, SILENT, SILENT], ["regional"], ["clean"], 0),
    "flaw and no flaw in one": (
        [[*FLAWED, result("choices", "distortion", {"choices": ["no flaw"]}, "a")]],
        ["regional"],
        ["flawed"],
        0,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_only_what_was_said_counts(images, tmp_path, name):
    """Scopes, verdicts and status of what one to three people said, or did not."""
    people, scopes, verdicts, status = CASES[name]
    tasks = [task("p0.png", own, who) for who, own in enumerate(people)]
    assert imported(tmp_path, images, tasks) == (scopes, verdicts, status)


SCORES = {
    "good, nobody said anything": ([], 75, "clean"),
    "not quite good": ([], 74.9, "unsaid"),
    "fair, and one found it clean": (whole("clean"), 50, "clean"),
    "worse, and one found it clean": (whole("clean"), 49.9, "unsaid"),
    "good, but with a flaw": (FLAWED, 99, "regional"),
}


@pytest.mark.parametrize("name", SCORES)
def test_scores_speak_where_people_do_not(images, tmp_path, name):
    """A mean of 75 and more praises, one below 50 contradicts praise."""
    own, score, scope = SCORES[name]
    scopes, _, status = imported(tmp_path, images, [task("p0.png", own)], f"p0.png,{score}\n")
    assert (scopes, status) == ([scope], 3 if scope == "unsaid" else 0)


def test_no_row_says_what_nobody_said(images, spider, tmp_path):
    """Of a silent picture there is no row, of one praised region none about the whole."""
    tasks = [task("p0.png", SILENT), task("p1.png", PRAISED), task("p2.png", whole("clean"))]
    assert imported(tmp_path, images, tasks)[0] == ["unsaid", "regional", "clean"]
    out = tmp_path / "d"
    done = spider("build", "--annotations", tmp_path / "a", "--out", out)
    assert done.returncode in (0, 3), done.stderr
    rows = [row for file in (out / "data").iterdir() for row in pq.read_table(file).to_pylist()]
    silent, praised, clean = pq.read_table(tmp_path / "a" / "pictures.parquet").to_pylist()
    of = {
        p["path"]: {row["task"] for row in rows if row["picture_id"] == p["picture_id"]}
        for p in (silent, praised, clean)
    }
    assert of["p0.png"] == set()
    assert of["p1.png"] == {"local_description"}
    assert "global_description" in of["p2.png"]


def test_a_choice_of_nothing_is_not_none(images, tmp_path):
    """CVAT's first choice stands there by itself: "not judged" and "none" say nothing."""
    parts = "".join(
        f'<box label="region" xtl="{9 * n}" ytl="9" xbr="{9 * n + 8}" ybr="99">'
        f'<attribute name="distortion">{word}</attribute></box>'
        for n, word in enumerate(("not judged", "none", "no flaw"), 1)
    )
    file, out = tmp_path / "a.xml", tmp_path / "a"
    image = f'<image id="0" name="p0.png" width="400" height="300">{parts}</image>'
    file.write_text(f"<annotations>{image}</annotations>")
    import_.run(images, out, [file])
    rows = pq.read_table(HumanFolder(out).regions).to_pylist()
    assert [row["verdict"] for row in rows] == ["unsaid", "unsaid", "clean"]
