"""The ledger believes nothing that is no completion, its own lines included."""

import json

from annotators.chat.protocol import ChatRequest, Completion
from flows.model.ledger import Ledger


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
