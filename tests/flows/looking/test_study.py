"""The verification study: who rates what, what is kept, what comes out."""

import json
import shutil

import pytest
from fastapi.testclient import TestClient

from flows.evaluation.intervals import Settings
from flows.looking.gallery.index import RowIndex
from flows.looking.study.apply import apply_study
from flows.looking.study.dimensions import DIMENSIONS
from flows.looking.study.draw import draw_study
from flows.looking.study.exchange import read_ratings, write_tasks
from flows.looking.study.folder import raters_named, ratings_of, read_study, write_study
from flows.looking.study.judges import judge_scores
from flows.looking.study.report import report, write_report
from flows.looking.study.server import study_app
from flows.looking.study.store import Said
from schemas.errors import ConfigError

RATERS = ("ada", "grace", "mary")


@pytest.fixture
def study(dataset, tmp_path):
    """A study of 40 % of the rows by three people, ten rows of it by all of them."""
    drawn = draw_study(dataset, RATERS, 0.4, None, crossed=10, each=1, seed=0)
    tokens = write_study(tmp_path / "study", drawn)
    return tmp_path / "study", drawn, tokens


@pytest.fixture
def client(study):
    """The server of that study."""
    return TestClient(study_app(study[0]), base_url="http://127.0.0.1")


def everything(drawn, score):
    """All ratings that were asked for; ``score(rater, row, dimension)`` gives each."""
    return [
        Said(rater, item.row_id, one.name, score(rater, item, one.name))
        for rater, own in drawn.shown.items()
        for item in (drawn.items[n] for n in own)
        for one in drawn.dimensions
    ]


def test_the_sample_is_that_of_its_key(dataset, study):
    """The same seed draws the same study, another seed another one."""
    again = draw_study(dataset, RATERS, 0.4, None, crossed=10, each=1, seed=0)
    assert again == study[1] == read_study(study[0])
    assert draw_study(dataset, RATERS, 0.4, None, crossed=10, each=1, seed=1) != again


def test_examples_are_no_rows_of_the_sample(study):
    """Each score has an example at most once, out of rows that nobody rates."""
    drawn = study[1]
    scores = [example.score for example in drawn.examples]
    assert scores
    assert len(scores) == len(set(scores))
    assert not {example.row_id for example in drawn.examples} & drawn.by_row.keys()


def test_tokens_are_secret(study):
    """Only the owner reads the tokens, and the study itself holds none."""
    folder, _, tokens = study
    assert (folder / "tokens.json").stat().st_mode & 0o077 == 0
    text = (folder / "study.json").read_text(encoding="utf-8")
    assert len(set(tokens.values())) == 3
    assert not any(token in text for token in tokens.values())


def test_a_key_is_on_the_disk_when_the_page_hears_of_it(study, client):
    """What the server says is saved is in the file; it can be changed and taken back."""
    folder, drawn, tokens = study
    address = f"/rate/{tokens['ada']}"
    row_id = drawn.items[drawn.shown["ada"][0]].row_id
    for score in (2, 5):
        said = {"place": 0, "dimension": "accuracy", "score": score}
        assert client.post(address, json=said).json() == {"done": 0}
        assert ratings_of(folder).all("ada") == [Said("ada", row_id, "accuracy", score)]
    assert client.post(f"/undo/{tokens['ada']}").json() == {"place": 0}
    assert ratings_of(folder).all() == []
    assert client.post(f"/undo/{tokens['ada']}").json() == {"place": None}


def test_words_are_kept_beside_scores(study, client):
    """What people call a flaw is kept as they wrote it, and no score."""
    folder, _, tokens = study
    said = {"place": 1, "dimension": "words", "words": " grainy <b>sky</b> "}
    assert client.post(f"/rate/{tokens['mary']}", json=said).status_code == 200
    page = client.get(f"/rate/{tokens['mary']}?place=1").text
    assert "grainy &lt;b&gt;sky&lt;/b&gt;" in page
    assert [one.words for one in ratings_of(folder).all()] == ["grainy <b>sky</b>"]
    assert write_report(folder, Settings(0)).read_text().count("grainy <b>sky</b> (1)") == 1


