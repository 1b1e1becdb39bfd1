"""Pictures are sent once to a server that keeps them, and again to one that has dropped them."""

import json

import pytest

from annotators.chat.endpoints import Endpoints
from annotators.chat.kept import MOST_MISSES, Keeping, lifted, names_of, put_back
from annotators.chat.protocol import ChatRequest, data_url, named_only, picture_part, text_part
from tests.doubles.chat_server import serving

PICTURE = data_url(b"as if this was a picture" * 50)


def turn(number, picture=PICTURE):
    """The request of a turn of a conversation about one picture."""
    first = {"role": "user", "content": [picture_part(*picture), text_part("Look.")]}
    return ChatRequest([first, {"role": "user", "content": f"turn {number}"}])


def urls(body):
    """What a request holds in the place of its pictures."""
    parts = [p for m in body["messages"] if isinstance(m["content"], list) for p in m["content"]]
    return [part["image_url"] for part in parts if part["type"] == "image_url"]


class Keeper:
    """Answers like vLLM: takes a name whose picture it has, refuses one whose picture it lacks."""

    def __init__(self):
        self.kept, self.status = set(), 400

    def __call__(self, body, number):
        parts = body["messages"][0]["content"]
        name = parts[0].get("uuid")
        if parts[0]["image_url"] is None and name not in self.kept:
            return self.status, {"error": {"message": f"no item for {name}"}}, {}
        self.kept.add(name)
        return f"answer {number}"


def asked(server, count, keeper=None, drop_before=()):
    """The answers of a conversation; before some turns the server drops what it keeps."""
    pool = Endpoints([server.url], "m", pause=0.0)
    line, found = pool.line(), []
    for number in range(count):
        if number in drop_before:
            keeper.kept.clear()
        found.append(line.complete(turn(number)).text)
    line.close()
    pool.close()
    return found, pool.counts


def test_vllm_gets_a_picture_once():
    """Later turns hold its name alone."""
    with serving(Keeper()) as server:
        server.owner = "vllm"
        found, counts = asked(server, 4)
        sent = [urls(body)[0] for body in server.bodies]
    assert found == [f"answer {n}" for n in range(4)]
    assert sent == [{"url": PICTURE[0]}, None, None, None]
    assert counts["pictures_sent_again"] == 0


@pytest.mark.parametrize("status", [400, 500])
def test_a_picture_that_was_dropped_is_sent_again(status):
    """One refused request, one with the picture, then names again."""
    keeper = Keeper()
    keeper.status = status
    with serving(keeper) as server:
        server.owner = "vllm"
        found, counts = asked(server, 4, keeper, {2})
        sent = [urls(body)[0] is None for body in server.bodies]
    assert sent == [False, True, True, False, True]
    assert found == ["answer 0", "answer 1", "answer 3", "answer 4"]
    assert (counts["pictures_sent_again"], counts["failed.http_500"]) == (1, 0)


def test_who_does_not_say_that_it_is_vllm_gets_every_picture():
    """A server that knows nothing of names would answer without having seen it."""
    with serving(lambda body, number: "a") as server:
        asked(server, 3)
        assert all(urls(body)[0] for body in server.bodies)


def test_a_server_that_keeps_too_few_is_not_asked_for_ever():
    """After some misses, more than hits, pictures are sent as to any other server."""
    keeping = Keeping()
    keeping.said({"data": [{"owned_by": "vllm"}]})
    for _ in range(MOST_MISSES):
        keeping.count(False)
    assert keeping.known() is True
    keeping.count(False)
    assert keeping.known() is False


@pytest.mark.parametrize("models", [None, [], {"data": [{}]}, {"data": 3}, "vllm"])
def test_odd_lists_of_models_mean_no(models):
    """Only a list of models that vLLM owns means vLLM."""
    keeping = Keeping()
    keeping.said(models)
    assert keeping.known() is False


def test_a_key_counts_a_picture_by_its_name():
    """The same name, the same key, whatever the address; another name or none, another key."""
    url, name = PICTURE
    same = turn(0, ("data:image/png;base64,other", name))
    assert turn(0).key("m") == same.key("m")
    others = {turn(0, (url, "x")).key("m"), turn(0, (url, "")).key("m"), turn(1).key("m")}
    assert len(others | {turn(0).key("m")}) == 4


def test_lifted_pictures_come_back():
    """The body is that of plain JSON, also with two pictures, other addresses and odd texts."""
    odd = 'a "quoted" \\ text \u2028'
    parts = [picture_part(*PICTURE), text_part(odd), picture_part(*data_url(b"x"))]
    other = {"type": "image_url", "image_url": {"url": 'http://a/"b"', "detail": "low"}}
    request = ChatRequest([{"role": "user", "content": [*parts, other]}])
    plain = {"messages": request.messages}
    messages, addresses = lifted(request.messages)
    packed = put_back(json.dumps({"messages": messages}).encode(), addresses)
    assert json.loads(packed) == plain
    assert len(addresses) == 2
    assert len(json.dumps(messages)) < 1000


def test_a_picture_without_a_name_is_always_sent():
    """There is nothing to call it by, and beside it no other is named either."""
    messages = [{"role": "user", "content": [picture_part("u"), picture_part("v", "n")]}]
    assert names_of(messages) == frozenset()
    assert named_only(messages)[0]["content"][0]["image_url"] == {"url": "u"}
    assert json.dumps(messages).count("null") == 0
