"""Q-Bench A1: the strict reader, the official one with its flaw, and real answers of a model."""

import json

import pytest

from flows.evaluation.benchmarks.qbench import (
    chosen,
    evaluate,
    official,
    read_answers,
    read_questions,
)
from flows.evaluation.intervals import Settings
from schemas.errors import ConfigError

OPTIONS = ("High", "Low", "Medium")
ITEM = {
    "type": 2,
    "concern": 3,
    "question": "How is the light?",
    "img_path": "1.jpg",
    "candidates": list(OPTIONS),
    "correct_ans": "Low",
}
FACE = {
    "id": "7",
    "question": "Is it sharp?",
    "option0": "Yes",
    "option1": "No",
    "option2": "N/A",
    "option3": "N/A",
    "question_type": 0,
    "question_concern": 0,
    "correct_choice": "B",
}


def written(path, content):
    """A JSON file."""
    path.write_text(json.dumps(content))
    return path


@pytest.mark.parametrize(
    ("answer", "index"),
    [
        ("B", 1),
        ("b", 1),
        ("B.", 1),
        ("(B)", 1),
        ("B) Low", 1),
        ("B: Low", 1),
        (" B. Low\n", 1),
        ("Low", 1),
        ("low.", 1),
        ("(c) medium", 2),
        ("An answer: B", None),
        ("A low light", None),
        ("D", None),
        ("D.", None),
        ("Lower", None),
        ("The answer is B", None),
        ("", None),
    ],
)
def test_strict(answer, index):
    """A leading letter or the exact option is a choice; a letter within words is none."""
    assert chosen(answer, OPTIONS) == index


def test_official_counts_a_letter_anywhere():
    """The benchmark's own loop takes "An answer: B" for A as well as for B."""
    assert official("An answer: B", 0)
    assert official("An answer: B", 1)
    assert not official("An answer: B", 2)


def test_accuracy_by_hand(tmp_path):
    """Two questions: one answered strictly right, one by the letter alone; chance is 5/12."""
    questions = read_questions(written(tmp_path / "q.json", [ITEM, {**ITEM, **FACE_AS_ITEM}]))
    found = evaluate(questions, {"0": "B. Low", "1": "No, A is wrong: B"}, Settings(0))
    everything = {name: entry.value for name, entry in found["groups"]["all"].items()}
    assert everything == pytest.approx(
        {"strict": 1 / 2, "official": 1, "random": (1 / 3 + 1 / 2) / 2, "majority": 1}
    )
    assert (found["missing"], found["unread"]) == (0, 1)
    assert list(found["groups"]) == ["all", "yes-or-no", "how", "distortion", "in-context other"]


FACE_AS_ITEM = {"type": 0, "concern": 0, "candidates": ["Yes", "No"], "correct_ans": "No"}


def test_both_forms_agree(tmp_path):
    """The form of the Hugging Face copy is read as the benchmark's own."""
    own = read_questions(written(tmp_path / "a.json", [{**ITEM, **FACE_AS_ITEM}]))[0]
    copy = read_questions(written(tmp_path / "b.json", [FACE]))[0]
    assert (own.options, own.right, own.kind, own.concern) == copy[2:6]
    assert copy.key == "7"


def test_missing_is_wrong(tmp_path):
    """A question without an answer counts as wrong and as missing."""
    found = evaluate(read_questions(written(tmp_path / "q.json", [ITEM])), {}, Settings(0))
    assert found["missing"] == 1
    assert found["groups"]["all"]["strict"].value == 0
    assert found["groups"]["all"]["official"].value == 0


def test_answers_by_index_and_id(tmp_path):
    """Lines name questions by their place in the file or by their id."""
    questions = read_questions(written(tmp_path / "q.json", [ITEM, FACE]))
    path = tmp_path / "p.jsonl"
    path.write_text('{"index": 0, "answer": "B"}\n{"id": 7, "answer": "A"}\n')
    assert read_answers(path, questions) == {"0": "B", "7": "A"}
    path.write_text('{"index": 1, "answer": "B"}\n{"id": "7", "answer": "A"}\n')
    with pytest.raises(ConfigError, match="line 2: question '7' comes twice"):
        read_answers(path, questions)
    path.write_text('{"index": 2, "answer": "B"}\n')
    with pytest.raises(ConfigError, match="line 1: question 2 is unknown"):
        read_answers(path, questions)
    path.write_text('{"answer": "B"}\n')
    with pytest.raises(ConfigError, match="line 1: expected index or id, and answer"):
        read_answers(path, questions)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"correct_ans": "Lower"}, "item 0: tuple.index"),
        ({"type": 9}, "item 0: tuple index out of range"),
        ({"candidates": None}, "item 0"),
    ],
)
def test_broken_questions(tmp_path, change, message):
    """A broken question is one line that names file and item."""
    with pytest.raises(ConfigError, match=message):
        read_questions(written(tmp_path / "q.json", [{**ITEM, **change}]))


def test_test_half_has_no_right_answers(tmp_path):
    """A question without its right answer, as in the test half, is refused."""
    item = {key: value for key, value in ITEM.items() if key != "correct_ans"}
    with pytest.raises(ConfigError, match="item 0: lacks 'correct_ans'"):
        read_questions(written(tmp_path / "q.json", [item]))


def test_real_answers(shared_data):
    """Chance on the dev half is the published 37.80 %; a model's letters read the same both ways.

    The model's accuracy was computed by a loop of three lines over the same file.
    """
    path = shared_data / "iqa_meta" / "qbench_llvisionqa_dev_via_internvl2_results.json"
    questions = read_questions(path)
    answers = {q.key: q.answer for q in questions}
    items = json.loads(path.read_text())
    right = sum(i["candidates"]["ABCD".index(i["pred_ans"])] == i["correct_ans"] for i in items)
    found = evaluate(questions, answers, Settings(100))
    everything = found["groups"]["all"]
    assert round(everything["random"].value, 4) == 0.3780
    assert everything["strict"].value == everything["official"].value == right / 1495
    assert everything["strict"].low < right / 1495 < everything["strict"].high
    assert found["unread"] == 0