def test_what_no_terminal_or_file_can_hold(study, client):
    """Control characters are taken out of words; half a character is refused, not stored."""
    folder, _, tokens = study
    address = f"/rate/{tokens['ada']}"
    said = {"place": 0, "dimension": "words", "words": "red\x1b[31m\x00 noise"}
    assert client.post(address, json=said).status_code == 200
    (kept,) = ratings_of(folder).all()
    assert kept.words.isprintable()
    assert "noise" in kept.words
    half = '{"place": 0, "dimension": "words", "words": "\\ud800"}'
    answer = client.post(address, content=half, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    deep = "[" * 100_000
    answer = client.post(address, content=deep, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422)
    assert ratings_of(folder).all() == [kept]


@pytest.mark.parametrize(
    "said",
    [
        {"place": 0, "dimension": "accuracy", "score": 0},
        {"place": 0, "dimension": "accuracy", "score": 6},
        {"place": 0, "dimension": "accuracy", "score": True},
        {"place": 0, "dimension": "accuracy", "score": "4"},
        {"place": 0, "dimension": "beauty", "score": 3},
        {"place": 10**6, "dimension": "accuracy", "score": 3},
        {"place": -1, "dimension": "accuracy", "score": 3},
        {"place": 0, "dimension": "accuracy", "score": 3, "rater": "grace"},
        {"place": 0, "dimension": "words", "score": 3},
        {"place": 0, "dimension": "words", "words": "x" * 1001},
    ],
)
def test_what_is_no_rating_is_refused(study, client, said):
    """Scores off the scale, rows and dimensions that are not there, other people's names."""
    assert client.post(f"/rate/{study[2]['ada']}", json=said).status_code == 422
    assert ratings_of(study[0]).all() == []


def test_other_sites_and_other_people_get_nothing(study, client):
    """No page without a token, no rating from another site's page, no picture of other rows."""
    folder, drawn, tokens = study
    said = {"place": 0, "dimension": "accuracy", "score": 3}
    assert client.get("/rate/guessed").status_code == 404
    for foreign in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = client.post(f"/rate/{tokens['ada']}", json=said, headers=foreign)
        assert answer.status_code == 403
    assert client.get(f"/rate/{tokens['ada']}", headers={"Host": "evil.example"}).status_code == 403
    assert ratings_of(folder).all() == []
    own = {drawn.items[n].number for n in drawn.shown["ada"]} | {e.number for e in drawn.examples}
    foreign = next(item.number for item in drawn.items if item.number not in own)
    assert client.get(f"/picture/{tokens['ada']}/{foreign}").status_code == 404
    assert client.get(f"/picture/{tokens['ada']}/{min(own)}").status_code == 200


def test_the_report_of_people_who_agree(study):
    """Where all say the same, alpha and ICC are 1 and the shares are what was said."""
    folder, drawn, _ = study
    fives = {item.row_id: 5 if n % 4 else 2 for n, item in enumerate(drawn.items)}
    common = sorted(set.intersection(*map(set, drawn.shown.values())))
    # Where everybody gives everything the same score there is nothing to agree about.
    fives[drawn.items[common[0]].row_id], fives[drawn.items[common[1]].row_id] = 2, 5
    ratings_of(folder).save(*everything(drawn, lambda rater, item, name: fives[item.row_id]))
    found = report(drawn, ratings_of(folder).all(), Settings(200))
    assert found["ratings"] == found["ratings_asked"]
    assert found["disagreements"] == 0
    assert found["repair"] == sum(score == 2 for score in fives.values())
    one = found["dimensions"]["accuracy"]
    assert one["agreement"]["alpha_interval"] == 1
    assert one["agreement"]["icc(2,1)"]["value"] == pytest.approx(1)
    asked = [fives[drawn.items[n].row_id] for own in drawn.shown.values() for n in own]
    assert one["share_4_5"]["value"] == pytest.approx(asked.count(5) / len(asked))
    assert one["share_4_5"]["low"] <= one["share_4_5"]["value"] <= one["share_4_5"]["high"]
    assert one["histogram"] == {"1": 0, "2": asked.count(2), "3": 0, "4": 0, "5": asked.count(5)}


def test_applying_leaves_out_what_people_found_wrong(study, dataset, tmp_path, spider):
    """Rows below the mean go and become rejects, the rest is the same, and validate is content."""
    folder, drawn, _ = study
    low = {item.row_id for item in drawn.items[::5]}
    said = everything(drawn, lambda rater, item, name: 1 if item.row_id in low else 4)
    ratings_of(folder).save(*said)
    done = apply_study(folder, dataset, tmp_path / "better", 3)
    before, after = RowIndex(dataset), RowIndex(tmp_path / "better")
    assert done.dropped == len(low)
    assert [e.row_id for e in after.entries] == [
        e.row_id for e in before.entries if e.row_id not in low
    ]
    manifest = json.loads((tmp_path / "better" / "manifest.json").read_text())
    assert manifest["made"]["dropped"] == sorted(low)
    assert manifest["counts"]["rejects"]["study.rated_low"] == len(low)
    checked = spider("validate", tmp_path / "better")
    assert checked.returncode == 0, checked.stdout


def test_a_judge_is_laid_beside_people(dataset, tmp_path):
    """So many rows a task for everybody, and a judge who says the same correlates by 1."""
    drawn = draw_study(dataset, RATERS, 1, 5, crossed=0, each=1, seed=0)
    by_task = {item.task: 0 for item in drawn.items}
    for item in drawn.items:
        by_task[item.task] += 1
    assert set(by_task.values()) <= {1, 2, 3, 4, 5}
    assert max(by_task.values()) == 5
    assert all(sorted(own) == list(range(len(drawn.items))) for own in drawn.shown.values())
    scores = {item.row_id: 1 + n % 5 for n, item in enumerate(drawn.items)}
    said = everything(drawn, lambda rater, item, name: scores[item.row_id])
    table = tmp_path / "judge.csv"
    lines = [f"{row_id},{score / 5}" for row_id, score in scores.items()]
    table.write_text("\n".join(["row_id,score", *lines]) + "\n")
    found = report(drawn, said, Settings(50), judge_scores(table))
    judged = found["dimensions"]["accuracy"]["judge"]
    assert judged["srcc"]["bootstrap"]["value"] == pytest.approx(1)
    assert judged["plcc"]["fisher"]["value"] == pytest.approx(1)


@pytest.mark.parametrize("form", ["csv", "labelstudio", "argilla"])
def test_other_tools_and_back(study, dataset, tmp_path, form):
    """What another tool gives back, filled in, are the ratings that were given in it."""
    _, drawn, _ = study
    files = write_tasks(drawn, RowIndex(dataset), form, tmp_path / form)
    mine = next(path for path in files if path.stem == "ada")
    if form == "csv":
        head, *lines = mine.read_text().splitlines()
        mine.write_text("\n".join([head, *(f"{line}4" for line in lines)]))
    else:
        rows = json.loads(mine.read_text())
        for row in rows:
            if form == "labelstudio":
                results = [
                    {"type": "rating", "from_name": d.name, "value": {"rating": 4}}
                    for d in DIMENSIONS
                ]
                row["annotations"] = [{"completed_by": 1, "result": results}]
            else:
                row["responses"] = {d.name: [{"value": 4, "user_id": "u"}] for d in DIMENSIONS}
        mine.write_text(json.dumps(rows))
    found = read_ratings(drawn, mine)
    wanted = everything(drawn, lambda rater, item, name: 4)
    assert sorted(found) == sorted(one for one in wanted if one.rater == "ada")


def test_a_name_with_a_comma_comes_back(dataset, tmp_path):
    """A table of somebody called "Lovelace, Ada" is read as theirs."""
    drawn = draw_study(dataset, ("Lovelace, Ada",), 0.1, None, crossed=0, each=1, seed=0)
    (table,) = write_tasks(drawn, RowIndex(dataset), "csv", tmp_path / "csv")
    head, *lines = table.read_text().splitlines()
    table.write_text("\n".join([head, *(f"{line}4" for line in lines)]))
    wanted = everything(drawn, lambda rater, item, name: 4)
    assert sorted(read_ratings(drawn, table)) == sorted(wanted)


def test_files_of_others_are_checked(study, tmp_path):
    """Foreign rows, scores off the scale and what is no table are the user's mistake."""
    _, drawn, _ = study
    row_id = drawn.items[0].row_id
    for line in ("foreign,ada,accuracy,3", f"{row_id},ada,accuracy,9", f"{row_id},ada,beauty,3"):
        path = tmp_path / "r.csv"
        path.write_text(f"target,rater,dimension,score\n{line}\n")
        with pytest.raises(ConfigError):
            read_ratings(drawn, path)
    (tmp_path / "r.json").write_text("[[]]")
    with pytest.raises(ConfigError):
        read_ratings(drawn, tmp_path / "r.json")


def test_another_dataset_is_refused(study, dataset, tmp_path):
    """A study is served only with the dataset it was drawn from."""
    other = shutil.copytree(dataset, tmp_path / "other")
    manifest = json.loads((other / "manifest.json").read_text())
    manifest["identity"]["config_hash"] = "another"
    (other / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ConfigError):
        study_app(study[0], other)


def test_from_the_command_line(dataset, tmp_path, spider):
    """Sample, report and apply as a user types them; what cannot be is one line."""
    folder = tmp_path / "study"
    done = spider("study", "sample", dataset, "--out", folder, "--raters", 2, "--crossed", 5)
    assert done.returncode == 0, done.stderr
    assert spider("study", "sample", dataset, "--out", folder).returncode == 2
    assert spider("study", "apply", folder, dataset, "--out", tmp_path / "x").returncode == 2
    drawn = read_study(folder)
    ratings_of(folder).save(*everything(drawn, lambda rater, item, name: 4))
    done = spider("study", "report", folder, "--resamples", 50)
    assert "100.0%" in done.stdout, done.stderr
    assert (folder / "ratings.csv").is_file()
    assert raters_named(2, []) == list(drawn.shown)
