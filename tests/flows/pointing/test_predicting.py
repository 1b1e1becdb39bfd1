"""Predictions that go on after a cut, and those of a served model."""

import json
import re

import httpx
import numpy as np
import pytest
from PIL import Image

from flows.pointing import point as pointing
from flows.pointing.point import ModelAddress, _key
from flows.pointing.points import Scored
from flows.pointing.predict import predict
from flows.pointing.scoring import Asked
from flows.pointing.served import ServedSpeaker
from flows.pointing.words import find_place
from flows.training.data.example import Example
from schemas import masks
from schemas.errors import ConfigError, EndpointError
from schemas.settings.training import PointConfig

PICTURE = Image.fromarray(np.zeros((8, 8, 3), np.uint8))


class Rows:
    """Nine rows, every third of grounding."""

    def __len__(self):
        return 9

    def example(self, row):
        task = "referring" if row % 3 else "grounding"
        return Example(f"r{row}", task, ((f"Question {row}?", ""),))

    def images(self, row):
        return [PICTURE]


class Speaks:
    """Answers with its name and the question; keeps what it was asked."""

    def __init__(self, name):
        self.name, self.asked = name, []

    def answer(self, asked, max_tokens):
        self.asked += [one.question for one in asked]
        return [f"{self.name} top left {one.question}" for one in asked]

    def score(self, asked, answers):
        return [Scored(answer, find_place(answer), 1.0, 2.0) for answer in answers]


def test_a_cut_run_goes_on_with_its_own_lines_only(tmp_path):
    """After a cut the same key asks for what is missing; another begins anew."""
    out, first = tmp_path / "p.jsonl", Speaks("one")
    predict(Rows(), first, out, 1.0, None, 4, 9, key="a")
    lines = out.read_text().splitlines()
    part = tmp_path / "p.jsonl.a.part"
    part.write_text("\n".join(lines[:5]) + "\n" + lines[5][:20])
    again = Speaks("one")
    assert predict(Rows(), again, out, 1.0, None, 2, 9, key="a") == 9
    assert out.read_text().splitlines() == lines
    assert again.asked == first.asked[5:]
    part.write_text("\n".join(lines[:5]) + "\n")
    predict(Rows(), Speaks("two"), out, 1.0, None, 4, 9, key="b")
    assert all("two top left" in line for line in out.read_text().splitlines())


def test_a_key_is_of_everything_that_decides_lines(tmp_path):
    """Weights, temperature, data and limit change the key; the size of batches does not."""
    model, data = tmp_path / "model", tmp_path / "data"
    for folder in (model, data):
        folder.mkdir()
    (model / "model.safetensors").write_bytes(b"1")
    (data / "manifest.json").write_text('{"files": {"a": 1}}')

    def key(tau=1.0, limit=None, **settings):
        config = PointConfig(**settings)
        return _key(ModelAddress(str(model)), config, tau, data, "test", [], limit)

    first = key()
    assert key(batch=3) == first
    others = {key(tau=2.0), key(limit=4), key(max_tokens=5), key(segmenter="x")}
    (data / "manifest.json").write_text('{"files": {"a": 2}}')
    others.add(key())
    (model / "model.safetensors").write_bytes(b"22")
    assert len({first, *others, key()}) == 7


def test_what_has_no_file_gets_a_name(monkeypatch, tmp_path):
    """Predictions of a dataset are JSON lines by default; calibration leaves its test split."""
    from typer.testing import CliRunner

    from flows.cli import app

    calls = {}
    monkeypatch.setattr(pointing, "predict_split", lambda *a: calls.setdefault("predict", a) and 1)
    monkeypatch.setattr(pointing, "calibrate_on", lambda *a: calls.setdefault("calibrate", a))
    runner, command = CliRunner(), ["point", "--model", "m", "--data", str(tmp_path)]
    assert runner.invoke(app, [*command, "--limit", "3"]).exit_code == 0
    assert str(calls["predict"][5]) == "predictions.jsonl"
    assert calls["predict"][4] == "test"
    runner.invoke(app, [*command, "--calibrate"])
    assert calls["calibrate"][3] == "train"


class Grounds:
    """Two rows whose targets are the upper left quarter's middle."""

    def __init__(self, *_):
        pass

    def __len__(self):
        return 2

    def example(self, row):
        return Example(f"r{row}", "grounding", (("Where?", ""),))

    def images(self, row):
        return [PICTURE]

    def target(self, row):
        mask = np.zeros((40, 40), np.bool_)
        mask[8:12, 8:12] = True
        return masks.encode(mask), 40, 40


