"""Builds whose answers a model writes, over a real server that obeys, babbles, fails or dies."""

import json
import re
import subprocess
import time

import pyarrow.parquet as pq
import pytest

from flows.model.abilities import check_endpoint
from tests.conftest import ROOT
from tests.doubles import real_vllm
from tests.doubles.chat_server import allowed_words, serving
from tests.doubles.signals import awaited, begun
from tests.flows.run.test_build import parquet_bytes

BUILD = ("--shard-size", 3, "--seed", 4, "--answers", "vllm", "--model", "m")
PARAPHRASE = ("--answers-mode", "paraphrase")
DRAFT = re.compile(r"A correct answer is:\n(.*)\n\nSay the same", re.DOTALL)


def last(body):
    content = body["messages"][-1]["content"]
    return content if isinstance(content, str) else content[-1]["text"]


def obedient(body, number):
    """Says the given answer again, keeps every label, rewords no question."""
    if words := allowed_words(body):
        return json.dumps({"answer": words[-1]})
    if '"decision"' in last(body):
        return json.dumps({"decision": "keep", "label": ""})
    draft = DRAFT.search(last(body))
    return json.dumps({"answer": draft.group(1) if draft else "No."})


def babbling(body, number):
    """What models do that were not meant for this: every kind of unusable text."""
    texts = [
        "",
        "plain words",
        '{"answer": "half',
        '{"answer": ""}',
        '{"other": 1}',
        "   \n" * 50,
        json.dumps({"answer": "I'm sorry, I cannot help with that."}),
        json.dumps({"answer": "Das Bild ist leider ganz und gar unscharf geworden hier."}),
        json.dumps({"answer": "The picture is noisy " * 200}),
        "[1, 2]",
    ]
    return texts[number % len(texts)]


def rows_of(out):
    return [
        row
        for file in sorted((out / "data").iterdir())
        for row in pq.read_table(
            file, columns=["task", "sub_task", "writer", "attempts", "answer", "prompt_version"]
        ).to_pylist()
    ]


def counts_of(out):
    return json.loads((out / "manifest.json").read_text())["counts"]["all"]


def built(spider, photos, out, url, *flags):
    """Build with the model at an address, all the way."""
    done = spider("build", photos, "--out", out, *BUILD, "--endpoint", url, *flags)
    assert done.returncode in (0, 3), done.stderr


def test_an_obedient_model_writes(photos, spider, tmp_path):
    """Accepted texts are the model's; what is computed stays computed; validate accepts all."""
    out = tmp_path / "d"
    with serving(obedient) as server:
        built(spider, photos, out, server.url, *PARAPHRASE)
        pictures = [
            part
            for body in server.bodies
            for message in body["messages"]
            for part in message["content"]
            if isinstance(part, dict) and part["type"] == "image_url"
        ]
        assert all(part["image_url"]["url"].startswith("data:image/png") for part in pictures)
        assert len(pictures) == len(server.bodies)
    rows = rows_of(out)
    assert {row["writer"] for row in rows if row["sub_task"] == "short"} == {"template"}
    others = [row for row in rows if row["sub_task"] != "short"]
    assert {row["writer"] for row in others} == {"m"}
    assert {row["attempts"] for row in others} == {1}
    assert all(row["prompt_version"].startswith("prompts-") for row in others)
    assert counts_of(out)["labels.keep"] > 0
    done = spider("validate", out, "--source", photos)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("on_failure", ["template", "reject"])
def test_a_babbling_model_is_caught(photos, spider, tmp_path, on_failure):
    """No unusable text gets in: the template writes instead, or rejects say why."""
    out, config = tmp_path / "d", tmp_path / "c.toml"
    config.write_text("[answers]\nprobe = false\n")
    with serving(babbling) as server:
        flags = ("--on-failure", on_failure, "--config", config)
        built(spider, photos, out, server.url, *flags)
    counts = counts_of(out)
    assert counts["chat.no_json"] > 0
    assert counts["chat.wrong_json"] > 0
    assert counts["check.failed.refusal"] > 0
    assert {row["writer"] for row in rows_of(out)} == {"template"}
    card = (out / "README.md").read_text()
    assert "| m, global description |" in card
    assert "| no_json |" in card
    if on_failure == "reject":
        assert {row["sub_task"] for row in rows_of(out)} == {"short"}
        assert counts["ask.asked"] > len(rows_of(out))
    assert spider("validate", out, "--source", photos).returncode == 0


