"""The whole road from a file of texts, with real HTTP and a real, tiny Grounding DINO."""

import json
import math
import re
import shutil

import cv2
import numpy as np
import pyarrow.parquet as pq
import pytest

from annotators.language.notation import parse
from flows.grounding.command import ground
from flows.store.layout import MANIFEST
from schemas.errors import ConfigError
from schemas.settings.grounding import GroundConfig
from tests.doubles.chat_server import chat_body, serving

MENTION = re.compile(r"\[[^\]\n]+\]\(<\d[^)]*>\)")


def reply(body, number):
    """An obedient model: it reads the words of the request alone."""
    content = body["messages"][-1]["content"]
    text = content if isinstance(content, str) else content[-1]["text"]
    if "List the things" in text:
        names = [
            name for name in ("tower", "dog", "unicorn") if f"the {name}" in text.split("List")[0]
        ]
        items = [
            {"phrase": f"the {name}", "name": name, "quality": "blurry", "effect": "degrades"}
            for name in [*names, "ghost"]
        ]
        return json.dumps({"triplets": items})
    if "Find every" in text:
        boxes = [[100, 100, 500, 900], [150, 200, 400, 800], [600, 100, 900, 500]]
        return json.dumps({"boxes": [] if "unicorn" in text else boxes})
    if "Answer" in text and "yes" in text and "Is the quality" in text:
        return json.dumps({"answer": "no" if "dog" in text else "yes"})
    mention = MENTION.findall(text)[0]
    items = [
        {"kind": "yes", "question": f"Is the {mention} blurry?", "answer": "Yes."},
        {"kind": "no", "question": f"Is the {mention} clear?", "answer": "No."},
        {"kind": "why", "question": f"Why is the {mention} not clear?", "answer": "It moved."},
        {"kind": "what", "question": "What is blurry?", "answer": "The [moon](<1, 2>)."},
    ]
    return json.dumps({"questions": items})


@pytest.fixture
def source(tmp_path):
    """Three pictures with texts, one of which does not exist."""
    folder = tmp_path / "in"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for name in ("a", "b"):
        cv2.imwrite(str(folder / f"{name}.png"), rng.integers(0, 255, (90, 120, 3), np.uint8))
    lines = [
        ("a.png", "Here the tower is rather blurry, and so is the unicorn."),
        ("b.png", "In this one the dog is rather blurry, nothing else."),
        ("c.png", "In this one the tower is rather blurry, nothing else."),
    ]
    records = [{"image": image, "text": text} for image, text in lines]
    (folder / "texts.jsonl").write_text("".join(json.dumps(r) + "\n" for r in records))
    return folder / "texts.jsonl"


def settings(url, **more):
    """Everything at one endpoint."""
    own = {"language.endpoints": [url], "language.model": "m", "detect.detector": "endpoint"}
    return GroundConfig.load(None, {**own, "shard_size": 1, **more})


def contents(out):
    """Every file that a run leaves, its answers and ledgers aside."""
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file() and ".work" not in path.parts
    }


def test_from_texts_to_rows_with_boxes(source, tmp_path):
    """Each stage does its part, every drop is counted, records cite the boxes that were found."""
    with serving(reply) as server:
        done = ground(source, tmp_path / "out", settings(server.url))
    stages = done["stages"]
    assert done["pictures_not_readable"] == 1
    assert stages["triplets"] == {"texts": 2, "triplets": 3, "dropped.phrase_not_in_text": 2}
    assert stages["detect"]["dropped.nothing_detected"] == 1
    assert stages["filter"] == {"boxes": 6, "kept": 3, "dropped.filter_no": 3}
    assert stages["fuse"]["dropped.merged"] == 1
    assert stages["questions"]["dropped.no_mention"] == 1
    assert stages["questions"]["dropped.copied_wrong_box"] == 2
    assert stages["questions"]["dropped.missing_open"] == 1
    (des,) = json.loads((tmp_path / "out" / "des.json").read_text())
    said = des["conversations"][1]["value"]
    assert said.startswith("Here the [tower](<42, 370>, <")
    assert parse(said).plain == "Here the tower is rather blurry, and so is the unicorn."
    vqa = json.loads((tmp_path / "out" / "vqa.json").read_text())
    assert [row["conversations"][1]["value"] for row in vqa] == ["Yes.", "No.", "It moved."]
    boxes = json.loads((tmp_path / "out" / "boxes.json").read_text())
    assert np.array([box["box"] for box in boxes]) == pytest.approx(
        np.array([[0.1, 0.1, 0.5, 0.9], [0.6, 0.1, 0.9, 0.5]])
    )
    rows = pq.read_table(tmp_path / "out" / "stages" / "rows-00000.parquet").to_pylist()
    assert json.loads(rows[0]["writers"])["detector"] == "m"


def test_a_run_goes_on_to_the_same_bytes_and_asks_nothing_twice(source, tmp_path):
    """Stopped in the middle, the same command ends with what a run in one go gives."""
    with serving(reply) as server:
        ground(source, tmp_path / "whole", settings(server.url))
        asked = len(server.bodies)
        shutil.copytree(tmp_path / "whole", tmp_path / "half")
        for path in (tmp_path / "half" / ".work" / "ledger").glob("[fdq]*-00000.json"):
            path.unlink()
        for name in ("found-00000", "rows-00000"):
            (tmp_path / "half" / "stages" / f"{name}.parquet").unlink()
        (tmp_path / "half" / MANIFEST).unlink()
        ground(source, tmp_path / "half", settings(server.url))
        again = [body for body in server.bodies[asked:] if "Find every" not in str(body)]
    assert again == []
    assert contents(tmp_path / "half") == contents(tmp_path / "whole")


