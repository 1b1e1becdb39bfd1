"""ViDA-UGC: published numbers to the last digit, mended ones by hand, files that are odd."""

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotators.questions.vida.syntax import Found
from annotators.questions.vida.vocabulary import read_vocabulary
from flows.evaluation.benchmarks import vida, vida_report
from flows.evaluation.benchmarks.vida_boxes import (
    average_precision,
    detection,
    mean_precision,
    tidy,
)
from flows.evaluation.benchmarks.vida_files import Said, read_said, read_truth
from flows.evaluation.evaluate import run
from flows.evaluation.intervals import Settings
from flows.evaluation.request import Options
from schemas.boxes import iou
from schemas.errors import ConfigError

QUICK = Settings(0, 0)
NOISE = Found("Noise", "Severe", (0, 0, 500, 1000))
BLUR = Found("Motion blur", "Minor", (500, 0, 1000, 1000))


@pytest.fixture(scope="module")
def published(shared_data):
    """Folder of the published example and the truth beside it."""
    folder = shared_data / "iqa_meta"
    if not (folder / "vida_mipi_example").is_dir():
        pytest.skip("the published example of the challenge is not at hand")
    return folder


def evaluated(published, out, **more):
    """scores.json of the published predictions."""
    options = Options(
        out,
        vida=published / "vida_ugc_dist_info_v2_clean.json",
        vida_predictions=published / "vida_mipi_example",
        settings=QUICK,
        with_plots=False,
        **more,
    )
    run(options)
    return json.loads((out / "scores.json").read_text())


def test_published_numbers_to_the_last_digit(published, tmp_path):
    """The official way gives the challenge's own three numbers, and null where truth is missing."""
    found = evaluated(published, tmp_path, vida_compat=True)
    official = json.loads((published / "vida_mipi_example" / "scores.json").read_text())
    for name in ("Distortion mAP", "Description mAP", "Image Quality Accuracy"):
        assert found[name] == official[name]
    assert found["Distortion mAP"] == 0.10760357812334198
    assert found["Description mAP"] == 0.14579921152425257
    assert found["Image Quality Accuracy"] == 364 / 476
    missing = ("Final Score", "Perception Accuracy", "Region mAP", "Key Distortion Accuracy")
    assert all(found[name] is None for name in missing)
    assert set(official) <= set(found)


def test_severity_questions_whose_truth_is_known(published, tmp_path):
    """385 of the 476 severity choices are right, and the report says what has no truth."""
    questions = published / "vida_ugc_severity_data.json"
    found = evaluated(published, tmp_path, vida_questions=questions)
    assert found["Perception Accuracy"] == 385 / 476
    assert found["coverage"]["questions"]["severity"] == {"asked": 476, "known": 476}
    assert found["coverage"]["questions"]["type"] == {"asked": 677, "known": 0}
    assert found["way"] == "mended"
    assert found["Distortion mAP"] > 1.5 * found["official"]["Distortion mAP"]
    assert set(found["mended_because"]) == set(vida.SCORES)


def test_the_mended_way_ignores_the_order_of_the_file(published):
    """Shuffled predictions give the same mended scores and another official one."""
    truth = read_truth(published / "vida_ugc_dist_info_v2_clean.json")
    said = read_said(published / "vida_mipi_example", read_vocabulary())
    mixed = list(said.grounded)
    random.Random(1).shuffle(mixed)
    other = said._replace(grounded=tuple(mixed))
    name = vida.DETECTION_SCORE
    first, second = (vida.mended(truth, one, QUICK)[name] for one in (said, other))
    assert first == second
    assert vida.scores(truth, said)[name] != vida.scores(truth, other)[name]


def test_average_precision_by_hand():
    """Hit, miss, hit of three true boxes: one third at precision 1, one third at two thirds."""
    assert average_precision([True, False, True], 3) == pytest.approx(1 / 3 + 2 / 3 / 3)
    assert average_precision([], 3) == average_precision([True], 0) == 0


@given(st.lists(st.booleans(), max_size=12), st.integers(1, 12))
def test_average_precision_stays_a_share(hits, more):
    """Whatever hits, the area lies between 0 and the reachable recall."""
    truths = sum(hits) + more
    assert 0 <= average_precision(hits, truths) <= sum(hits) / truths + 1e-12


def test_a_second_hit_and_a_class_without_truth_count_as_wrong():
    """A box found twice is a false positive, a class nobody marked pulls the mean to half."""
    truth = {"a.png": [NOISE]}
    assert mean_precision(truth, {"a.png": [NOISE, NOISE]}) == 1
    assert mean_precision(truth, {"b.png": [NOISE], "a.png": [NOISE]}) == 0.5
    assert mean_precision(truth, {"a.png": [NOISE, BLUR]}) == 0.5
    once = tidy({"a.png": [NOISE, NOISE._replace(box=(0, 0, 501, 1000)), BLUR]})
    assert once == {"a.png": [BLUR, NOISE]}


def test_precision_recall_and_severity_by_hand():
    """One of two boxes found, one too many: precision and recall of a half."""
    truth, said = {"a.png": [NOISE, BLUR]}, {"a.png": [NOISE, NOISE._replace(box=(0, 0, 9, 9))]}
    found = detection(truth, tidy(said), QUICK)
    assert [found[key].value for key in ("precision", "recall", "f1")] == [0.5, 0.5, 0.5]
    assert iou(NOISE.box, BLUR.box) == 0


