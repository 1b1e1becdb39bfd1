"""Rewards: 1 for the reference, less for every corruption, whatever a model may say."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotators.questions.vida.syntax import Found, detection_text
from annotators.questions.vida.vocabulary import read_vocabulary
from distortions.registry import FAMILIES, families_among
from flows.training.rewards import REWARDS, Solution, reward_funcs, total
from flows.training.rewards.solution import inside, solved
from schemas.errors import ConfigError, UnknownNameError

SIZE = (640, 480)
NAMES = read_vocabulary().names
WORDS = [severity.name for severity in read_vocabulary().severities]
TWELVE = families_among(())
GRADES = ("mild", "moderate", "severe")


def span(draw):
    low = draw(st.integers(0, 900))
    return low, draw(st.integers(low + 20, 1000))


@st.composite
def flaws(draw, least=0):
    """What a picture holds: one to five classes and boxes, none of them twice."""
    found = {}
    for _ in range(draw(st.integers(least, 5))):
        (x0, x1), (y0, y1) = span(draw), span(draw)
        one = Found(draw(st.sampled_from(NAMES)), draw(st.sampled_from(WORDS)), (x0, y0, x1, y1))
        found[one.distortion, one.box] = one
    return sorted(found.values(), key=lambda one: NAMES.index(one.distortion))


def boxed(found):
    parts = zip(*found, strict=True) if found else ((), (), ())
    names, words, boxes = map(tuple, parts)
    return Solution("boxes", SIZE, boxes=boxes, classes=names, severities=words)


def scores(text, solution):
    return {name: reward(text, solution) for name, reward in REWARDS.items()}


def given_ones(text, solution):
    return {name: one for name, one in scores(text, solution).items() if one is not None}


def without_tokens(text):
    for token in ("object_ref_start", "object_ref_end", "box_start", "box_end"):
        text = text.replace(f"<|{token}|>", "")
    return text


@settings(deadline=None)
@given(flaws())
def test_reference_boxes_are_worth_one(found):
    """Every reward of the reference is 1, with special tokens and as a trainer decodes it."""
    solution, text = boxed(found), detection_text(found, NAMES)
    for said in (text, without_tokens(text), f"<think>Two (1, 2)?</think>{text}"):
        ones = given_ones(said, solution)
        assert set(ones) == {"format", "boxes", "classes", "severity"}
        assert set(ones.values()) == {1.0}, (said, ones)


def moved(box, by):
    """A box elsewhere, of the same size where there is room."""
    width, height = box[2] - box[0], box[3] - box[1]
    x0, y0 = (box[0] + by) % (1001 - width), (box[1] + by) % (1001 - height)
    return (x0, y0, x0 + width, y0 + height)


@st.composite
def corrupted(draw):
    """Flaws, the same with one thing wrong, and the rewards that must fall."""
    found = draw(flaws(least=1))
    place = draw(st.integers(0, len(found) - 1))
    one, others = found[place], [*found[:place], *found[place + 1 :]]
    kind = draw(st.sampled_from(["drop", "add", "move", "class", "severity"]))
    if kind == "drop":
        return found, others, {"boxes", "classes", "severity"}
    if kind == "severity":
        word = draw(st.sampled_from([word for word in WORDS if word != one.severity]))
        return found, [*others, one._replace(severity=word)], {"severity"}
    if kind == "class":
        name = draw(st.sampled_from([name for name in NAMES if name != one.distortion]))
        return found, [*others, one._replace(distortion=name)], {"classes", "severity"}
    box = moved(one.box, draw(st.integers(1, 400)))
    if kind == "add":
        more = Found(draw(st.sampled_from(NAMES)), WORDS[0], box)
        same = {(f.distortion, f.box) for f in found}
        return found, [*found, more] if (more.distortion, box) not in same else others, {"boxes"}
    changed = box != one.box
    return found, [*others, one._replace(box=box)], {"boxes"} if changed else set()


@settings(deadline=None, max_examples=120)
@given(corrupted())
def test_corrupted_boxes_are_worth_less(case):
    """A box dropped, added or moved, a wrong class or severity: less of what measures it."""
    found, other, fall = case
    solution, text = boxed(found), detection_text(other, NAMES)
    ones = given_ones(text, solution)
    assert all(0 <= one <= 1 for one in ones.values())
    assert all(ones[name] < 1 for name in fall), ones
    assert total(text, solution) < 1 or not fall
    assert scores(text, solution) == scores(text, solution)


def chained(families, grades):
    nouns = [f"{grade} {FAMILIES[name].noun}" for name, grade in zip(families, grades, strict=True)]
    return ", ".join(nouns).capitalize() + "."


@settings(deadline=None)
@given(
    st.permutations(sorted(TWELVE)).map(lambda names: names[:3]),
    st.lists(st.sampled_from(GRADES), min_size=3, max_size=3),
    st.integers(1, 3),
    st.data(),
)
def test_chains(families, grades, length, data):
    """A chain is worth 1 as it is; another grade, family or order costs what measures it."""
    truth, words = tuple(families[:length]), tuple(grades[:length])
    solution = Solution("chain", SIZE, classes=truth, severities=words, ordered=length > 1)
    assert set(given_ones(chained(truth, words), solution).values()) == {1.0}
    other = data.draw(st.sampled_from([grade for grade in GRADES if grade != words[0]]))
    wrong = scores(chained(truth, (other, *words[1:])), solution)
    assert wrong["severity"] < 1 == wrong["classes"]
    stranger = next(name for name in sorted(TWELVE) if name not in truth)
    wrong = scores(chained((stranger, *truth[1:]), words), solution)
    assert max(wrong["classes"], wrong["severity"]) < 1
    if length > 1:
        wrong = scores(chained(truth[::-1], words[::-1]), solution)
        assert (wrong["order"], wrong["classes"], wrong["severity"]) == (0.0, 1.0, 1.0)


def test_families_beyond_the_twelve_are_read_where_the_run_has_them():
    """Ringing is an effect of compression until a run draws ringing."""
    text = "Mild compression leaves ringing along edges."
    plain = Solution("chain", SIZE, classes=("compression",), severities=("mild",))
    assert REWARDS["classes"](text, plain) == 1
    drawn = Solution("chain", SIZE, classes=("compression",), beyond=("ringing",))
    assert REWARDS["classes"](text, drawn) == 0.5
    assert Solution.from_json(drawn.to_json()) == drawn
    assert "ringing" in FAMILIES


@settings(deadline=None, max_examples=80)
@given(
    st.text() | st.text("()<>|,.0123456789 ABCD\n", max_size=80) | st.just("(1,2),(3,4)" * 50),
    st.sampled_from(
        [
            boxed([]),
            boxed([Found(NAMES[0], WORDS[0], (0, 0, 500, 500))]),
            Solution("chain", SIZE, classes=("noise",), severities=("mild",)),
            Solution("choice", SIZE, answer="A", options={"A": "noise", "B": "blur"}),
            Solution("choice", SIZE, answer="yes"),
            Solution("description", SIZE, level="fair"),
        ]
    ),
)
def test_any_text_is_scored(text, solution):
    """Whatever a model says, every reward is from 0 to 1 or none, and the same again."""
    first = scores(text, solution)
    assert all(one is None or 0 <= one <= 1 for one in first.values())
    assert repr(first) == repr(scores(text, solution))


@pytest.mark.parametrize(
    ("said", "worth", "shaped"),
    [
        ("B.", 1, 1),
        ("(B) Moderate", 1, 1),
        ("Moderate.", 1, 1),
        ("A.", 0, 1),
        ("B. Minor", 0, 0),
        ("A. B.", 0, 0),
        ("I cannot tell.", 0, 0),
        ("<answer>B</answer>", 1, 1),
    ],
)
def test_choice(said, worth, shaped):
    """The right letter or its text is worth 1, several letters nothing."""
    solution = Solution("choice", SIZE, answer="B", options={"A": "minor", "B": "moderate"})
    assert (REWARDS["choice"](said, solution), REWARDS["format"](said, solution)) == (worth, shaped)


def test_level_and_severity_fall_in_steps():
    """One level away is worth .6, two .2, three and more nothing."""
    solution = Solution("description", SIZE, level="excellent")
    names = ("excellent", "good", "fair", "poor", "bad")
    said = [f"Thus, the quality of the image is {name}." for name in names]
    assert [REWARDS["level"](text, solution) for text in said] == [1, 0.6, 0.2, 0, 0]
    solution = Solution("chain", SIZE, classes=("noise",), severities=("mild",))
    said = ["Mild noise.", "Moderate noise.", "Severe noise.", "Noise."]
    assert [REWARDS["severity"](text, solution) for text in said] == [1, 0.6, 0.2, 0]


def test_boxes_by_hand():
    """Of two boxes one exact, one moved to an IoU of 1/3: F1 is a half, mean IoU 1."""
    solution = Solution("boxes", SIZE, boxes=((0, 0, 100, 100), (500, 500, 700, 700)))
    text = "(0,0),(100,100) (600,500),(800,700)"
    assert REWARDS["boxes"](text, solution) == pytest.approx((0.5 + 1.0) / 2)
    assert REWARDS["boxes"]("(900,900),(950,950)", solution) == 0


def test_rows_become_solutions(dataset):
    """Of a real dataset's rows every reference is worth 1, and a point lies in the row's mask."""
    import pyarrow.parquet as pq

    kinds = {}
    for file in sorted((dataset / "data").glob("*.parquet")):
        for row in pq.read_table(file).drop(["image"]).to_pylist():
            if (found := solved({**row, "boxes": []})) is None:
                assert row["task"] in ("global_description", "grounding"), row["answer"]
                continue
            assert Solution.from_json(found.solution.to_json()) == found.solution
            assert set(given_ones(found.reference, found.solution).values()) == {1.0}, found
            kinds.setdefault(found.solution.kind, []).append((row, found.solution))
    for row, solution in kinds["chain"]:
        steps = [step["family"] for step in row["chain"]]
        assert sorted(solution.classes) == sorted(steps)
        if solution.ordered:
            assert list(solution.classes) == steps
    for row, solution in kinds["point"]:
        x, y = row["point"]
        assert inside((1000 * x / row["width"], 1000 * y / row["height"]), solution)
        assert not inside((1000, 1000), solution)
        assert REWARDS["point"]("(1, 1) (2, 2)", solution) == 0


def test_trl_calls_them():
    """As TRL calls them: lists of conversations and of solutions in, a list of numbers out."""
    (choice,) = reward_funcs("choice")
    truth = Solution("choice", SIZE, answer="yes").to_json()
    other = Solution("chain", SIZE, classes=("noise",)).to_json()
    said = [[{"role": "assistant", "content": "Yes."}]] * 2
    assert choice(prompts=[], completions=said, solution=[truth, other], task=["x"]) == [1.0, None]
    assert [reward.__name__ for reward in reward_funcs()] == list(REWARDS)
    with pytest.raises(UnknownNameError, match="beauty"):
        reward_funcs("beauty")
    with pytest.raises(ConfigError, match="no solution"):
        Solution.from_json(json.dumps({"kind": "boxes"}))
