"""Endpoints over real HTTP: what is retried, what is not, who gets the next conversation."""

import itertools
import socket
import threading

import pytest

from annotators.chat.endpoints import Endpoints
from annotators.chat.protocol import ChatRequest, Completion
from annotators.chat.serving import ServeOptions, options_for, serve_command
from schemas.errors import AnnotationError, ConfigError, EndpointError, StoppedError
from tests.doubles.chat_server import serving, slow

HELLO = ChatRequest([{"role": "user", "content": "hello"}], {"type": "object"}, seed=3)


@pytest.fixture
def endpoints():
    """Makes pools that do not wait, and closes them."""
    made = []

    def make(*urls, **settings):
        waits = []
        made.append(Endpoints(urls, "m", **{"retries": 3, "sleep": waits.append, **settings}))
        return made[-1], waits

    yield make
    for pool in made:
        pool.close()


def ask(pool, request=HELLO):
    line = pool.line()
    try:
        return line.complete(request)
    finally:
        line.close()


def test_a_request_is_the_protocols(endpoints):
    """Model, messages, schema as response_format, seed; never the removed guided fields."""
    with serving(lambda body, number: "{}") as server:
        pool, _ = endpoints(server.url + "/v1/", api_key="secret-key")
        assert ask(pool) == Completion("{}", "stop", 10, 3, 4)
        (body,) = server.bodies
        assert server.seen["Bearer secret-key"] == 1
    assert body["model"] == "m"
    assert body["seed"] == 3
    assert body["response_format"]["json_schema"]["schema"] == {"type": "object"}
    assert not [key for key in body if key.startswith("guided")]
    assert pool.counts == {
        "requests": 1,
        "prompt_tokens": 10,
        "completion_tokens": 3,
        "cached_tokens": 4,
    }


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        ((429, "busy", {}), "http_429"),
        ((500, "oops", {}), "http_500"),
        ((503, "loading", {}), "http_503"),
        ((0, "", {}), "unreachable"),
        ((200, '{"choices": [', {}), "half_answer"),
        ((200, {"choices": []}, {}), "half_answer"),
    ],
)
def test_passing_faults_are_tried_again(endpoints, fault, cause):
    """Two failures and then an answer: the answer counts, the failures are counted."""
    with serving(lambda body, number: fault if number < 2 else "fine") as server:
        pool, waits = endpoints(server.url)
        assert ask(pool).text == "fine"
    assert pool.counts[f"failed.{cause}"] == 2
    assert len(waits) == 2
    assert waits[1] > waits[0] / 2


def test_the_server_says_how_long_to_wait(endpoints):
    """Retry-After is obeyed."""
    with serving(lambda b, n: (429, "", {"Retry-After": "7"}) if n == 0 else "x") as server:
        pool, waits = endpoints(server.url)
        ask(pool)
    assert waits[0] == 7.0


def test_who_is_interrupted_waits_no_longer(endpoints):
    """A wait of minutes is over as soon as the run is, and nothing is asked again."""
    asked = itertools.chain([False, False], itertools.repeat(True))
    with serving(lambda body, number: (503, "", {"Retry-After": "600"})) as server:
        pool, _ = endpoints(server.url, sleep=None)
        # only the wait asks three times before the line does, who would try again after a no
        pool.interrupted = lambda: next(asked)
        with pytest.raises(StoppedError, match="goes on from here"):
            ask(pool)
        assert len(server.bodies) == 1


