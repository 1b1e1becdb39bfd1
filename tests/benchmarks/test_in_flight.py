"""Requests per second with hundreds in flight: our threads beside a bare asynchronous client.

Run with ``pytest tests/benchmarks/test_in_flight.py -m benchmark -s``. The server, a process of its
own, answers each request after a second, so that the best rate is the number in flight.
"""

import asyncio
import contextlib
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from annotators.chat.endpoints import CROWD, Endpoints, _body
from flows.model.ledger import Ledger
from tests.benchmarks.test_writer import turns_about_noise

pytestmark = pytest.mark.benchmark

ROUNDS, SERVER = 5, Path(__file__).parents[1] / "doubles" / "slow_server.py"


@pytest.fixture
def address():
    """Of a server in a process of its own."""
    command = [sys.executable, str(SERVER), "1.0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        process.terminate()


def bare(address, bodies, at_once, clients=1):
    """Requests a second of httpx alone, with one client for all or with several."""

    async def fire():
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
        gate = asyncio.Semaphore(at_once)
        async with contextlib.AsyncExitStack() as stack:
            made = [httpx.AsyncClient(limits=limits, timeout=60) for _ in range(clients)]
            for client in made:
                await stack.enter_async_context(client)

            async def one(number, body):
                async with gate:
                    client = made[number % clients]
                    answer = await client.post(f"{address}/v1/chat/completions", json=body)
                return answer.json()

            start = time.perf_counter()
            await asyncio.gather(*(one(*pair) for pair in enumerate(bodies)))
            return len(bodies) / (time.perf_counter() - start)

    return asyncio.run(fire())


def ours(address, turns, at_once, file):
    """Requests a second of our client with its ledger, one thread a conversation."""
    pool = Endpoints([address], "m", in_flight=at_once)
    ledger = Ledger(pool, file)

    def ask(turn):
        line = ledger.line()
        line.complete(turn)
        line.close()

    with ThreadPoolExecutor(at_once) as threads:
        start = time.perf_counter()
        list(threads.map(ask, turns))
        rate = len(turns) / (time.perf_counter() - start)
    ledger.close()
    pool.close()
    return rate


@pytest.mark.parametrize("at_once", [64, 256, 512])
def test_in_flight(tmp_path, address, at_once):
    """Prints our rate, ledger included, those of bare clients, and what is possible."""
    turns = turns_about_noise(ROUNDS * at_once)
    bodies = [_body("m", turn) for turn in turns]
    mine = ours(address, turns, at_once, tmp_path / "first.jsonl")
    one, several = (bare(address, bodies, at_once, n) for n in (1, at_once // CROWD))
    again = ours(address, turns, at_once, tmp_path / "second.jsonl")
    print(
        f"\n{at_once} in flight: ours {mine:.0f}/s and {again:.0f}/s, bare {one:.0f}/s with one "
        f"client, {several:.0f}/s with {at_once // CROWD}; at most {at_once}/s"
    )