@pytest.fixture
def whole(tmp_path):
    """A folder of a whole truth: boxes, significance, choices, region questions."""

    def listed(*found):
        return [
            {
                "distortion": f.distortion,
                "severity": f.severity,
                "coordinates": list(f.box),
                "significance_score": score,
            }
            for f, score in found
        ]

    pictures = [
        {"image": "a.png", "level": "poor", "distortions": listed((NOISE, 3), (BLUR, 1))},
        {"image": "b.png", "level": "good", "distortions": listed((BLUR, 2)), "mos": 3.6},
    ]
    choices = [
        {
            "id": 0,
            "concern": "type",
            "question": "Which is there?",
            "image": "a.png",
            "candidates": ["Noise", "Overexposure"],
            "correct_ans": "Noise",
        },
        {
            "id": 1,
            "concern": "type",
            "question": "Which is there?",
            "image": "b.png",
            "candidates": ["Noise", "Motion blur"],
            "correct_ans": "Motion blur",
        },
    ]
    regions = [{"image": "a.png", "question": "?", "distortions": listed((NOISE, 3))}]
    folder = tmp_path / "truth"
    folder.mkdir()
    for name, content in (
        ("bench_metadata.json", pictures),
        ("mcq.json", choices),
        ("reg-p_bench.json", regions),
    ):
        (folder / name).write_text(json.dumps(content))
    said = tmp_path / "said"
    said.mkdir()
    answers = [{**one, "pred_ans": "A."} for one in choices]
    (said / "perception.json").write_text(json.dumps(answers))
    text = (
        "A cup.\nThere is <|object_ref_start|>Severe noise<|object_ref_end|>"
        "<|box_start|>(0,0),(500,1000)<|box_end|>.\nThe <|object_ref_start|>severe noise"
        "<|object_ref_end|><|box_start|>(0,0),(500,1000)<|box_end|> is worst. It hides all.\n"
        "Thus, the quality of the image is poor."
    )
    told = [{"id": 0, "image": "a.png", "pred_ans": text}]
    (said / "description.json").write_text(json.dumps(told))
    grounded = [
        {
            "id": 0,
            "image": "a.png",
            "question_type": "distortion-detection",
            "pred_ans": "Noise:\n<|object_ref_start|>Severe noise<|object_ref_end|>"
            "<|box_start|>(0,0),(500,1000)<|box_end|>.",
        },
        {
            "id": 1,
            "image": "a.png",
            "question_type": "region-perception",
            "distortions": listed((NOISE, 3)),
        },
    ]
    (said / "grounding.json").write_text(json.dumps(grounded))
    return folder, said


def test_the_truth_scores_one_six_times(whole):
    """The truth as predictions has every mended score at 1 and a final score of 6."""
    truth, said = vida_report.read(*whole, None)
    best = vida_report.best(truth, said)
    found = vida.headline(vida.mended(truth, best, QUICK), truth, best)
    assert list(found.values()) == [6, 1, 1, 1, 1, 1, 1]
    kappa = vida.mended(truth, best, QUICK)["severity"]
    assert kappa["accuracy"].value == kappa["kappa"].value == 1


def test_all_six_by_hand(whole):
    """Texts are read where lists are missing; what was not described or named counts as wrong."""
    truth, said = vida_report.read(*whole, None)
    found = vida.headline(vida.mended(truth, said, QUICK), truth, said)
    assert found["Perception Accuracy"] == 0.5
    assert found["Region mAP"] == 1
    assert found["Distortion mAP"] == found["Description mAP"] == 0.5  # no motion blur was found
    assert found["Key Distortion Accuracy"] == 0.5  # b.png has one and none was named
    assert found["Image Quality Accuracy"] == 0.5
    official = vida.scores(truth, said)
    assert official["Key Distortion Accuracy"] == official["Image Quality Accuracy"] == 1
    assert official["Final Score"] == pytest.approx(sum(list(official.values())[1:]))
    nobody = vida_report.nothing(said, 0)
    assert vida.scores(truth, nobody)["Distortion mAP"] == 0
    assert isinstance(vida_report.full_box(truth, said), Said)


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ([{"distortions": []}], "image: expected the name of a picture"),
        (
            [{"image": "a", "distortions": [{"distortion": "Noise", "coordinates": [1, 2]}]}],
            "coordinates: expected four numbers",
        ),
        (
            [
                {
                    "image": "a",
                    "distortions": [{"distortion": "Noise", "coordinates": [1, 2, 3, "x"]}],
                }
            ],
            "coordinates: expected four numbers",
        ),
        ([{"image": "a"}], "lacks 'distortions'"),
        ([{"image": "a", "distortions": []}] * 2, "'a' comes twice"),
        ([], "holds no pictures"),
    ],
)
def test_a_broken_truth_is_one_clear_line(tmp_path, broken, message):
    """What is wrong with a record is said with its number."""
    path = tmp_path / "truth.json"
    path.write_text(json.dumps(broken))
    with pytest.raises(ConfigError, match=message):
        read_truth(path)


def test_a_folder_without_predictions_is_refused(tmp_path):
    """None of the three files is a mistake, not a score of 0."""
    with pytest.raises(ConfigError, match=r"holds no perception\.json"):
        read_said(tmp_path, read_vocabulary())
