"""The model that judges, behind a real HTTP server that says what it is told to."""

import json
import re
import statistics
import time

import pytest

from annotators.chat.endpoints import Endpoints
from flows.evaluation.intervals import Settings
from flows.evaluation.judges.model import (
    RUBRICS,
    Case,
    EndpointJudge,
    JudgeSettings,
    Verdict,
    conversation,
    read_reply,
    rubric,
    spread,
    version,
)
from flows.evaluation.predictions import Prediction
from flows.evaluation.systems import JudgingModel, cases, evaluate
from flows.model.ledger import Ledger
from schemas.errors import AnnotationError, ConfigError, EndpointError
from tests.doubles.chat_server import serving
from tests.flows.evaluation.made import FIND, LOCAL, LONG, ROWS, WHOLE, bench

CASE = Case(
    "k", "local_description", 10, "How is the tree?", "It is fine.", "It is good.", "- tree"
)
SETTINGS = JudgeSettings(rounds=3, at_once=4)


def reply(score, reason="because"):
    """What a judge that keeps to the form says."""
    return json.dumps({"score": score, "reason": reason})


def ask(path, server, asked, settings=SETTINGS):
    """Verdicts and counts, over a ledger in ``path``."""
    model = Endpoints([server.url], "m", retries=1, pause=0.0)
    ledger = Ledger(model, path / "judge.jsonl")
    judge = EndpointJudge(ledger, settings)
    try:
        return judge.judge(asked), judge.counts
    finally:
        ledger.close()
        model.close()


def test_rounds_are_averaged_and_kept(tmp_path):
    """Three rounds, three seeds, their mean; the second run asks nothing and says the same."""
    with serving(lambda body, number: reply([6, 7, 9][number])) as server:
        (verdict,), counts = ask(tmp_path, server, [CASE])
        again, _ = ask(tmp_path, server, [CASE])
    assert verdict == Verdict(statistics.fmean([6, 7, 9]), (6, 7, 9), "because")
    assert verdict.spread == pytest.approx(statistics.stdev([6, 7, 9]))
    assert again == [verdict]
    assert len(server.bodies) == len({body["seed"] for body in server.bodies}) == 3
    assert not counts
    assert {body["temperature"] for body in server.bodies} == {0.0}


def test_another_answer_is_asked_about_anew(tmp_path):
    """The memory is keyed by everything that is asked: another answer is another question."""
    with serving(lambda body, number: reply(5)) as server:
        ask(tmp_path, server, [CASE])
        ask(tmp_path, server, [CASE._replace(answer="It is bad.")])
    assert len(server.bodies) == 6


def test_unreadable_replies_are_asked_again(tmp_path):
    """A reply that cannot be read costs a try under another seed, not the round."""
    said = ["I would say 7", reply(11), reply(7), reply(8), reply(9)]
    with serving(lambda body, number: said[number]) as server:
        (verdict,), counts = ask(tmp_path, server, [CASE])
    assert verdict.rounds == (7, 8, 9)
    assert counts == {"unread.no_json": 1, "unread.off_scale": 1}
    assert len({body["seed"] for body in server.bodies}) == 5


def test_what_is_never_readable_is_excluded_and_counted(tmp_path):
    """After all tries of all rounds the answer is left out, and the report can say so."""
    with serving(lambda body, number: "seven") as server:
        verdicts, counts = ask(tmp_path, server, [CASE])
    assert verdicts == [Verdict(None, ())]
    assert counts == {"unread.no_json": 9, "rounds_lost": 3, "excluded": 1}


def test_refused_requests_are_counted(tmp_path):
    """A server that refuses a request (no JSON schema, say) excludes it, and ends nothing."""
    with serving(lambda body, number: (400, {"error": "no"}, {})) as server:
        verdicts, counts = ask(tmp_path, server, [CASE])
    assert verdicts[0].score is None
    assert counts["unread.refused_request"] == 9


def test_nobody_answers(tmp_path):
    """A server that is gone ends the run; what was said before stays in the memory."""
    with (
        serving(lambda body, number: reply(4) if number < 2 else (503, {}, {})) as server,
        pytest.raises(EndpointError),
    ):
        ask(tmp_path, server, [CASE])
    assert len((tmp_path / "judge.jsonl").read_text().splitlines()) == 2


def test_after_an_error_nothing_more_is_asked(tmp_path):
    """Of many answers only those in flight are asked about once the server is gone."""
    asked = [CASE._replace(answer=str(number)) for number in range(200)]
    with (
        serving(lambda body, number: (503, {}, {})) as server,
        pytest.raises(EndpointError),
    ):
        ask(tmp_path, server, asked)
    assert len(server.bodies) < 40


def test_rounds_in_flight_stop(tmp_path):
    """When one answer ends the run, another's many rounds are not finished first."""

    def one_is_refused(body, number):
        if "refuse" in body["messages"][1]["content"]:
            return (404, {"error": "no such model"}, {})
        time.sleep(0.02)
        return reply(5)

    asked = [CASE, CASE._replace(answer="refuse")]
    with serving(one_is_refused) as server, pytest.raises(ConfigError, match="does not serve"):
        ask(tmp_path, server, asked, JudgeSettings(rounds=60, at_once=2))
    assert len(server.bodies) < 30


