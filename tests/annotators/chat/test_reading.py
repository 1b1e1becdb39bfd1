"""What servers send back that is no answer, byte by byte and over real HTTP."""

import json
import math

import pytest

from annotators.answers.conversation import read_answer
from annotators.chat.address import authorization, base_address
from annotators.chat.endpoints import MOST_UNUSABLE, Endpoints
from annotators.chat.protocol import ChatRequest
from annotators.chat.reading import MOST_ANSWER, read_completion
from annotators.regions.relabel import read_decision
from schemas.errors import AnnotationError, ConfigError, EndpointError
from tests.doubles.chat_server import chat_body, serving

HELLO = ChatRequest([{"role": "user", "content": "hello"}])


def body(content, **more):
    return json.dumps({"choices": [{"message": {"content": content}}], **more}).encode()


def test_content_is_text_or_parts_of_text():
    """Parts are joined; nothing is an empty text; halves of characters are replaced."""
    parts = [{"type": "text", "text": "It is "}, {"type": "refusal"}, {"text": "sharp."}]
    assert read_completion(body(parts)).text == "It is sharp."
    assert read_completion(body(None)).text == ""
    assert read_completion(body("a\ud800b")).text == "a\ufffdb"
    for content in ({"answer": "x"}, 7, True, [7], [{"text": 7}], [["x"]]):
        with pytest.raises(ValueError, match="no completion"):
            read_completion(body(content))


@pytest.mark.parametrize(
    "usage",
    [
        None,
        7,
        [],
        {"prompt_tokens": None},
        {"prompt_tokens": "9"},
        {"prompt_tokens": -1},
        {"prompt_tokens": 10**30},
        {"prompt_tokens": True, "prompt_tokens_details": 3},
    ],
)
def test_counts_that_are_none_count_nothing(usage):
    """Whatever a server says of tokens, the text is taken and the sum stays a number."""
    assert read_completion(body("fine", usage=usage))[2:5] == (0, 0, 0)


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"null",
        b"7",
        b"[]",
        b"\xff\xfe",
        b"[" * 200_000,
        b"{}",
        b'{"choices": [[]]}',
        b"9" * 9000,
        b'{"choices": [{"message": null}]}',
    ],
)
def test_bodies_that_hold_no_completion(said):
    """They are all one kind of error."""
    with pytest.raises(ValueError, match="no completion"):
        read_completion(said)


def test_texts_that_are_nested_without_end_are_unreadable_answers():
    """A model that repeats a bracket costs one answer, as any other unreadable text."""
    for read in (read_answer, read_decision):
        with pytest.raises(AnnotationError) as caught:
            read("[" * 100_000)
        assert caught.value.reason == "no_json"
    with pytest.raises(AnnotationError, match="half of a character"):
        read_answer(r'{"answer": "It is \ud83d sharp."}')


@pytest.fixture
def pool():
    """Makes pools that do not wait, and closes them."""
    made = []

    def make(url, **settings):
        made.append(Endpoints([url], "m", sleep=lambda seconds: None, **settings))
        return made[-1]

    yield make
    for endpoints in made:
        endpoints.close()


def ask(pool):
    line = pool.line()
    try:
        return line.complete(HELLO)
    finally:
        line.close()


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        ((200, "no gzip", {"Content-Encoding": "gzip"}), "half_answer"),
        ((200, chat_body({"a": 1}), {}), "half_answer"),
        ((200, chat_body(7), {}), "half_answer"),
        ((200, "<html>", {}), "half_answer"),
        ((200, "x" * (MOST_ANSWER + 1), {}), "endless"),
    ],
)
def test_an_unusable_answer_costs_its_request_only(pool, said, cause):
    """It is tried again, then given up as a bad answer; a server that gives only such is ended."""
    with serving(lambda body, number: said) as server:
        endpoints = pool(server.url, retries=1)
        for _ in range(2):
            with pytest.raises(AnnotationError, match=f"unusable_answer: {cause}, 2 tries"):
                ask(endpoints)
        assert endpoints.counts[f"failed.{cause}"] == 4
        endpoints._retries = 0
        for _ in range(MOST_UNUSABLE - 2):
            with pytest.raises(AnnotationError):
                ask(endpoints)
        with pytest.raises(EndpointError, match="gave no answer"):
            ask(endpoints)


@pytest.mark.parametrize(
    ("status", "piece"), [(-1, b"{"), (-1, b" "), (-2, b"X-More: and more\r\n"), (-2, b"")]
)
def test_the_timeout_is_for_the_whole_answer(pool, status, piece):
    """A body or headers that drip, or never come, are given up when their time is over."""
    # whoever waits for the end of what drips sees a half answer or a broken connection
    with (
        serving(lambda body, number: (status, (piece, 40), {})) as server,
        pytest.raises(EndpointError, match="timeout"),
    ):
        ask(pool(server.url, retries=0, timeout=0.5))