class Places(Speaks):
    """Says a place, eleven logits sure."""

    def answer(self, asked, max_tokens):
        return [self.name for _ in asked]

    def score(self, asked, answers):
        return [Scored(answer, find_place(answer), 11.0, 11.0) for answer in answers]


def test_calibrate_is_stored_and_used(monkeypatch, tmp_path):
    """``--calibrate`` stores a temperature beside the weights, which later runs take."""
    monkeypatch.setattr(pointing, "DatasetSource", Grounds)
    monkeypatch.setattr(pointing, "make_speaker", lambda *_: Places("top left"))
    where, config = ModelAddress(str(tmp_path)), PointConfig()
    found = pointing.calibrate_on(where, config, tmp_path, "train", 9)
    assert found.accuracy[found.temperature] == 1.0
    assert json.loads((tmp_path / "point.json").read_text())["temperature"] == found.temperature
    assert pointing.temperature_of(str(tmp_path), None, config) == found.temperature
    assert pointing.temperature_of(str(tmp_path), 3.0, config) == 3.0


def test_nothing_is_calibrated_on_misses(monkeypatch, tmp_path):
    """Where no answer ever points into its target no temperature is made up."""
    monkeypatch.setattr(pointing, "DatasetSource", Grounds)
    monkeypatch.setattr(pointing, "make_speaker", lambda *_: Places("bottom right"))
    with pytest.raises(ConfigError, match="of 2 answers none points into its target"):
        pointing.calibrate_on(ModelAddress(str(tmp_path)), PointConfig(), tmp_path, "train", 9)
    assert not (tmp_path / "point.json").exists()


TOKENS = re.compile(r"<.>| ?Bo|ttom| ?Top|top|bottom| ?left| ?right|.", re.DOTALL)
"""Of a toy tokeniser to which ``Bottom`` is two tokens."""
LOGS = {"Bo": -1.0, "Top": -3.0, " left": -0.5, " right": -2.0}


def _served(words=LOGS):
    numbers = {}

    def cut(messages):
        text = "".join(f"<{m['role'][0]}>{m['content']}" for m in messages[1:]) or "<a>"
        return [numbers.setdefault(token, len(numbers)) for token in TOKENS.findall(text)]

    def reply(request):
        body = json.loads(request.content)
        if request.url.path == "/tokenize":
            return httpx.Response(200, json={"tokens": cut(body["messages"])})
        names = {number: token for token, number in numbers.items()}
        logs = [
            {"token": f"token_id:{i}", "logprob": words.get(names[i], -9999.0)}
            for i in body["logprob_token_ids"]
        ]
        choice = {"logprobs": {"content": [{"top_logprobs": logs}]}}
        return httpx.Response(200, json={"choices": [choice]})

    speaker = ServedSpeaker("http://server/v1", "m")
    speaker._client = httpx.Client(transport=httpx.MockTransport(reply))
    return speaker


def test_served_words_are_scored_by_their_first_tokens():
    """A word of several tokens has a score, never silently the middle."""
    asked = Asked(PICTURE, "Where?")
    one, other = _served().score([asked, asked], ["Bottom left.", "on the right"])
    assert (one.vertical, one.horizontal) == (2.0, 1.5)
    assert (other.vertical, other.horizontal) == (None, -1.5)


def test_served_without_scores_is_refused():
    """A server that does not report the words asked for is one clear line."""
    with pytest.raises(ConfigError, match="no log-probabilities by token id"):
        _served({}).score([Asked(PICTURE, "Where?")], ["on the right"])


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"null",
        b"[]",
        b'{"choices": []}',
        b'{"tokens": 7}',
        b'{"tokens": ["x"]}',
        b"[" * 99_999,
    ],
)
def test_served_nonsense_is_one_line(said):
    """Whatever else a server sends is no answer, and no traceback."""
    speaker = _served()
    reply = httpx.MockTransport(lambda request: httpx.Response(200, content=said))
    speaker._client = httpx.Client(transport=reply)
    asked = [Asked(PICTURE, "Where?")]
    with pytest.raises(EndpointError, match="no answer"):
        speaker.answer(asked, 9)
    with pytest.raises(EndpointError, match="no answer"):
        speaker.score(asked, ["on the right"])


def test_served_addresses_hold_no_password():
    """It would stand in messages and in the list of processes; the line does not repeat it."""
    with pytest.raises(ConfigError, match="--api-key-env") as caught:
        ServedSpeaker("http://me:SECRET@server/v1", "m")
    assert "SECRET" not in str(caught.value)
    with pytest.raises(ConfigError, match="no server takes such a key"):
        ServedSpeaker("http://server/v1", "m", "a key")
