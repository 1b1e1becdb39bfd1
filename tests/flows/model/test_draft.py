"""``pools draft``: a model proposes, the check decides, a run that was stopped goes on."""

import json
from collections import Counter

import pytest

from annotators.answers.drafting import PLAIN, purposes
from annotators.questions.pools import POOLS, builtin_pools, load_pools
from flows.model import draft as drafting
from schemas.errors import ConfigError, EndpointError
from schemas.settings.config import AnswerConfig
from tests.doubles.chat_server import chat_body, serving

GOOD = {
    "hybrid_most": [f"Which region of this {thing} is degraded the most?" for thing in "abcdef"],
    "order_pair": [
        f"In which region of {thing} did {{first}} come before {{second}}?" for thing in "abcdef"
    ],
}
BAD = {
    "hybrid_most": ["Which region is degraded the least?", "Which blurry region is worst?"],
    "order_pair": ["Where did {second} come before {first}?"],
}
FORMATS = [
    {"name": "Question", "how": "ends with a question mark"},
    {"name": "order", "how": "a verb"},
]


def pool_of(body):
    """The pool a request is about; none for the one about formats."""
    text = body["messages"][0]["content"]
    found = [pool for pool, asks in purposes().items() if f"Each of them {asks}." in text]
    return found[0] if found else ""


def reply(body, number):
    """Two good wordings a request, new ones each time, and the bad ones."""
    pool = pool_of(body)
    if not pool:
        return json.dumps({"formats": FORMATS})
    good, bad = GOOD.get(pool, []), BAD.get(pool, [])
    asked = body["messages"][0]["content"]
    new = [text for text in good if f'"{text}"' not in asked][:2]
    items = [{"format": "question", "text": text} for text in (*new, *bad)]
    return json.dumps({"wordings": items or [{"format": "x", "text": "Hm."}]})


def answers(server):
    """The configuration of the model."""
    return AnswerConfig(writer="vllm", endpoints=(server.url,), model="m", retries=0)


def run(server, out, only=("hybrid_most", "order_pair"), wanted=4, rounds=4):
    """A draft."""
    return drafting.draft(answers(server), out, wanted, rounds, 2, 0, only)


def test_a_pool_file(tmp_path):
    """What passes stands in the file, what does not is counted, other pools stay as they are."""
    out = tmp_path / "mine.toml"
    with serving(reply) as server:
        made = run(server, out)
    pools = load_pools(out.read_text(), "mine.toml")
    for name in ("hybrid_most", "order_pair"):
        assert pools.wordings[name] == tuple(GOOD[name][:4])
    others = set(POOLS) - {"hybrid_most", "order_pair"}
    built_in = builtin_pools().wordings
    assert {name: set(pools.wordings[name]) for name in others} == {
        name: set(built_in[name]) for name in others
    }
    assert made.reasons() == Counter(polarity=2, tells=2, order=2)
    told = json.loads((tmp_path / "mine.draft.json").read_text())
    assert told["refused_by_reason"] == {"order": 2, "polarity": 2, "tells": 2}
    assert told["formats"][0] == {"name": "question", "how": "ends with a question mark"}
    assert told["pools"]["order_pair"]["refused"][0]["text"] == BAD["order_pair"][0]
    assert told["built_in_added"] == []


def test_the_model_is_told(tmp_path):
    """Requests hold formats, slots and what was refused before, and bind the reply to a schema."""
    with serving(reply) as server:
        run(server, tmp_path / "m.toml", ("order_pair",))
        formats, first, second = server.bodies
    assert "Propose 2 formats" in formats["messages"][0]["content"]
    text = first["messages"][0]["content"]
    assert "- question: ends with a question mark" in text
    assert "Copy {first} and {second} exactly" in text
    assert 'write "What affects {region}?"' in text
    assert "were proposed before" not in text
    again = second["messages"][0]["content"]
    assert '- not "Where did {second} come before {first}?" (order)' in again
    schema = first["response_format"]["json_schema"]["schema"]
    assert schema["properties"]["wordings"]["maxItems"] == 8
    assert first["seed"] != second["seed"]