def test_an_odd_status_is_the_servers_fault(pool):
    """A redirect is no refusal of the request; a server that gives nothing else is ended."""
    with serving(lambda body, number: (302, "elsewhere", {"Location": "/x"})) as server:
        endpoints = pool(server.url)
        for _ in range(MOST_UNUSABLE):
            with pytest.raises(AnnotationError, match="unusable_answer: HTTP 302: elsewhere"):
                ask(endpoints)
        with pytest.raises(EndpointError, match="gave no answer"):
            ask(endpoints)
        assert len(server.bodies) == MOST_UNUSABLE + 1


def test_waiting_times_that_are_none(pool):
    """A Retry-After in other digits or without end is no error."""
    waits = ["\u00b2", "9" * 400]
    with (
        serving(lambda body, number: (429, "", {"Retry-After": waits[number]})) as server,
        pytest.raises(EndpointError, match="http_429"),
    ):
        ask(pool(server.url, retries=1))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "localhost:8000",
        "http://",
        "http://[::1",
        "http://h:a",
        "http://localhost:99999",
        "http://a b",
        "http://h:0",
        "ftp://h",
        "http://h/?key=1",
        "http://h\n.x",
        "http://b\u00fccher",
    ],
)
def test_what_is_no_address(url):
    """One line says so before anything is sent."""
    with pytest.raises(ConfigError, match="no address; expected http") as caught:
        base_address(url)
    assert "\n" not in str(caught.value)


def test_addresses():
    """Paths stay, ``/v1`` and slashes at the end go."""
    assert base_address("http://[::1]:8000/v1/") == "http://[::1]:8000"
    assert base_address("https://host.example/proxy/a") == "https://host.example/proxy/a"


def test_passwords_in_addresses_are_refused_and_not_repeated():
    """They would be stored with the dataset; the line names what to do and not the secret."""
    with pytest.raises(ConfigError, match="--api-key-env") as caught:
        base_address("http://me:SECRET@host:8000/v1")
    assert "SECRET" not in str(caught.value)
    with pytest.raises(ConfigError) as caught:
        base_address("http://me:SECRET@host:99999")
    assert "SECRET" not in str(caught.value)


@pytest.mark.parametrize("key", ["k\u00e4y", "key\n", "k y", "\x7f"])
def test_keys_that_cannot_be_sent(key):
    """One line that does not hold the key."""
    with pytest.raises(ConfigError, match="no server takes such a key") as caught:
        authorization(key)
    assert key not in str(caught.value)


def told(*places):
    """A body with log-probabilities: at each place a token and what might have stood there."""
    content = [
        {
            "token": token,
            "logprob": 0.0,
            "top_logprobs": [{"token": t, "logprob": math.log(p)} for t, p in others],
        }
        for token, others in places
    ]
    choice = {"message": {"content": '{"answer":"yes"}'}, "logprobs": {"content": content}}
    return json.dumps({"choices": [choice]}).encode()


def test_probabilities_of_words_where_one_of_them_is_said():
    """Spellings of a word are added up, and what is none of the words does not count."""
    said = [('"yes', 0.3), ("Yes", 0.15), ("no", 0.05), ("maybe", 0.5)]
    found = read_completion(told(('{"', [("no", 1.0)]), ('"yes', said)), ("yes", "no"))
    assert found.likely == pytest.approx((0.9, 0.1))
    assert read_completion(told(('"yes', said))).likely == ()


@pytest.mark.parametrize(
    "logprobs", [None, [], {"content": None}, {"content": [{"token": 3}]}, {"content": [{}]}]
)
def test_a_server_that_tells_no_probabilities(logprobs):
    """Whatever stands in their place, the text is read."""
    choice = {"message": {"content": "yes"}, "logprobs": logprobs}
    found = read_completion(json.dumps({"choices": [choice]}).encode(), ("yes", "no"))
    assert (found.text, found.likely) == ("yes", ())


def test_numbers_that_are_none_give_no_probabilities():
    """NaN and what is no number lead to no probabilities."""
    for number in (float("nan"), "0", None):
        top = [{"token": "yes", "logprob": number}]
        one = {"token": "yes", "logprob": 0, "top_logprobs": top}
        choice = {"message": {"content": "yes"}, "logprobs": {"content": [one]}}
        found = read_completion(json.dumps({"choices": [choice]}).encode(), ("yes", "no"))
        assert found.likely == ()