def test_empty_answers_are_not_asked_about(tmp_path):
    """No answer is 0 without a request."""
    with serving(lambda body, number: reply(9)) as server:
        verdicts, _ = ask(tmp_path, server, [CASE._replace(answer=" ")])
    assert (verdicts[0].score, server.bodies) == (0, [])


def test_verdicts_come_in_order(tmp_path):
    """Many at once come back in the order they were given."""

    def by_answer(body, number):
        return reply(int(re.search(r"answer no (\d)", body["messages"][1]["content"]).group(1)))

    asked = [CASE._replace(answer=f"answer no {number}") for number in range(9)]
    with serving(by_answer) as server:
        verdicts, _ = ask(tmp_path, server, asked, JudgeSettings(rounds=1, at_once=9))
    assert [verdict.score for verdict in verdicts] == list(range(9))


@pytest.mark.parametrize("name", [name for name in RUBRICS if name != "system"])
def test_rubrics(name):
    """Every rubric takes its slots, shows question, reference and answer, and names the scale."""
    text = conversation(CASE._replace(rubric=name, scale=7, answer="{braces}"))[1]["content"]
    for part in (CASE.question, CASE.reference, "{braces}", "to 7 ", '{"score": number'):
        assert part in text
    assert ("- tree" in text) == (name != "giqa")
    assert rubric("system")


def test_picture_is_shown_when_given():
    """A judge that looks gets the picture before the text, and is told so."""
    content = conversation(CASE._replace(picture=b"png"))[1]["content"]
    assert content[0]["image_url"]["url"] == "data:image/png;base64,cG5n"
    assert "picture is shown" in content[1]["text"]
    assert "picture is shown" not in conversation(CASE)[1]["content"]


def test_version_follows_the_words(monkeypatch):
    """Another word in a rubric is another version."""
    from flows.evaluation.judges import model as judge_endpoint

    before = version()
    monkeypatch.setattr(judge_endpoint, "rubric", lambda name: name)
    assert version() != before


@pytest.mark.parametrize(
    ("text", "expected"),
    [('{"score": 3, "reason": "x"}', (3, "x")), ('```json\n{"score": 3.0}\n```', (3, ""))],
)
def test_replies(text, expected):
    """A reply is read also from within a code fence and without a reason."""
    assert read_reply(text, 5) == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no_json"),
        ("3", "no_json"),
        ("{}", "no_score"),
        ('{"score": "3"}', "no_score"),
        ('{"score": true}', "no_score"),
        ('{"score": 2.5}', "no_score"),
        ('{"score": 6}', "off_scale"),
        ('{"score": -1}', "off_scale"),
    ],
)
def test_broken_replies(text, reason):
    """What is no whole number on the scale says why."""
    with pytest.raises(AnnotationError) as caught:
        read_reply(text, 5)
    assert caught.value.reason == reason


def test_spread():
    """The spread is the mean of the standard deviations between rounds, by hand."""
    verdicts = {"a": Verdict(5, (4, 6)), "b": Verdict(5, (5, 5)), "c": Verdict(1, (1,))}
    assert spread(verdicts) == pytest.approx(2**0.5 / 2)
    assert spread({"c": Verdict(1, (1,))}) is None


def test_what_the_judge_is_told():
    """Rows with text tasks become cases with the facts of their region or picture."""
    judged = JudgingModel(EndpointJudge(None), {"p-v0": b"png"}, referring=True)
    found = {s.row_id: c for s, c in cases(bench(), {}, judged)}
    assert set(found) == {row.row_id for row in (FIND, LOCAL, WHOLE, LONG)}
    assert found[FIND.row_id].scale == 5
    assert "mild blur, then severe noise" in found[FIND.row_id].facts
    assert "is not degraded" in found[LOCAL.row_id].facts
    assert "moderate compression" in found[WHOLE.row_id].facts
    assert all(case.picture == b"png" for case in found.values())


def test_scores_of_a_system(tmp_path):
    """Means over rows by task, missing rows as 0, spread between rounds, in the metrics."""
    with serving(lambda body, number: reply(4)) as server:
        model = Endpoints([server.url], "m")
        ledger = Ledger(model, tmp_path / "judge.jsonl")
        judged = JudgingModel(EndpointJudge(ledger, SETTINGS), {})
        given = {row.row_id: Prediction(row.answer) for row in ROWS if row is not LOCAL}
        result = evaluate("m", bench(), given, Settings(0), judged=judged)
        ledger.close()
        model.close()
    scores = {name: entry["score"].value for name, entry in result.metrics["judge"].items()}
    assert scores == {"global_description": 4, "grounding": 4, "local_description": 0}
    assert result.metrics["judge"]["grounding"]["round_sd"].value == 0
    assert result.rows[FIND.row_id]["rounds"] == [4, 4, 4]
    assert result.missing == 1
