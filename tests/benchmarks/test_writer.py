"""Requests per second of our client beside a bare one that fires the same requests.

Run with ``pytest tests/benchmarks/test_writer.py -m benchmark -s``. The server answers after 50 ms,
as a loaded one would; both clients have the same number of requests in flight.
"""

import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import numpy as np
import pytest

from annotators.answers.conversation import answer_schema
from annotators.chat.endpoints import Endpoints, _body
from annotators.chat.protocol import ChatRequest, data_url, picture_part, text_part
from flows.model.ledger import Ledger
from flows.store.png import encode_png
from tests.doubles.chat_server import serving, slow

pytestmark = pytest.mark.benchmark

REQUESTS, AT_ONCE = 600, 16


def turns_about_noise(count):
    """Turns about pictures of noise, 64x64, each of its own."""
    made = []
    for number in range(count):
        image = np.random.default_rng(number).integers(0, 256, (64, 64, 3), dtype=np.uint8)
        url, uuid = data_url(encode_png(image))
        content = [picture_part(url, uuid), text_part("What is wrong with this picture?")]
        made.append(ChatRequest([{"role": "user", "content": content}], answer_schema(80)))
    return made


def per_second(work, items):
    with ThreadPoolExecutor(AT_ONCE) as pool:
        start = time.perf_counter()
        list(pool.map(work, items))
    return len(items) / (time.perf_counter() - start)


def test_rate(tmp_path):
    """Prints both rates and their ratio, ledger included."""
    turns = turns_about_noise(REQUESTS)
    with serving(slow(0.05, '{"answer": "It is sharp."}')) as server:
        with httpx.Client() as bare:
            bodies = [_body("m", turn) for turn in turns]
            address = f"{server.url}/v1/chat/completions"
            theirs = per_second(lambda body: bare.post(address, json=body).json(), bodies)
        pool = Endpoints([server.url], "m", in_flight=AT_ONCE)
        ledger = Ledger(pool, tmp_path / "ledger.jsonl")

        def ask(turn):
            line = ledger.line()
            line.complete(turn)
            line.close()

        ours = per_second(ask, turns)
        ledger.close()
        pool.close()
    print(f"\nours {ours:.0f}/s, bare {theirs:.0f}/s: {ours / theirs:.1%}")
