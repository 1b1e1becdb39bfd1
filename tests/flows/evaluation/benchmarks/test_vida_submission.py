"""The submission writer: every question is put once, keys are those of the published example."""

import json

import pytest

from annotators.questions.vida.syntax import group_text
from annotators.questions.vida.vocabulary import read_vocabulary
from flows.evaluation.benchmarks import vida
from flows.evaluation.benchmarks.vida_files import read_said, read_truth
from flows.evaluation.benchmarks.vida_submission import write_submission
from flows.evaluation.intervals import Settings
from schemas.errors import ConfigError

GROUP = group_text("Severe", "Noise", [[0, 0, 500, 1000]])
MARK = {
    "id": "1",
    "distortion": "Noise",
    "severity": "Severe",
    "coordinates": [0, 0, 500, 1000],
    "significance_score": 2,
}
SIZE = {"image": "a.png", "width": 40, "height": 20}
ANSWERS = {
    "Which is there?": "B.",
    "What is in this box?": f"Noise: {GROUP}.",
    "List all.": f"Noise:\n{GROUP}.<|im_end|>",
    "Assess it.": f"A wall.\nThere is {GROUP}.\nThe {GROUP} is worst. It is grainy.\n"
    "Thus, the quality of the image is poor.",
}


class Expert:
    """Answers every question by its first line."""

    def __init__(self):
        self.asked = []

    def answer(self, asked, max_tokens):
        """What an expert says."""
        self.asked += [one.question for one in asked]
        return [ANSWERS[one.question.split("\n")[0]] for one in asked]


@pytest.fixture
def bench(tmp_path):
    """A bench of one picture with its truth."""
    choice = {
        "id": 0,
        "concern": "type",
        "question": "Which is there?",
        "image": "a.png",
        "candidates": ["Motion blur", "Noise"],
    }
    region = {"id": 0, **SIZE, "question": "What is in this box?"}
    whole = [
        {"id": 0, **SIZE, "question": "List all.", "question_type": "distortion-detection"},
        {"id": 1, **SIZE, "question": "Assess it.", "question_type": "description"},
    ]
    files = {
        "release/mcq": [choice],
        "release/reg-p_bench": [region],
        "release/benchmark": whole,
        "ground_truth/mcq": [{**choice, "correct_ans": "Noise"}],
        "ground_truth/reg-p_bench": [{**region, "distortions": [MARK]}],
        "ground_truth/bench_metadata": [{**SIZE, "level": "poor", "distortions": [MARK]}],
    }
    for name, content in files.items():
        path = tmp_path / f"{name}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(content))
    return tmp_path


def test_an_expert_scores_one_in_all_six(bench, tmp_path):
    """Answers are written under the official keys, read again, and score six ones."""
    expert, out = Expert(), tmp_path / "out"
    write_submission(bench, expert, lambda name: name, out, 2, 64)
    assert len(expert.asked) == 4
    assert "A. Motion blur\nB. Noise\n" in expert.asked[0]
    truth, said = read_truth(bench), read_said(out, read_vocabulary())
    found = vida.headline(vida.mended(truth, said, Settings(0)), truth, said)
    assert list(found.values()) == [6.0, *[1.0] * 6]
    assert vida.scores(truth, said)["Key Distortion Accuracy"] == 1
    write_submission(bench, expert, lambda name: name, out, 2, 64)
    assert len(expert.asked) == 4  # what is complete is not asked again


def test_keys_are_those_of_the_published_example(bench, tmp_path, shared_data):
    """Each of the three files has exactly the keys of the example in the challenge's repository."""
    example = shared_data / "iqa_meta" / "vida_mipi_example"
    if not example.is_dir():
        pytest.skip("the published example of the challenge is not at hand")
    out = write_submission(bench, Expert(), lambda name: name, tmp_path / "out", 2, 64)
    for name in ("perception", "grounding", "description"):
        theirs = json.loads((example / f"{name}.json").read_text())
        ours = json.loads((out / f"{name}.json").read_text())
        assert {frozenset(one) for one in ours} == {frozenset(one) for one in theirs}
        listed = [d for one in ours for key in one if "distortions" in key for d in one[key]]
        assert all(set(d) == {"distortion", "severity", "coordinates"} for d in listed)


def test_a_folder_without_questions_is_refused(tmp_path):
    """The message says where questions come from."""
    with pytest.raises(ConfigError, match="no questions in its release/"):
        write_submission(tmp_path, Expert(), str, tmp_path / "out", 1, 1)
