"""Question pools: the built-in wordings, and what is refused in a user's own."""

import re
import tomllib
from collections import Counter
from importlib.resources import files

import pytest

from annotators.questions.pools import POOLS, SHARED, builtin_pools, count_word, load_pools
from schemas.errors import ConfigError
from schemas.streams import Stream

TEXT = files("annotators.questions").joinpath("pools.toml").read_text(encoding="utf-8")
AT_LEAST = {
    "global_description": 26,
    "local_description": 17,
    "hybrid_most": 12,
    "hybrid_least": 12,
    "single_most": 8,
    "single_least": 8,
    "order_pair": 6,
    "order_first": 6,
    "order_last": 6,
    "short_single": 14,
    "short_multi": 14,
    "long_single": 14,
    "long_multi": 13,
}
VALUES = {
    "region": "the skis",
    "distortion": "noise",
    "first": "blur",
    "second": "noise",
    "last": "noise",
    "count": "two",
}
VICTIM = '"Which area looks the most damaged overall?"'


def line_of(text, part):
    """Line, from 1, on which a part first stands."""
    return text[: text.index(part)].count("\n") + 1


def all_wordings():
    """Every built-in wording with its pool."""
    return [(pool, text) for pool, texts in builtin_pools().wordings.items() for text in texts]


@pytest.mark.parametrize(("pool", "number"), AT_LEAST.items())
def test_no_fewer_wordings_than_published(pool, number):
    """Each pool is at least as large as the published one."""
    assert len(builtin_pools().wordings[pool]) >= number


def test_no_wording_serves_two_pools():
    """No wording stands in two pools, so that a question never has two meanings."""
    shared = {text for pool in SHARED for text in builtin_pools().wordings[pool]}
    texts = [text for _, text in all_wordings() if text not in shared]
    assert len(set(texts)) == len(texts)


@pytest.mark.parametrize("length", ["short", "long"])
def test_half_of_the_referring_wordings_keep_the_number_to_themselves(length):
    """They are the same for one distortion, two, and what people named; the rest say how many."""
    pools = builtin_pools()
    neutral = pools.wordings[f"{length}_any"]
    telling = re.compile(r"\{count\}|\bthe distortion\b|\bsingle\b|order|first|last", re.IGNORECASE)
    assert not [text for text in neutral if telling.search(text)]
    for form in ("single", "multi", "set"):
        pool = f"{length}_{form}"
        states = [pools.states_number(pool, n) for n in range(len(pools.wordings[pool]))]
        assert sum(states) <= len(states) / 2 + 1
        assert pools.wordings[pool][states.count(True) :] == neutral


def test_a_users_file_need_not_hide_the_number():
    """A file without the shared pools has only its own wordings."""
    text = TEXT[: TEXT.index("# The two below do not give")]
    pools = load_pools(text, "mine.toml")
    assert len(pools.wordings["short_multi"]) == 14
    assert all(pools.states_number("short_multi", n) for n in range(14))


def test_wordings_speak_of_the_degraded_picture_alone():
    """No wording mentions a reference, a mask, metadata, or what only the pipeline knows."""
    forbidden = re.compile(
        r"\b(reference|original|pristine|undistorted|mask|metadata|annotat|box|before and after|"
        r"severity|dataset|synthetic)",
        re.IGNORECASE,
    )
    assert [text for _, text in all_wordings() if forbidden.search(text)] == []


def test_wordings_suit_plural_regions():
    """No verb or pronoun agrees with the region: "the skis" fits wherever "the dog" does."""
    agreeing = re.compile(
        r"\b(?:is|does|has|was) \{region\}|\{region\} (?:is|has|was|shows?|carries|looks?)\b"
        r"|\{region\}.*\b(?:its|to it)\b"
    )
    assert [text for _, text in all_wordings() if agreeing.search(text)] == []


def test_filled_wordings_are_questions_or_requests():
    """Filled, a wording begins with a capital, ends a sentence, and has no brace left."""
    for number, pool in enumerate(POOLS):
        for turn in range(len(builtin_pools().wordings[pool])):
            text, origin = builtin_pools().pick(pool, Stream(number), turn, **VALUES)
            assert re.fullmatch(r"[A-Z][^{}]*[.?]", text), text
            assert re.fullmatch(rf"{pool}:\d+", origin)


def test_pick_names_the_wording_it_took():
    """The origin's index leads to the wording, and turns in a row give different ones."""
    pools = builtin_pools()
    picks = [pools.pick("global_description", Stream(7), turn) for turn in range(26)]
    assert len(set(picks)) == 26
    for text, origin in picks:
        assert pools.wordings["global_description"][int(origin.split(":")[1])] == text


def test_counted_pools_say_the_number():
    """Questions about chains that state the number say how many distortions there are."""
    pools = builtin_pools()
    for pool in ("short_multi", "long_multi"):
        for turn in range(len(pools.wordings[pool])):
            text, origin = pools.pick(pool, Stream(1), turn, region="the dog", count=count_word(3))
            index = int(origin.split(":")[1])
            assert ("three" in text.lower()) == pools.states_number(pool, index)
    assert (count_word(2), count_word(12)) == ("two", "12")


