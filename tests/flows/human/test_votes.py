"""Votes of a table of opinions (KonIQ++) for pictures in which nobody marked anything."""

import json

import pyarrow.parquet as pq
import pytest

from flows.human.opinion_table import OpinionRow, passed, read_scores
from tests.flows.human.tasks import box, region, task

TABLE = """image_name,MOS,artifacts,blur,contrast,colors,other
p0.png,2.0,0.6,0.9,0.1,0.2,0.0
p1.png,2.5,0.1,0.7,0.5,0.2,0.9
p2.png,4.0,0.1,0.2,0.1,0.0,0.0
elsewhere.png,1.0,0.9,0.9,0.9,0.9,0.0
"""


@pytest.fixture(scope="module")
def voted(images, spider, tmp_path_factory):
    """One picture marked by a person, two only voted on, one of them by too few."""
    folder = tmp_path_factory.mktemp("voted")
    (folder / "s.csv").write_text(TABLE)
    marked = region("a", box(5, 5, 40, 40), "cup", ["noise"], "severe")
    (folder / "e.json").write_text(json.dumps([task("p0.png", marked)]))
    out = folder / "a"
    done = spider(
        "import",
        folder / "e.json",
        "--images",
        images,
        "--scores",
        folder / "s.csv",
        "--votes",
        "0.5",
        "--out",
        out,
    )
    assert done.returncode == 0, done.stderr
    return out


def test_votes_speak_where_people_marked_nothing(voted):
    """What half of the voters saw flaws the whole; a person's regions go before votes."""
    rows = {row["path"]: row for row in pq.read_table(voted / "pictures.parquet").to_pylist()}
    assert sorted(rows) == ["p0.png", "p1.png"]
    assert (rows["p0.png"]["scope"], rows["p0.png"]["flaws"]) == ("regional", [])
    assert rows["p1.png"]["scope"] == "uniform"
    flaws = [(f["family"], f["said"], f["severity"]) for f in rows["p1.png"]["flaws"]]
    assert flaws == [("blur", "blur", 0), ("contrast", "contrast", 0)]
    assert rows["p1.png"]["annotators"] == []
    counts = json.loads((voted / "report.json").read_text())["counts"]
    assert (counts["pictures.voted"], counts["pictures"]) == (1, 2)


def test_voted_pictures_give_rows(voted, spider, tmp_path):
    """The build asks about both flaws of the whole and invents neither severity nor order."""
    out = tmp_path / "d"
    done = spider("build", "--annotations", voted, "--out", out)
    assert done.returncode in (0, 3), done.stderr
    rows = [row for file in (out / "data").iterdir() for row in pq.read_table(file).to_pylist()]
    pictures = {
        row["path"]: row["picture_id"]
        for row in pq.read_table(voted / "pictures.parquet").to_pylist()
    }
    own = [row for row in rows if row["picture_id"] == pictures["p1.png"]]
    short = {row["answer"] for row in own if row["sub_task"] == "short"}
    assert short == {"Blur, poor contrast."}
    assert spider("validate", out).returncode == 0


def test_a_table_alone_is_enough(images, spider, tmp_path):
    """Without files, votes make the folder; without either, or without a table, one line."""
    (tmp_path / "s.csv").write_text(TABLE)
    given = ("--images", images, "--out", tmp_path / "a")
    done = spider("import", *given, "--scores", tmp_path / "s.csv", "--votes", "0.9")
    assert done.returncode == 0, done.stderr
    assert pq.read_metadata(tmp_path / "a" / "pictures.parquet").num_rows == 1
    scores = ("--scores", tmp_path / "s.csv", "--votes", "0.95")
    mistakes = (
        ((), "nothing to import"),
        (scores, "nothing was read"),
        (("--votes", "0.5"), "needs --scores"),
        (("--votes", "0"), "more than 0"),
    )
    for more, words in mistakes:
        done = spider("import", *given, *more)
        assert (done.returncode, words in done.stderr) == (2, True), done.stderr


def test_other_is_no_kind_of_flaw():
    """The threshold is included; what voters called other is left out."""
    opinion = OpinionRow(50.0, "", json.dumps({"blur": 0.5, "colors": 0.49, "other": 1.0}))
    assert passed(opinion, 0.5) == ["blur"]
    assert passed(OpinionRow(50.0), 0.1) == []


def test_half_the_votes_of_the_real_table(shared_data):
    """Half of the voters agree on a flaw in 814 of the 4000 pictures of KonIQ++'s table."""
    table = read_scores(shared_data / "iqa_meta" / "koniqpp_meta_info_pyiqa.csv")
    assert sum(bool(passed(opinion, 0.5)) for opinion in table.values()) == 814
