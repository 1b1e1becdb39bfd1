"""The ledger believes nothing that is no completion, its own lines included."""

import json
import os
import threading

import pytest

from annotators.chat.protocol import ChatRequest, Completion
from flows.model.ledger import SYNC_EVERY, Ledger
from schemas.errors import AnnotationError, StoppedError


class Counting:
    """A model that answers everything and counts."""

    name = "m"

    def __init__(self):
        self.asked = 0

    def line(self):
        return self

    def complete(self, request):
        self.asked += 1
        return Completion(f"new {self.asked}")

    def close(self):
        """Nothing to let go of."""


def request(text):
    return ChatRequest([{"role": "user", "content": text}])


def test_lines_that_hold_no_completion_are_asked_again(tmp_path):
    """Ledgers of older versions hold parts, objects and numbers; what is sound is still known."""
    path, model = tmp_path / "c.jsonl", Counting()
    texts = ["parts", "object", "number", "sound", "half", "count", "after"]
    keys = {text: request(text).key("m") for text in texts}
    odd = {"parts": [{"text": "x"}], "object": {"a": 1}, "number": 7, "half": "a\ud800"}
    rows = [[keys[name], odd.get(name, "old"), "stop", 1, 2, 3] for name in texts]
    rows[5][3] = None
    lines = [json.dumps(row) for row in rows]
    lines[2:2] = ["not JSON", "[" * 100_000, "7", "null", "{}"]
    path.write_text("\n".join(lines) + "\n" + '["cut')
    ledger = Ledger(model, path)
    line = ledger.line()
    found = {text: line.complete(request(text)).text for text in texts}
    assert {name for name, text in found.items() if text == "old"} == {"sound", "after"}
    assert model.asked == 5
    ledger.close()
    again = Ledger(Counting(), path)
    assert {text: again.line().complete(request(text)).text for text in texts} == found
    assert again.model.asked == 0
    again.close()


class Refusing(Counting):
    """A model that refuses, for good or for now."""

    def __init__(self, reason):
        super().__init__()
        self.reason = reason

    def complete(self, request):
        self.asked += 1
        raise AnnotationError(self.reason, "HTTP 400: too long")


def test_a_refusal_is_kept_with_its_reason(tmp_path):
    """The same request is refused without being sent again; one that failed for now is sent."""
    path = tmp_path / "c.jsonl"
    for reason, times in (("refused_request", 1), ("unusable_answer", 5)):
        model = Refusing(reason)
        for _ in range(2):
            ledger = Ledger(model, path)
            for _ in range(2):
                with pytest.raises(AnnotationError, match=f"{reason}: HTTP 400: too long"):
                    ledger.line().complete(request(reason))
            ledger.close()
        assert model.asked == min(times, 4)
    assert path.read_text().count("\n") == 1


def test_refusals_are_asked_again_where_that_is_wanted(tmp_path):
    """``[run] retry_refused``; answers stay, and the new answer is the one that is known then."""
    path = tmp_path / "c.jsonl"
    first = Ledger(Refusing("refused_request"), path)
    with pytest.raises(AnnotationError):
        first.line().complete(request("a"))
    first.close()
    again = Ledger(Counting(), path, retry_refused=True)
    assert again.line().complete(request("a")).text == "new 1"
    again.close()
    later = Ledger(Refusing("refused_request"), path)
    assert later.line().complete(request("a")).text == "new 1"
    assert later.model.asked == 0
    later.close()


def test_a_line_that_was_cut_is_forgotten(tmp_path):
    """What stands before it is known, the next answer begins a line of its own."""
    path = tmp_path / "deep" / "c.jsonl"
    ledger = Ledger(Counting(), path)
    for text in ("a", "b"):
        ledger.line().complete(request(text))
    ledger.close()
    whole = path.read_bytes()
    path.write_bytes(whole[:-9])
    ledger = Ledger(Counting(), path)
    assert ledger.line().complete(request("a")).text == "new 1"
    assert ledger.model.asked == 0
    assert ledger.line().complete(request("c")).text == "new 1"
    ledger.close()
    assert [json.loads(line)[1] for line in path.read_text().splitlines()] == ["new 1", "new 1"]
    assert path.read_bytes().startswith(whole[: whole.index(b"\n") + 1])


def test_who_asks_the_same_at_the_same_time_gets_one_answer(tmp_path):
    """The first answer is everybody's and stands in the file once."""
    path = tmp_path / "c.jsonl"
    ledger = Ledger(Counting(), path)
    both = [ledger.keep("k", Completion(text)) for text in ("first", "second")]
    assert [found.text for found in both] == ["first", "first"]
    ledger.close()
    assert path.read_text().count("\n") == 1


def test_a_stopped_ledger_ends_conversations(tmp_path):
    """``stop`` is enough without Ctrl-C and Ctrl-C without ``stop``; nobody is asked then."""
    pressed = threading.Event()
    for stopped_by in ("stop", "interrupted"):
        ledger = Ledger(Counting(), tmp_path / f"{stopped_by}.jsonl", pressed.is_set)
        ledger.line().complete(request("a"))
        ledger.stop() if stopped_by == "stop" else pressed.set()
        with pytest.raises(StoppedError, match="goes on from here"):
            ledger.line().complete(request("a"))
        assert ledger.model.asked == 1
        pressed.clear()
        ledger.close()


def test_answers_reach_the_disk_before_the_end(tmp_path, monkeypatch):
    """Each is in the file when it is given; every so many are forced to the disk."""
    synced = []
    monkeypatch.setattr(os, "fsync", lambda handle: synced.append(handle))
    path = tmp_path / "c.jsonl"
    ledger = Ledger(Counting(), path)
    for number in range(SYNC_EVERY + 1):
        ledger.line().complete(request(str(number)))
        assert path.read_text().count("\n") == number + 1
    assert len(synced) == 1
    ledger.close()
    assert len(synced) == 2
