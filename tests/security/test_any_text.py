"""Whatever text or JSON comes from outside: a sound value, or the one error that is meant."""

import json
import os
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from annotators.answers.conversation import read_answer
from annotators.chat.address import authorization, base_address
from annotators.chat.protocol import ChatRequest, Completion
from annotators.chat.reading import read_completion, shown
from annotators.regions.relabel import read_decision
from flows.cli import _one_line
from flows.model.ledger import Ledger
from flows.store.inside import file_stem, path_inside, read_inside
from schemas.errors import AnnotationError, ConfigError

OFTEN = settings(
    max_examples=int(os.environ.get("IQA_SPIDER_FUZZ", "150")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
PIECES = st.sampled_from(
    [
        "..",
        "/",
        "\\",
        "\0",
        "\n",
        "~",
        "a",
        "a.png",
        "link",
        "secret",
        " ",
        "\ud800",
        "\u202e",
        "%2e",
    ]
)
names = st.one_of(st.text(max_size=120), st.lists(PIECES, max_size=9).map("".join))
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
# Documents that look like an answer, with anything in any place.
answers = st.fixed_dictionaries(
    {},
    optional={
        "choices": st.lists(
            st.one_of(
                values,
                st.fixed_dictionaries(
                    {"message": st.fixed_dictionaries({"content": values})},
                    optional={"finish_reason": values},
                ),
            ),
            max_size=2,
        ),
        "usage": st.one_of(
            values,
            st.fixed_dictionaries(
                {}, optional={"prompt_tokens": values, "prompt_tokens_details": values}
            ),
        ),
    },
)


def tried(call, kind):
    """What a call returns, or the error of the one kind that it may raise."""
    try:
        return call(), None
    except kind as error:
        return None, error


@OFTEN
@given(st.one_of(names, values))
def test_a_stem_is_safe_or_refused(name):
    """What becomes the name of a file has no dot, slash, blank or line break in it."""
    stem, error = tried(lambda: file_stem(name, "image_id"), ConfigError)
    if error:
        assert str(error).isprintable()
    else:
        assert stem == name
        assert re.fullmatch("[0-9A-Za-z_-]{1,100}", stem)


@pytest.fixture
def folder(tmp_path):
    """A folder with a picture, a secret beside it, and a link from one to the other."""
    inside = tmp_path / "in"
    (inside / "a").mkdir(parents=True)
    (inside / "a.png").write_bytes(b"inside")
    (tmp_path / "secret").write_bytes(b"outside")
    (inside / "link").symlink_to(tmp_path / "secret")
    return inside


@OFTEN
@given(names)
@example("../secret")
@example("a/../../secret")
@example("link")
def test_no_name_leads_out_of_its_folder(folder, name):
    """Whatever is read by a name out of a file lies in the folder of the file."""
    data, error = tried(lambda: read_inside(folder, name), OSError)
    assert error or data == b"inside"
    path, error = tried(lambda: path_inside(folder, name), OSError)
    assert error or path.is_relative_to(Path(os.path.realpath(folder)))


def is_plain(text):
    text.encode()
    return True


@OFTEN
@given(st.one_of(st.binary(max_size=60), st.one_of(answers, values).map(json.dumps)))
def test_any_body_is_a_completion_or_none(body):
    """What a server sends is a text that can be written down, with counts that are numbers."""
    raw = body if isinstance(body, bytes) else body.encode()
    assert shown(raw).isprintable()
    try:
        found = read_completion(raw)
    except ValueError:
        return
    assert is_plain(found.text)
    assert is_plain(found.finish)
    assert all(type(number) is int and number >= 0 for number in found[2:5])


@OFTEN
@given(st.one_of(st.text(max_size=60), values.map(json.dumps)))
def test_any_answer_is_read_or_refused(text):
    """What a model writes is an answer, a decision, or a reason why it is none."""
    for read in (read_answer, read_decision):
        _, error = tried(lambda read=read: read(text), AnnotationError)
        assert error is None or re.fullmatch("[a-z_]+", error.reason)


@OFTEN
@given(st.lists(st.one_of(st.binary(max_size=40), values.map(json.dumps).map(str.encode))))
def test_any_ledger_is_read(tmp_path, lines):
    """A ledger of anything is opened, and what is asked then is answered."""
    path = tmp_path / "c.jsonl"
    path.write_bytes(b"\n".join(lines))

    class Model:
        name = "m"

        def line(self):
            return self

        def complete(self, request):
            return Completion("fine")

        def close(self):
            pass

    ledger = Ledger(Model(), path)
    asked = ChatRequest([{"role": "user", "content": "hello"}])
    assert ledger.line().complete(asked).text == "fine"
    ledger.close()


@OFTEN
@given(st.one_of(st.text(max_size=60), st.text(max_size=30).map("http://".__add__)))
@example("http://a:b@c")
@example("http://a@b@c/v1/")
def test_addresses_hold_no_secret(url):
    """An address is plain, without a name or a password, or a mistake that does not repeat it."""
    found, error = tried(lambda: base_address(url), ConfigError)
    if error:
        assert str(error).isprintable()
        password = re.match(r"https?://[^/@]*:([^/@]{6,})@", url)
        assert not (password and password[1] in str(error))
    else:
        assert found.isascii()
        assert "@" not in found.split("/")[2]


@OFTEN
@given(st.text(max_size=60))
def test_keys_and_lines(text):
    """A key is sent whole or not at all; an error line is one line, whatever it repeats."""
    header, error = tried(lambda: authorization(text), ConfigError)
    if error:
        assert len(text) < 3 or text not in str(error)
    else:
        assert header == ({"Authorization": f"Bearer {text}"} if text else {})
    line = _one_line(text)
    assert len(line) == len(text)
    assert line.encode("ascii", "replace").decode().isprintable()
