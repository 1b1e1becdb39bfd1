"""The page with the paper's tables: ours are what commands counted, theirs are never made up."""

import json
import re

import pytest

from flows.dataset.statistics.published import TASKS
from flows.dataset.statistics.stats import collect
from flows.dataset.statistics.wordings import worded
from flows.evaluation.baselines import reference_answers
from flows.evaluation.evaluate import run as evaluate
from flows.evaluation.intervals import Settings
from flows.evaluation.request import Options
from flows.evaluation.truth import load_bench
from flows.looking.paper import known, tables
from flows.looking.paper.page import write_page
from flows.looking.study.draw import draw_study
from flows.looking.study.folder import ratings_of, write_study
from flows.looking.study.judges import judge_scores
from flows.looking.study.report import write_report
from flows.looking.study.store import Said
from schemas.errors import ConfigError


@pytest.fixture(scope="module")
def scores(dataset, tmp_path_factory):
    """A folder of ``evaluate`` whose name is markup: perfect texts, no masks, some opinions."""
    folder = tmp_path_factory.mktemp("scored")
    said = reference_answers(load_bench(dataset, "all"))
    lines = [json.dumps({"row_id": key, "answer": one.answer}) for key, one in said.items()]
    (folder / "said.jsonl").write_text("\n".join(lines))
    names = [f"{number}.png" for number in range(6)]
    (folder / "mos.csv").write_text("image_name,MOS\n" + "".join(f"{n},{n[0]}.5\n" for n in names))
    (folder / "own.csv").write_text("image,score\n" + "".join(f"{n},{n[0]}\n" for n in names))
    out = folder / "<b>model"
    options = Options(
        out=out,
        dataset=dataset,
        split="all",
        predictions=folder / "said.jsonl",
        scores=folder / "mos.csv",
        score_predictions=folder / "own.csv",
        with_plots=False,
        settings=Settings(20),
    )
    evaluate(options)
    return out


@pytest.fixture(scope="module")
def study(dataset, scores, tmp_path_factory):
    """A reported study of two people, with the judge that is always there."""
    folder = tmp_path_factory.mktemp("study") / "people"
    drawn = draw_study(dataset, ("ada", "mary"), 0.4, 3, crossed=0, each=1, seed=0)
    write_study(folder, drawn)
    said = [
        Said(rater, item.row_id, one.name, 5 - (number + len(rater)) % 2)
        for rater, own in drawn.shown.items()
        for number, item in enumerate(drawn.items[n] for n in own)
        for one in drawn.dimensions
    ]
    ratings_of(folder).save(*said)
    write_report(folder, Settings(20), judge_scores(scores))
    return folder


def cells(page, title):
    """The rows of a table as texts."""
    body = page.split(f"<h3>{title}")[1].split("</table>")[0]
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", body)
    return [re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row) for row in rows]


def test_what_is_on_it(dataset, scores, study, tmp_path):
    """Counts and scores are those of the folders; names are escaped; what is missing is said."""
    out = tmp_path / "page.html"
    missing = write_page([study, dataset, scores], out)
    page = out.read_text()
    assert [line.partition(";")[0] for line in missing] == ["table 2", "table 4"]
    assert "<b>model" not in page
    sizes = {row[0]: row[1:] for row in cells(page, "Table 7")}
    counted = collect(dataset)
    for name, task, sub, train in TASKS:
        ours = [
            sum(
                n
                for (t, s, _, p), n in counted.rows.items()
                if (t, p) == (task, split) and sub in ("", s)
            )
            for split in ("train", "test")
        ]
        assert sizes[name][0::2] == [str(number) for number in ours]
        assert sizes[name][1] == str(train)
    results = json.loads((scores / "results.json").read_text())
    (model, *_) = cells(page, "Table 1")[1:]
    value = results["benchmark"]["systems"]["predictions"]["referring"]["short"]["accuracy"][
        "value"
    ]
    assert model[-2].startswith(f"{value:.3f}")
    assert model[4:7] == ["", "", ""]  # no masks, no number
    srcc = results["scores"]["systems"]["predictions"]["srcc"]["value"]
    assert any(row[1].startswith(f"{srcc:.3f}") for row in cells(page, "Table 6")[1:])
    pools = {row[0]: row[1:] for row in cells(page, "Tables 10")}
    assert sum(int(row[3]) for name, row in pools.items() if name) == sum(
        line.rows for line in worded(dataset)
    )
    assert cells(page, "Table 9")[-1][1] == known.JUDGE_ICC
    assert {row[3] for row in cells(page, "Verification")[1:]} == {known.GOOD}


def test_known_numbers_agree_with_the_others():
    """Table 7 of the page is that of ``stats --paper``, and its parts sum to the published ones."""
    assert [(line.name, line.train) for line in known.TABLE_7] == [(t[0], t[3]) for t in TASKS]
    assert sum(line.train for line in known.TABLE_7) == 33_390
    assert sum(line.test for line in known.TABLE_7) == 3_241


def test_tables_nobody_knows_say_so(scores, tmp_path):
    """Where a published number is not known, the page has no cell for one and says why."""
    write_page([scores], tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text()
    for title in ("Table 1", "Table 3", "Table 6"):
        part = page.split(f"<h3>{title}")[1].split("<h3>")[0]
        assert "not known to this project" in part
        assert 'class="theirs"' not in part


def test_a_note_stands_at_every_table(dataset, scores, tmp_path):
    """What a reader must know of all tables is said at each of them and at the charts, as text."""
    write_page([dataset, scores], tmp_path / "page.html", "Measured <here>.")
    parts = (tmp_path / "page.html").read_text().split("<h3>")[1:]
    assert len(parts) > 6
    assert all(part.count("Measured &lt;here&gt;.") == 1 for part in parts)


def test_what_the_paper_quotes():
    """Below what was found of Q-Ground's flaws stand the figures that the paper quotes."""
    values = {"miou": {"value": 0.5, "low": 0.4, "high": 0.6}, "macc": {"value": None}}
    found = tables.q_ground({"m": {"qground": {"systems": {"predictions": values}}}})
    assert found.rows[0] == ["m: predictions", "0.500 [0.400, 0.600]", ""]
    assert found.rows[-1] == ["paper: Q-Ground", "0.271", "0.539"]
    assert tables.q_ground({"m": {}}) is None


def test_other_folders_are_refused(dataset, tmp_path):
    """A folder of something else, or a study that nobody reported, is one line."""
    with pytest.raises(ConfigError, match="holds no dataset"):
        write_page([tmp_path], tmp_path / "page.html")
    write_study(tmp_path / "s", draw_study(dataset, ("ada",), 0.4, 1, 0, 1, 0))
    with pytest.raises(ConfigError, match="study report"):
        write_page([tmp_path / "s"], tmp_path / "page.html")
