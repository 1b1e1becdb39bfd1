"""From words to points to masks."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.pointing.calibrate import GRID, calibrate, is_inside
from flows.pointing.points import Scored, probabilities, to_point
from flows.pointing.words import find_place


@pytest.mark.parametrize(
    ("text", "vertical", "horizontal"),
    [
        ("Top left. Severe noise.", "Top", "left"),
        ("at the left top corner", "top", "left"),
        ("TOP-LEFT", "TOP", "LEFT"),
        ("A right amount of light; the noise is in the bottom-left", "bottom", "left"),
        ("the upper right part", "upper", "right"),
        ("on the left", None, "left"),
        ("The right amount of light is missing at the top.", "top", None),
        ("Little detail is left over at the bottom", "bottom", None),
        ("Of top-notch quality but for the right side", None, "right"),
        ("the bottom of it", "bottom", None),
        ("leftover stopping topmost", None, None),
        ("Left of the car, and at the very bottom. It is right at the top.", "top", "right"),
    ],
)
def test_words(text, vertical, horizontal):
    """The closest pair of whole words counts, in either order and any case."""
    place = find_place(text)
    assert (place.vertical.text if place.vertical else None) == vertical
    assert (place.horizontal.text if place.horizontal else None) == horizontal
    for word in filter(None, (place.vertical, place.horizontal)):
        assert text[word.start : word.end] == word.text
        assert word.rival.isupper() == word.text.isupper()


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("The whole image.", "whole"),
        ("It is blurred throughout the picture", "whole"),
        ("The whole image is fine but the top left, which is noisy.", "words"),
        ("near the centre", "centre"),
        ("Severe noise.", "none"),
        ("", "none"),
        ("The entire photograph is dark", "whole"),
        ("Left. It harms the overall image quality.", "words"),
    ],
)
def test_status(text, status):
    """Whole pictures, middles and answers without a place are told apart."""
    assert find_place(text).status == status


@given(st.floats(-50, 50), st.floats(-50, 50), st.floats(0.05, 200))
def test_expected_value_of_a_softmax(across, down, tau):
    """The point is the closed-set softmax's share of the far words."""
    point = to_point(Scored("bottom left", find_place("bottom left"), across, down), tau)
    left, bottom = (math.e ** min(gap / tau, 700) for gap in (across, down))
    assert point.x == pytest.approx(1 - left / (1 + left), abs=1e-9)
    assert point.y == pytest.approx(bottom / (1 + bottom), abs=1e-9)
    x, y = point.pixels(64, 48)
    assert 0 <= x <= 63
    assert 0 <= y <= 47
    four = probabilities(Scored("bottom left", find_place("bottom left"), across, down), tau)
    assert four["left"] + four["right"] == pytest.approx(1)


def test_without_a_word():
    """A missing axis is the middle; a whole picture and no place give no point."""
    right = to_point(Scored("right", find_place("right"), 4.0, None), 2.0)
    assert (right.status, right.y) == ("point", 0.5)
    assert right.x > 0.8
    assert to_point(Scored("", find_place(""), None, None), 1.0).status == "none"
    assert to_point(Scored("everywhere", find_place("everywhere"), None, None), 1).status == "whole"


def test_calibration_finds_where_targets_are():
    """Targets at a quarter of the picture want the temperature that puts points there."""
    masks, scored = [], []
    for number in range(40):
        mask = np.zeros((80, 80), np.bool_)
        corner = number % 2 == 0
        mask[15:26, 15:26] = corner
        mask[54:65, 54:65] = not corner
        text = "top left" if corner else "bottom right"
        masks.append(mask)
        scored.append(Scored(text, find_place(text), 11.0, 11.0))
    found = calibrate(scored, masks)
    assert found.accuracy[found.temperature] == 1.0
    assert found.accuracy[1.0] == 0.0  # the corner
    assert abs(found.temperature - 11 / math.log(0.75 / 0.25)) < 2.5
    assert found.temperature in GRID
    assert all(is_inside(s, m, found.temperature) for s, m in zip(scored, masks, strict=True))


@pytest.fixture(scope="module")
def speaker(qwen):
    """A tiny Qwen3-VL that scores."""
    import torch

    from flows.pointing.scoring import LocalModel
    from flows.training.model_families import load_model

    return LocalModel(load_model(str(qwen), torch.float32), torch.device("cpu"))


def asked(number):
    """A question about one of some different pictures."""
    from PIL import Image

    from flows.pointing.scoring import Asked

    pixels = np.random.default_rng(number).integers(0, 255, (64, 96 + 32 * (number % 2), 3))
    return Asked(Image.fromarray(pixels.astype(np.uint8)), "Which region?" + " Say." * number)