def test_a_later_stage_is_run_again_alone(source, tmp_path):
    """Another threshold of the merge asks no detector and no filter again."""
    with serving(reply) as server:
        ground(source, tmp_path / "out", settings(server.url))
        asked = len(server.bodies)
        again = settings(server.url, **{"merge.enabled": False})
        done = ground(source, tmp_path / "out", again)
        kinds = {str(body["messages"])[:4000] for body in server.bodies[asked:]}
    assert "dropped.merged" not in done["stages"]["fuse"]
    assert kinds
    assert not any("Find every" in kind or "List the things" in kind for kind in kinds)


def test_mistakes_are_one_line(source, tmp_path):
    """No endpoint, a folder of another run, an unknown detector, a picture outside its folder."""
    with pytest.raises(ConfigError, match="--endpoint and --model"):
        ground(source, tmp_path / "o", GroundConfig())
    with pytest.raises(ConfigError, match="unknown detector 'yolo'"):
        ground(source, tmp_path / "o", settings("http://x", **{"detect.detector": "yolo"}))
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").write_text("")
    with pytest.raises(ConfigError, match="is not empty"):
        ground(source, tmp_path / "full", settings("http://x"))
    outside = source.with_name("o.jsonl")
    outside.write_text(json.dumps({"image": "../x.png", "text": "a b c d e f g"}))
    with pytest.raises(ConfigError, match="lies outside"):
        ground(outside, tmp_path / "p", settings("http://x"))


def test_with_a_real_detector(source, tmp_path, train_extra):
    """The real class with random weights finds the same boxes one by one and two at once."""
    from tests.doubles.tiny_detector import grounding_dino

    more = {
        "detect.detector": "grounding-dino",
        "detect.model": str(grounding_dino(tmp_path / "dino")),
        "detect.device": "cpu",
        "detect.box_threshold": 0.0,
        "detect.text_threshold": 0.0,
        "filter.enabled": False,
    }
    found = []
    with serving(reply) as server:
        for batch in (1, 2):
            config = settings(server.url, shard_size=2, **more, **{"detect.batch": batch})
            done = ground(source, tmp_path / f"out{batch}", config)
            assert done["stages"]["detect"]["boxes"] > 0
            file = tmp_path / f"out{batch}" / "stages" / "found-00000.parquet"
            found.append(pq.read_table(file).to_pydict())
    assert found[0]["box"] == found[1]["box"]
    # phrases of different lengths are padded, which moves the last digits of a score
    assert found[0]["score"] == pytest.approx(found[1]["score"], abs=1e-4)


def test_absent_weights_are_one_line(source, tmp_path, train_extra):
    """Weights that are not there are named."""
    with serving(reply) as server:
        config = settings(
            server.url, **{"detect.detector": "grounding-dino", "detect.model": str(tmp_path)}
        )
        with pytest.raises(ConfigError, match="cannot be loaded"):
            ground(source, tmp_path / "o", config)


def test_the_probability_of_yes_is_kept_and_decides(source, tmp_path):
    """Where the server tells it, 0.5 of it lets a box pass; it is stored and not asked twice."""

    def unsure(body, number):
        text = reply(body, number)
        if not body.get("logprobs"):
            return text
        others = [{"token": t, "logprob": math.log(p)} for t, p in (('"no', 0.3), ('"yes', 0.2))]
        tokens = [{"token": '"yes', "logprob": -1.6, "top_logprobs": others}]
        answer = chat_body('{"answer": "yes"}')
        answer["choices"][0]["logprobs"] = {"content": tokens}
        return 200, answer, {}

    with serving(unsure) as server:
        done = ground(source, tmp_path / "out", settings(server.url))
        asked = len(server.bodies)
        (tmp_path / "out" / "stages" / "filtered-00000.parquet").unlink()
        again = ground(source, tmp_path / "out", settings(server.url))
        assert len(server.bodies) == asked
        blind = settings(server.url, **{"filter.p_yes": False})
        other = ground(source, tmp_path / "other", blind)
    assert done["stages"]["filter"] == {"boxes": 6, "dropped.filter_no": 6}
    assert again["stages"] == done["stages"]
    rows = pq.read_table(tmp_path / "out" / "stages" / "filtered-00000.parquet").to_pylist()
    assert [row["p_yes"] for row in rows] == pytest.approx([0.4] * len(rows))
    assert other["stages"]["filter"]["kept"] == 3


def test_thresholds_of_a_real_detector(source, tmp_path, train_extra):
    """A box needs the score of a box, and one word of its phrase with the score of a word."""
    from flows.grounding.detectors import Looked
    from flows.grounding.grounding_dino import GroundingDino
    from schemas.settings.grounding import DetectConfig
    from tests.doubles.tiny_detector import grounding_dino

    weights = str(grounding_dino(tmp_path / "dino"))
    asked = [Looked(np.zeros((60, 80, 3), np.uint8), "the tower")]

    def found(box, text):
        config = DetectConfig(model=weights, device="cpu", box_threshold=box, text_threshold=text)
        return len(GroundingDino(config).find(asked)[0])

    assert found(0.0, 0.0) > 0
    assert found(1.0, 0.0) == found(0.0, 1.0) == 0