def test_silence_is_an_error_after_all_tries(endpoints):
    """A server that is too slow, or not there, ends in one line that says what is kept."""
    with serving(slow(0.5, "late")) as server:
        pool, _ = endpoints(server.url, timeout=0.05, retries=1)
        with pytest.raises(EndpointError, match=r"timeout, 2 tries.*goes on from there"):
            ask(pool)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    pool, _ = endpoints(f"http://127.0.0.1:{port}", retries=2)
    with pytest.raises(EndpointError, match="unreachable, 3 tries"):
        ask(pool)


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (401, ConfigError, "refuses the key"),
        (403, ConfigError, "refuses the key"),
        (404, ConfigError, "does not serve 'm'"),
        (400, AnnotationError, "refused_request"),
    ],
)
def test_final_refusals_are_not_tried_again(endpoints, status, kind, words):
    """A wrong key, an unknown model or a request that is too long is asked once."""
    with serving(lambda body, number: (status, "no: secret-free words", {})) as server:
        pool, waits = endpoints(server.url, api_key="secret-key")
        with pytest.raises(kind, match=words) as caught:
            ask(pool)
        assert len(server.bodies) == 1
    assert waits == []
    assert "secret-key" not in str(caught.value)


def test_conversations_go_to_the_least_loaded_and_stay(endpoints):
    """Lines spread over endpoints; each keeps its own until that is gone."""
    with serving(lambda b, n: "one") as first, serving(lambda b, n: "two") as second:
        pool, _ = endpoints(first.url, second.url)
        lines = [pool.line() for _ in range(4)]
        texts = [line.complete(HELLO).text for line in lines]
        assert sorted(texts) == ["one", "one", "two", "two"]
        assert [line.complete(HELLO).text for line in lines] == texts
        for line in lines[:3]:
            line.close()
        assert pool.line().complete(HELLO).text != lines[3].complete(HELLO).text


def test_a_dead_endpoint_is_left(endpoints):
    """When a server dies in the middle, its conversations go on at another."""
    with serving(lambda b, n: "alive") as living:
        with serving(lambda b, n: "dying") as dying:
            pool, _ = endpoints(dying.url, living.url)
            line = pool.line()
            assert line.complete(HELLO).text == "dying"
        assert line.complete(HELLO).text == "alive"


def test_no_more_in_flight_than_allowed(endpoints):
    """Further requests wait for a slot."""
    with serving(slow(0.03, "x")) as server:
        pool, _ = endpoints(server.url, in_flight=3)
        threads = [threading.Thread(target=ask, args=(pool,)) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(server.bodies) == 12
        assert server.most <= 3


@pytest.mark.parametrize("urls", [(), ("localhost:8000",)])
def test_addresses_are_checked(urls):
    """No address, or what is none, is the user's mistake."""
    with pytest.raises(ConfigError, match="endpoint"):
        Endpoints(urls, "m")


def test_keys_of_requests():
    """The same question has the same key; another word, schema or model another."""
    assert HELLO.key("m") == ChatRequest(list(HELLO.messages), {"type": "object"}, seed=3).key("m")
    others = {
        HELLO.key("n"),
        ChatRequest(HELLO.messages, None, seed=3).key("m"),
        ChatRequest([], {"type": "object"}, seed=3).key("m"),
    }
    assert len(others | {HELLO.key("m")}) == 4


def test_flags_fit_the_format():
    """The tiles' option has another name in each format; a checkpoint's code runs where allowed."""
    config = {"architectures": ["InternVLChatModel"], "vision_config": {}}
    assert "trust_remote_code" not in options_for(config, "x").engine_arguments()
    native = options_for(config, "x", trust_remote_code=True)
    other = options_for(
        {"architectures": ["InternVLForConditionalGeneration"], "vision_config": {}}, "x"
    )
    assert native.engine_arguments()["mm_processor_kwargs"] == {"max_dynamic_patch": 6}
    assert native.engine_arguments()["trust_remote_code"] is True
    assert other.engine_arguments()["mm_processor_kwargs"] == {"max_patches": 6}
    assert "trust_remote_code" not in other.engine_arguments()
    command = serve_command("vllm", "x", 9, native)
    assert command[:3] == ["vllm", "serve", "x"]
    assert "--trust-remote-code" in command
    assert command[command.index("--limit-mm-per-prompt") + 1] == '{"image": 1, "video": 0}'
    with pytest.raises(ConfigError, match="takes no pictures"):
        options_for({"architectures": ["LlamaForCausalLM"]}, "x")
    assert ServeOptions(extra=(("dtype", "float32"),)).engine_arguments()["dtype"] == "float32"