def test_too_few(tmp_path):
    """A pool with hardly any wording of the model's keeps the built-in ones beside them."""
    with serving(lambda body, n: json.dumps({"wordings": []})) as server:
        made = run(server, tmp_path / "m.toml", ("hybrid_most", "short_any"), rounds=2)
        assert len(server.bodies) == 1 + 2 * 2
    assert made.added == ("hybrid_most", "short_any")
    assert made.formats == tuple(PLAIN)
    pools = load_pools((tmp_path / "m.toml").read_text(), "m.toml")
    assert pools.wordings == builtin_pools().wordings


@pytest.mark.parametrize(
    "text", ["", "[]", '{"wordings": 3}', '{"wordings": [7, {"text": 1}]}', "[" * 9999]
)
def test_replies_of_no_use(tmp_path, text):
    """Whatever a server answers, the file is whole."""
    with serving(lambda body, n: text) as server:
        made = run(server, tmp_path / "m.toml", ("hybrid_most",), rounds=2)
    assert not made.pools[0].taken
    load_pools((tmp_path / "m.toml").read_text(), "m.toml")


def test_stopped_and_gone_on(tmp_path):
    """A server that dies ends the command; the same one later asks only what is not answered."""
    straight = tmp_path / "straight.toml"
    with serving(reply) as server:
        run(server, straight)
        whole = len(server.bodies)

    def dying(body, number):
        return reply(body, number) if number < 2 else (500, "dead", {})

    out = tmp_path / "mine.toml"
    with serving(dying) as server, pytest.raises(EndpointError):
        run(server, out)
    assert not out.exists()
    with serving(reply) as server:
        run(server, out)
        assert len(server.bodies) == whole - 2
    assert out.read_bytes() == straight.read_bytes()
    with serving(reply) as server:
        run(server, out)
        assert not server.bodies


def test_refused_requests(tmp_path):
    """A request that the server will never answer is counted and asked no more."""

    def refusing(body, number):
        return (400, json.dumps({"error": "too long"}), {}) if number else (200, chat_body(""), {})

    with serving(refusing) as server:
        made = run(server, tmp_path / "m.toml", ("hybrid_most",), rounds=3)
    assert made.pools[0].failed == Counter(refused_request=3)


def test_mistakes(tmp_path):
    """Unknown pools and nobody at the address are one line."""
    nobody = AnswerConfig(writer="vllm", endpoints=("http://127.0.0.1:9",), model="m")
    with pytest.raises(LookupError, match="unknown pool 'worst'"):
        drafting.draft(nobody, tmp_path / "m.toml", 4, 2, 2, 0, ("worst",))
    with pytest.raises(ConfigError, match="nobody is there"):
        drafting.draft(nobody, tmp_path / "m.toml", 4, 2, 2, 0)
    assert not list(tmp_path.iterdir())


def test_every_pool_has_its_purpose():
    """What a pool asks is told for every pool, with its slots."""
    assert set(purposes()) == set(POOLS)
    for pool, rule in POOLS.items():
        assert all(f"{{{slot}}}" in purposes()[pool] for slot in rule.slots)
        if pool.endswith(("_multi", "_set")):
            assert "{count}" in purposes()[pool]


def test_the_command(spider, tmp_path):
    """The command says what was taken and refused, and ``build`` takes its file."""
    out = tmp_path / "mine.toml"
    with serving(reply) as server:
        command = ["pools", "draft", "--out", out, "--endpoint", server.url, "--model", "m"]
        done = spider(*command, "--pool", "hybrid_most", "--wordings", 3, "--formats", 2)
    assert done.returncode == 0, done.stderr
    assert "formats: question, order" in done.stdout
    assert "hybrid_most              3 taken    4 refused" in done.stdout
    assert "refused for: polarity 2, tells 2" in done.stdout
    shown = spider("config", "--set", f"questions.pools={out}")
    assert shown.returncode == 0, shown.stderr