def test_every_pool_can_be_loaded_from_a_users_file():
    """The built-in text is itself a valid user file."""
    assert load_pools(TEXT, "mine.toml").wordings == builtin_pools().wordings


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (VICTIM, '"Which area has {oops}?"', "unknown slot {oops}"),
        (VICTIM, '"Which {region} is worst?"', "unknown slot {region}"),
        (VICTIM, '"Which area is { worst?"', "stray brace"),
        (VICTIM, '"Which {{area}} is worst?"', "stray brace"),
        (VICTIM, "7", "expected a text, got 7"),
        (VICTIM, '["Which?"]', "expected a text"),
        (VICTIM, '"  "', "expected a text"),
        (VICTIM, '"Where is the quality of this  image at its WORST?"', "the same question as"),
        (
            '"Focus on {region}: how good is the quality there?"',
            '"Focus: how good?"',
            "slot {region} is missing",
        ),
        (
            '"Find the area where {second} was laid over {first}."',
            '"Where was {second} last?"',
            "slot {first} is missing",
        ),
        (
            '"Where does {distortion} do the most harm?"',
            '"Where is it worst?"',
            "slot {distortion} is missing",
        ),
        (
            '"Identify the {count} distortions laid on {region}, earliest first."',
            '"Identify the distortions laid on {region}, earliest first."',
            "slot {count} is missing",
        ),
        (
            '"Name the distortion in {region} and the degree of it."',
            '"Name the {count} distortions in {region}."',
            "unknown slot {count}",
        ),
    ],
)
def test_bad_wordings_are_refused_with_their_line(old, new, problem):
    """A bad wording is one line of message with file, pool and the line it stands on."""
    text = TEXT.replace(old, new)
    assert text != TEXT
    pool = re.findall(r"^\[(\w+)\]", TEXT[: TEXT.index(old)], re.MULTILINE)[-1]
    with pytest.raises(ConfigError) as error:
        load_pools(text, "mine.toml")
    message = str(error.value)
    assert message.startswith(f"mine.toml: pool '{pool}', line {line_of(TEXT, old)}: ")
    assert problem in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("head", "new", "problem"),
    [
        ('[hybrid_most]\npolarity = "most"', "[hybrid_most]", "polarity must be 'most', it is mi"),
        ('[single_least]\npolarity = "least"', '[single_least]\npolarity = "most"', "got 'most'"),
        ("[order_first]", '[order_first]\npolarity = "most"', "unknown key 'polarity'"),
        ("[order_last]", "[order_last]\ncounted = true", "unknown key 'counted'"),
        ('[local_description]\nslots = ["region"]', "[local_description]\nslots = 5", "got 5"),
        ('[order_pair]\nslots = ["first", "second"]', '[order_pair]\nslots = ["first"]', "slots"),
        ('[long_multi]\nslots = ["region"]\ncounted = true', "[long_multi]\ncounted = 3", "got 3"),
    ],
)
def test_bad_pools_are_refused_with_their_line(head, new, problem):
    """What is wrong with a pool as a whole names the line of its head."""
    assert head in TEXT
    name, line = head[1 : head.index("]")], line_of(TEXT, head)
    with pytest.raises(ConfigError, match=re.escape(problem)) as error:
        load_pools(TEXT.replace(head, new), "mine.toml")
    assert str(error.value).startswith(f"mine.toml: pool '{name}', line {line}: ")


def test_empty_missing_and_unknown_pools():
    """An empty pool, a missing one and one of another name are each named."""
    empty = re.sub(r"(\[hybrid_least\].*?questions = \[).*?\n\]", r"\1]", TEXT, flags=re.DOTALL)
    with pytest.raises(ConfigError, match=r"'hybrid_least', line \d+: no question in it"):
        load_pools(empty, "mine.toml")
    renamed = TEXT.replace("[order_first]", "[order_frist]")
    line = line_of(TEXT, "[order_first]")
    with pytest.raises(ConfigError, match=rf"unknown pool 'order_frist', line {line};"):
        load_pools(renamed, "mine.toml")
    with pytest.raises(ConfigError, match=r"mine\.toml: missing pool 'order_first'"):
        load_pools(re.sub(r"\[order_first\].*?\n\]\n", "", TEXT, flags=re.DOTALL), "mine.toml")
    with pytest.raises(ConfigError, match="not valid TOML"):
        load_pools("[hybrid_most", "mine.toml")


def test_lines_are_right_in_other_styles_of_toml():
    """Escapes, comments, other quotes, several wordings a line: the line is still right."""
    questions = (
        '["Which \\"area\\" is worst?", # "not {a} wording"\n'
        '  \'Where is it worst?\', """Which\\\n is worst?""",\n\n  \'Which of {these}?\']'
    )
    text = re.sub(
        r"(\[hybrid_most\].*?questions = )\[.*?\n\]",
        lambda m: m[1] + questions,
        TEXT,
        flags=re.DOTALL,
    )
    assert len(tomllib.loads(text)["hybrid_most"]["questions"]) == 4
    line = line_of(text, "'Which of {these}?'")
    with pytest.raises(ConfigError, match=rf"line {line}: unknown slot \{{these\}}"):
        load_pools(text, "mine.toml")


@pytest.mark.parametrize("length", ["short", "long"])
def test_half_of_the_drawn_wordings_do_not_give_the_number_away(length):
    """Of drawn questions about one distortion and about two, half are worded alike for both."""
    pools, neutral = builtin_pools(), Counter()
    for form in ("single", "multi"):
        for key in range(2000):
            _, origin = pools.pick(f"{length}_{form}", Stream(key, form), **VALUES)
            pool, index = origin.split(":")
            neutral[form] += not pools.states_number(pool, int(index))
    assert all(0.44 < count / 2000 < 0.56 for count in neutral.values())


@pytest.mark.parametrize("kind", ["hybrid", "single"])
def test_most_and_least_are_balanced(kind):
    """As many wordings ask for the most as for the least, whichever regions compete."""
    pools = builtin_pools().wordings
    numbers = {len(texts) for name, texts in pools.items() if name.startswith(f"{kind}_")}
    assert len(numbers) == 1
