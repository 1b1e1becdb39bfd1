"""What a model failed is asked again, and what was said before stays."""

import json

import pyarrow.parquet as pq
import pytest

from flows.model.ledger import Ledger, forget_doubted
from flows.run.retry import retry
from schemas.errors import ConfigError
from tests.doubles.chat_server import serving
from tests.flows.model.test_chat_build import BUILD, DRAFT, last, obedient

NO_JSON = "no JSON at all"


def rejects_of(out):
    """Reasons of all rejected texts."""
    files = sorted((out / "rejects").iterdir())
    rows = [row for file in files for row in pq.read_table(file).to_pylist()]
    return [row["reason"] for row in rows if row["stage"] == "check"]


def rows_of(out):
    """Question and answer by row."""
    files = sorted((out / "data").iterdir())
    rows = [row for file in files for row in pq.read_table(file).to_pylist()]
    return {row["row_id"]: (row["question"], row["answer"], row["writer"]) for row in rows}


@pytest.mark.slow  # a build with a model, twice
def test_what_failed_is_asked_again(photos, spider, tmp_path):
    """A server that was ill for long answers: retried, they come, and no other row changes."""
    out, ill = tmp_path / "d", [True]

    def reply(body, number):
        texts = " ".join(str(message["content"]) for message in body["messages"][3:])
        draft = DRAFT.search(last(body))
        if ill[0] and (NO_JSON in texts or (draft and len(draft.group(1)) > 250)):
            return NO_JSON
        return obedient(body, number)

    flags = ("--answers-mode", "paraphrase", "--on-failure", "reject", "--limit", 3)
    with serving(reply) as server:
        command = ("build", photos, "--out", out, *BUILD, *flags, "--endpoint", server.url)
        assert spider(*command).returncode == 3
        before, failed = rows_of(out), rejects_of(out)
        assert "no_json" in failed
        wrong = spider("retry", out, "--rejects", "no_such_reason")
        assert (wrong.returncode, "no_json" in wrong.stderr) == (2, True)
        ill[0] = False
        asked = len(server.bodies)
        told = spider("retry", out, "--rejects", "no_json")
        assert told.returncode == 0, told.stderr
        assert told.stdout.startswith(f"{failed.count('no_json')} rejects in 1 shards, ")
        assert spider(*command).returncode in (0, 3)
        again = len(server.bodies) - asked
    after = rows_of(out)
    assert rejects_of(out).count("no_json") == 0
    assert before.items() <= after.items()
    assert len(after) == len(before) + failed.count("no_json")
    assert again < asked


class Model:
    """Is not asked."""

    name = "m"


def test_doubted_answers_are_dropped_by_their_reason(tmp_path):
    """Answers noted under one reason go, with the note; others stay, and damaged lines as well."""
    path = tmp_path / "c.jsonl"
    ledger = Ledger(Model(), path)
    ledger.close()
    rows = [["a", "x", "stop", 1, 1, 1], ["b", "y", "stop", 1, 1, 1], ["c", "z", "stop", 1, 1, 1]]
    notes = [[None, "no_json", "a"], [None, "too_long", "b"]]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows + notes) + "{half\n")
    assert forget_doubted(path, "no_json") == 1
    kept = [line for line in path.read_text().splitlines() if not line.startswith("{")]
    assert [json.loads(line)[0] for line in kept] == ["b", "c", None]
    assert forget_doubted(tmp_path / "none", "no_json") == 0


def test_a_folder_without_a_run_is_a_mistake(tmp_path):
    """One line, nothing written."""
    with pytest.raises(ConfigError, match="no run of ours"):
        retry(tmp_path, "no_json")
    assert not list(tmp_path.iterdir())
