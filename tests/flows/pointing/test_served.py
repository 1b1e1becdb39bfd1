"""Pointing over the log-probabilities of real vLLM."""

import contextlib
import json
import socket
import subprocess
import time

import httpx
import numpy as np
import pytest
from PIL import Image

from flows.pointing.scoring import Asked
from flows.pointing.served import ServedSpeaker
from tests.doubles import real_vllm

FLAGS = [
    "--dtype",
    "float32",
    "--enforce-eager",
    "--max-model-len",
    "2048",
    "--max-num-seqs",
    "8",
    "--kv-cache-memory-bytes",
    "268435456",
    "--block-size",
    "32",
    "--generation-config",
    "vllm",
    "--limit-mm-per-prompt",
    '{"image": 1, "video": 0}',
    "--served-model-name",
    "tiny",
]


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """Address of a server and the folder of its tiny random InternVL."""
    real_vllm.installed()
    folder = tmp_path_factory.mktemp("served")
    model = folder / "model"
    real_vllm.python(real_vllm.SHIM / "tiny_internvl.py", model)
    real_vllm.config(folder, model)  # writes the program that starts vLLM here
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = (folder / "log").open("w")
    server = subprocess.Popen(
        [folder / "serve", "serve", model, "--host", "127.0.0.1", "--port", str(port), *FLAGS],
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(server, url, folder / "log")
        yield url, model
    finally:
        server.terminate()
        server.wait(60)
        log.close()


def _wait(server, url, log):
    for _ in range(300):
        assert server.poll() is None, log.read_text()[-2000:]
        try:
            if httpx.get(url + "/health").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(1)
    raise AssertionError(log.read_text()[-2000:])


@pytest.mark.slow  # a real vLLM server is started
def test_real_vllm_scores_are_the_models_own(served, tmp_path):
    """Scores over the server are the logits that transformers computes for the same words."""
    url, model = served
    answers = ["top left", "the noise is in the bottom right of it", "the left", "upper half"]
    asked, jobs, want = [], [], []
    for number, answer in enumerate(answers):
        pixels = np.random.default_rng(number).integers(0, 255, (56, 56, 3)).astype(np.uint8)
        path = tmp_path / f"{number}.png"
        Image.fromarray(pixels).save(path)
        asked.append(Asked(Image.fromarray(pixels), f"Which region is worst? {number}"))
        for axis, pair in (("horizontal", ("left", "right")), ("vertical", ("top", "bottom"))):
            said = next((word for word in pair if word in answer.split()), None)
            if said is None:
                continue
            stem = answer[: answer.index(said)].rstrip()
            words = [said, pair[1 - pair.index(said)]]
            words = [" " + word for word in words] if stem else words
            jobs.append(
                {"image": str(path), "question": asked[-1].question, "stem": stem, "words": words}
            )
            want.append((number, axis))
    (tmp_path / "jobs.json").write_text(json.dumps(jobs))
    gaps = json.loads(
        real_vllm.python(
            real_vllm.SHIM / "reference.py", model, tmp_path / "jobs.json"
        ).splitlines()[-1]
    )
    with contextlib.closing(ServedSpeaker(url, "tiny")) as speaker:
        scored = speaker.score(asked, answers)
    assert len(gaps) == 5
    for (number, axis), gap in zip(want, gaps, strict=True):
        assert getattr(scored[number], axis) == pytest.approx(gap, abs=2e-3)
    assert scored[2].vertical is None
    assert scored[3].horizontal is None


@pytest.mark.slow  # a real vLLM server is started
def test_real_vllm_predicts_a_split(served, dataset, spider, tmp_path):
    """``point --endpoint`` writes a line a row, without torch in this process."""
    url, _ = served
    out = tmp_path / "p.jsonl"
    (tmp_path / "c.toml").write_text("max_tokens = 6\n")
    done = spider(
        "point",
        "--endpoint",
        url,
        "--model",
        "tiny",
        "--data",
        dataset,
        "--out",
        out,
        "--split",
        "train",
        "--limit",
        12,
        "--config",
        tmp_path / "c.toml",
    )
    assert done.returncode == 0, done.stderr[-1500:]
    assert len(out.read_text().splitlines()) == 12


def test_no_server_is_one_line(dataset, spider, tmp_path):
    """An endpoint where nobody answers ends with one line."""
    done = spider(
        "point",
        "--endpoint",
        "http://127.0.0.1:9",
        "--model",
        "m",
        "--data",
        dataset,
        "--split",
        "train",
        "--out",
        tmp_path / "p.jsonl",
    )
    assert done.returncode == 2
    assert "127.0.0.1:9 gave no answer" in done.stderr