def test_teacher_forcing_equals_generation(speaker):
    """Scores of a batch are the logits that generation has at those words, one by one."""
    import torch

    questions = [asked(number) for number in range(3)]
    answers = ["Top left.", "It is the bottom right part", "on the left"]
    scored = speaker.score(questions, answers)
    for question, answer, one in zip(questions, answers, scored, strict=True):
        prompt = speaker._prompt(question.question)
        tokenizer = speaker._tokenizer
        for word, gap in (
            (one.place.horizontal, one.horizontal),
            (one.place.vertical, one.vertical),
        ):
            if word is None:
                assert gap is None
                continue
            stem = answer[: word.start].rstrip(" ")
            inputs = speaker._processor(
                text=[prompt + stem], images=[[question.image]], return_tensors="pt"
            )
            with torch.inference_mode():
                logits = speaker._model(**inputs).logits[0, -1]
            said, unsaid = (
                tokenizer(answer[len(stem) : word.start] + text)["input_ids"]
                for text in (word.text, word.rival)
            )
            if len(said) == len(unsaid) == 1:
                assert gap == pytest.approx(float(logits[said[0]] - logits[unsaid[0]]), abs=1e-4)


def test_words_of_several_tokens(speaker):
    """A word cut into several tokens scores by the product of its parts' probabilities."""
    import torch

    question, answer = asked(1), "LOWER RIGHT"
    tokenizer = speaker._tokenizer
    assert len(tokenizer("LOWER")["input_ids"]) > 1
    (scored,) = speaker.score([question], [answer])

    def log_probability(text):
        prompt = speaker._prompt(question.question)
        inputs = speaker._processor(
            text=[prompt + text], images=[[question.image]], return_tensors="pt"
        )
        ids = tokenizer(text)["input_ids"]
        with torch.inference_mode():
            logs = speaker._model(**inputs).logits[0].log_softmax(-1)
        rows = logs[-len(ids) - 1 : -1]
        return [float(rows[n, token]) for n, token in enumerate(ids)], ids

    said, ids = log_probability("LOWER RIGHT")
    unsaid, others = log_probability("UPPER RIGHT")
    shared = 0
    while ids[-1 - shared] == others[-1 - shared]:
        shared += 1
    gap = sum(said[: len(said) - shared]) - sum(unsaid[: len(unsaid) - shared])
    assert scored.vertical == pytest.approx(gap, abs=1e-3)


def test_batch_equals_one_by_one(speaker):
    """Neither padding nor neighbours change an answer or its scores."""
    questions = [asked(number) for number in range(4)]
    answers = speaker.answer(questions, 8)
    assert answers == [speaker.answer([question], 8)[0] for question in questions]
    given_ = ["top left", "bottom right", "the upper right side of it", "nowhere"]
    together = speaker.score(questions, given_)
    for question, text, one in zip(questions, given_, together, strict=True):
        (alone,) = speaker.score([question], [text])
        assert one.horizontal == pytest.approx(alone.horizontal, abs=1e-4)
        assert one.vertical == pytest.approx(alone.vertical, abs=1e-4)


def test_command_draws(qwen, segmenters, photos, spider, shim, tmp_path):
    """``point`` on one picture draws answer, point and mask, larger than the picture."""
    import cv2

    photo, out = photos / "photo0.png", tmp_path / "drawn.png"
    done = spider(
        "point",
        "--model",
        qwen,
        "--image",
        photo,
        "--question",
        "Where?",
        "--answer",
        "Top left. Severe noise.",
        "--segmenter",
        segmenters["hf_sam"],
        "--out",
        out,
        **shim,
    )
    assert done.returncode == 0, done.stderr[-1500:]
    assert "Top left. Severe noise." in done.stdout
    assert "point: (0." in done.stdout
    assert cv2.imread(str(out)).shape[0] > cv2.imread(str(photo)).shape[0]


def test_command_predicts(qwen, segmenters, dataset, spider, shim, tmp_path):
    """Predictions of a split: a line a row, with points where words are."""
    out = tmp_path / "p.jsonl"
    command = [
        "point",
        "--model",
        qwen,
        "--data",
        dataset,
        "--split",
        "train",
        "--out",
        out,
        "--segmenter",
        segmenters["hf_sam"],
        "--limit",
        24,
    ]
    (tmp_path / "c.toml").write_text("max_tokens = 6\nbatch = 5\n")
    command += ["--config", tmp_path / "c.toml"]
    done = spider(*command, **shim)
    assert done.returncode == 0, done.stderr[-1500:]
    lines = out.read_text().splitlines()
    records = [json.loads(line) for line in lines]
    assert len({record["row_id"] for record in records}) == 24
    grounding = [record for record in records if "status" in record]
    assert grounding
    assert all("/grounding/" in record["row_id"] for record in grounding)