@pytest.mark.slow  # two builds with a model, one of them in two goes
def test_killed_and_resumed_gives_the_same_bytes(photos, spider, environment, tmp_path):
    """Finished conversations are kept: nothing of them is asked again, and the rows are equal."""

    def reply(body, number):
        time.sleep(0.02)
        return obedient(body, number)

    with serving(reply) as server:
        whole, out = tmp_path / "whole", tmp_path / "d"
        built(spider, photos, whole, server.url, *PARAPHRASE)
        needed = {json.dumps(body) for body in server.bodies}
        server.bodies.clear()
        flags = (*BUILD, "--endpoint", server.url, *PARAPHRASE)
        process = begun(environment, "build", photos, "--out", out, *flags)
        awaited(process, lambda: len(server.bodies) >= len(needed) // 2)
        process.kill()
        process.communicate()
        ledger = (out / ".work" / "conversations").glob("*.jsonl")
        kept = sum(len(file.read_bytes().splitlines()) for file in ledger)
        server.bodies.clear()
        built(spider, photos, out, server.url, *PARAPHRASE)
        assert 0 < kept <= len(needed)
        assert len(server.bodies) <= len(needed) - kept + 1
    assert parquet_bytes(out) == parquet_bytes(whole)


def test_a_server_that_dies_ends_the_run_in_one_line(photos, spider, tmp_path):
    """Nobody answers any more: one line and status 2; with a server, the run goes on."""
    out, flags = tmp_path / "d", (*PARAPHRASE, "--config", tmp_path / "c.toml")
    (tmp_path / "c.toml").write_text("[answers]\nretries = 0\n[run]\nretries = 0\n")

    def dying(body, number):
        return obedient(body, number) if number < 5 else (500, "out of memory", {})

    with serving(dying) as server:
        done = spider("build", photos, "--out", out, *BUILD, "--endpoint", server.url, *flags)
    assert done.returncode == 2, done.stderr
    assert "gave no answer (http_500, 1 tries)" in done.stderr
    assert "Traceback" not in done.stderr
    with serving(obedient) as server:
        built(spider, photos, out, server.url, *flags, "--workers", 2)
    assert {row["writer"] for row in rows_of(out)} == {"template", "m"}


def test_the_model_rewords_questions(photos, spider, tmp_path):
    """Rewordings that ask the same are taken, all others leave the pool's wording."""

    def reply(body, number):
        text = last(body)
        if text.startswith("Here is a question"):
            question = text.splitlines()[1]
            said = f"Tell me, please: {question}" if number % 2 else "Is the noise bad?"
            return json.dumps({"answer": said})
        return obedient(body, number)

    out = tmp_path / "d"
    with serving(reply) as server:
        built(spider, photos, out, server.url, *PARAPHRASE, "--questions", "model")
    counts = counts_of(out)
    assert counts["questions.reworded"] > 0
    assert (
        sum(n for name, n in counts.items() if name.startswith("questions."))
        == (counts["ask.asked"])
    )
    assert spider("validate", out, "--source", photos).returncode == 0


def test_mistakes_are_one_line(photos, spider, tmp_path):
    """No model, no key, no vLLM, an engine in many processes, questions without a model."""
    build = ("build", photos, "--out", tmp_path / "d")
    cases = [
        (("--answers", "vllm"), "needs --model"),
        (("--answers", "vllm", "--model", "m", "--api-key-env", "NOT_SET_HERE"), "not set here"),
        (("--questions", "model"), "needs a model"),
        (("--answers", "vllm-offline", "--model", "m", "--workers", 2), "in this process"),
        (("--answers", "parrot"), "unknown writer 'parrot'"),
    ]
    for flags, words in cases:
        done = spider(*build, *flags)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
        assert words in done.stderr
    done = spider(*build, "--answers", "vllm", "--model", "m", PATH="/nowhere")
    assert done.returncode == 2
    assert "'vllm' is not installed" in done.stderr


def test_a_server_that_ignores_schemas_is_found_at_once(photos, spider, tmp_path):
    """One request, one line with what was got and what to do, status 2; no folder is made."""
    ignoring = {
        "got 'An otter.'": lambda body, number: "An otter.",
        "ignores the JSON schema": lambda body, number: json.dumps({"answer": "otter"}),
        "ignores the JSON ": lambda body, number: json.dumps(["okapi"]),
        "does not take a picture": lambda body, number: (400, "no structured outputs here", {}),
    }
    for words, reply in ignoring.items():
        with serving(obedient) as good, serving(reply) as server:
            servers = ("--endpoint", good.url, "--endpoint", server.url)
            done = spider("build", photos, "--out", tmp_path / "d", *BUILD, *servers)
            assert len(server.bodies) == 1
        assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
        assert words in done.stderr
        assert server.url in done.stderr
        assert not (tmp_path / "d").exists()


def test_dry_run_estimates_and_builds_nothing(photos, spider, tmp_path):
    """Photographs, requests, tokens and hours are printed; no folder is made."""
    done = spider("build", photos, "--out", tmp_path / "d", *BUILD, "--variants", 3, "--dry-run")
    assert done.returncode == 0, done.stderr
    for words in (
        "photographs",
        "requests",
        "completion tokens",
        "hours at 20",
        "4 characters a",
        "8 sizes, 256 tokens a tile",
        "estimate",
        "counted",
    ):
        assert words in done.stderr
    assert not (tmp_path / "d").exists()


def test_doctor_tests_an_endpoint(spider):
    """Models, pictures, schemas and log-probabilities, each in its line."""

    def reply(body, number):
        if body.get("logprobs"):
            top = [{"token": "left", "logprob": -0.5}]
            return 200, {"choices": [{"logprobs": {"content": [{"top_logprobs": top}]}}]}, {}
        return json.dumps({"answer": "okapi"}) if "response_format" in body else "red"

    with serving(reply) as server:
        done = spider("doctor", "--endpoint", server.url)
        assert "follows a JSON schema" in done.stdout
        assert "of a red one it says 'red'" in done.stdout
        assert "log-probabilities of 1 tokens" in done.stdout
        assert check_endpoint(server.url, "other")[-1].found == "other is not served"
    with serving(lambda body, number: "whatever I like") as server:
        (schema,) = [f for f in check_endpoint(server.url, "") if f.what == "endpoint: schema"]
        assert not schema.ok


@pytest.mark.slow  # a real vLLM server is started
def test_real_vllm_serves_a_tiny_model(photos, spider, tmp_path):
    """``build`` starts vLLM itself with a random InternVL, catches every text, stops it again."""
    model = tmp_path / "tiny"
    real_vllm.python(real_vllm.SHIM / "tiny_internvl.py", model)
    config = real_vllm.config(tmp_path, model)
    out = tmp_path / "d"
    done = spider("build", photos, "--out", out, "--config", config, "--limit", 3)
    assert done.returncode in (0, 3), done.stderr
    counts = counts_of(out)
    assert counts["requests.requests"] > 10
    assert counts["requests.cached_tokens"] > 0
    assert {row["writer"] for row in rows_of(out)} == {"template"}
    assert spider("validate", out, "--source", photos).returncode == 0
    listed = subprocess.run(["pgrep", "-f", f"serve {model}"], capture_output=True, check=False)
    assert listed.returncode == 1


@pytest.mark.slow  # a real vLLM server is started
def test_real_vllm_in_process(tmp_path):
    """Many conversations at once give what each gives alone; what is too long is refused."""
    shim, model = real_vllm.SHIM, tmp_path / "tiny"
    real_vllm.python(shim / "tiny_internvl.py", model)
    said = real_vllm.python(shim / "offline.py", model, path=(shim, ROOT))
    found = json.loads(said.strip().splitlines()[-1])
    assert len(found["together"]) == 12
    assert found["alone"] == found["together"][:3]
    assert found["tokens"] > 10
    assert found["refused"] == "refused_request"
