"""A tiny model that was taught to obey writes under real vLLM, and its texts are accepted."""

import base64
import json
import re

import pyarrow.parquet as pq
import pytest

from tests.doubles import real_vllm
from tests.doubles.chat_server import allowed_words, serving
from tests.flows.model.test_chat_build import counts_of, last

NAME, BUILD, TAUGHT = "taught", ("--seed", 4, "--limit", 5), 3
ASKED = re.compile(r"A person asks: (.*)")
# Without a blank after the colon: the grammar of the server we start allows none.
KEEP = '{"decision":"keep", "label":""}'


def speechless(body, number):
    """Says what has to be said and writes nothing, so that the template writer writes it all."""
    words = allowed_words(body)
    return json.dumps({"answer": words[0]}) if words else KEEP if '"decision"' in last(body) else ""


def rows_with_pictures(out):
    files = sorted((out / "data").iterdir())
    return [row for file in files for row in pq.read_table(file).to_pylist()]


def taught_pictures(rows):
    return list(dict.fromkeys(row["image"]["bytes"] for row in rows))[:TAUGHT]


def picture_of(body):
    """The PNG of a request's picture."""
    parts = [
        part
        for message in body["messages"]
        for part in message["content"]
        if isinstance(part, dict) and part["type"] == "image_url"
    ]
    return base64.b64decode(parts[0]["image_url"]["url"].partition(",")[2])


def lessons_of(out, bodies):
    """Every request with the answer that passes: the template writer's, or to keep a name.

    Only those of the first ``TAUGHT`` pictures; what is asked about the others stays unknown.
    """
    rows = rows_with_pictures(out)
    known = {(row["image"]["bytes"], row["question"]): row for row in rows}
    taught = taught_pictures(rows)
    lessons = []
    for body in bodies:
        said = KEEP if '"decision"' in last(body) else ""
        if (asked := ASKED.match(last(body))) and picture_of(body) in taught:
            row = known[picture_of(body), asked.group(1)]
            said = row["semantic_answer"] or row["answer"]
            said = json.dumps({"answer": said}, separators=(",", ":"))
        if said:
            lessons.append({"messages": body["messages"], "answer": said})
    return lessons


@pytest.mark.slow  # teaches a model and serves it by vLLM
def test_real_vllm_serves_an_obeying_model(photos, spider, tmp_path):
    """Nine of ten texts that a model learnt by heart pass at once; of unseen pictures, few or none.

    The model learnt what is asked about three of five pictures: every task but the computed ones.
    """
    real_vllm.installed()
    model, asked, out = tmp_path / NAME, tmp_path / "asked", tmp_path / "d"
    with serving(speechless) as server:
        done = spider(
            "build",
            photos,
            "--out",
            asked,
            *BUILD,
            "--answers",
            "vllm",
            "--model",
            NAME,
            "--endpoint",
            server.url,
        )
        assert done.returncode in (0, 3), done.stderr
        lessons = lessons_of(asked, server.bodies)
    file = tmp_path / "lessons.jsonl"
    file.write_text("".join(f"{json.dumps(lesson)}\n" for lesson in lessons))
    said = json.loads(real_vllm.python(real_vllm.SHIM / "teach.py", file, model))
    assert said["sure"] >= 0.8, said
    config = real_vllm.config(tmp_path, model, max_tokens=200)
    done = spider("build", photos, "--out", out, *BUILD, "--config", config)
    assert done.returncode in (0, 3), done.stderr
    check_rows(rows_with_pictures(asked), rows_with_pictures(out), counts_of(out))
    assert spider("validate", out, "--source", photos).returncode == 0


def check_rows(template, rows, counts):
    """Lessons stand in the rows under the model's name; the rest was refused for its content."""
    known = taught_pictures(template)
    model = [row for row in rows if row["writer"] == NAME]
    written = [row for row in rows if row["sub_task"] != "short"]
    learnt = [row for row in written if row["image"]["bytes"] in known]
    assert len(learnt) > 10
    assert sum(row["writer"] == NAME for row in learnt) >= 0.9 * len(learnt)
    assert {row["task"] for row in model} == {row["task"] for row in rows}
    assert {row["attempts"] for row in model if row["image"]["bytes"] in known} == {1}
    assert [row["answer"] for row in rows] == [row["answer"] for row in template]
    assert {row["writer"] for row in rows if row["sub_task"] == "short"} == {"template"}
    unseen = [row["writer"] for row in written if row["image"]["bytes"] not in known]
    assert unseen.count("template") > 0.7 * len(unseen)
    kinds = {name: n for name, n in counts.items() if name.endswith(f".{NAME}")}
    passed = sum(n for name, n in kinds.items() if name.startswith("written."))
    assert passed == len(model)
    assert sum(kinds.values()) > passed
    assert counts["check.failed.missing_distortion"] > 0
    assert counts["check.passed"] == len(rows)
