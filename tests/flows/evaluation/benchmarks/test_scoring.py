"""Quality scores: scipy's coefficients, the logistic, and the tables as they are found."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.optimize import approx_fprime

from flows.evaluation.benchmarks.opinions import (
    Opinion,
    good_share,
    orientation,
    read_scores,
    read_table,
)
from flows.evaluation.benchmarks.quality_scores import (
    correlations,
    evaluate,
    fitted,
    logistic,
    measures,
    slopes,
)
from flows.evaluation.intervals import Settings
from schemas.errors import ConfigError

KADID = {
    f"I0{ref}_01_0{level}.png": Opinion(5.0 - level + 0.1 * ref, f"I0{ref}.png")
    for ref in range(1, 4)
    for level in range(1, 6)
}


def table_of(path, text):
    """A table written and read."""
    path.write_text(text)
    return read_table(path)


def test_correlations_by_hand():
    """Five pairs with one neighbouring swap: SRCC 0.9, KRCC 0.8, and PLCC as numpy has it."""
    x, y = np.array([1.0, 2, 3, 4, 5]), np.array([1.0, 2, 4, 3, 5])
    found = correlations(x, y)
    assert (found["srcc"], found["krcc"]) == pytest.approx((1 - 6 * 2 / 120, (9 - 1) / 10))
    assert found["plcc"] == pytest.approx(np.corrcoef(x, y)[0, 1])


def test_logistic_is_recovered():
    """Opinions made by a logistic are met exactly after the fit, and PLCC rises to 1."""
    scores = np.linspace(-3, 3, 60)  # the mean is 0 but for rounding, where a solver may get stuck
    opinions = logistic(scores, 4.5, 1.2, 0.3, 0.6)
    assert fitted(scores, opinions) == pytest.approx(opinions, abs=1e-4)
    found = measures(scores, opinions, [str(i) for i in range(60)], Settings(0))
    assert found["plcc"].value < 0.98
    assert found["plcc_logistic"].value == pytest.approx(1)
    assert found["rmse"].value == pytest.approx(0, abs=1e-4)
    assert found["logistic_fitted"]


def test_slopes():
    """The derivatives of the logistic are those scipy measures."""
    x, b = np.array([-1.0, 0.2, 2.0]), np.array([4.5, 1.2, 0.3, 0.6])
    for row, point in zip(slopes(x, *b), x, strict=True):
        measured = approx_fprime(b, lambda p, point=point: logistic(np.array([point]), *p)[0])
        assert row == pytest.approx(measured, abs=1e-5)


def test_logistic_by_hand():
    """In its middle the logistic is halfway; far off it is at its ends."""
    found = logistic(np.array([-1e9, 2.0, 1e9]), 5, 1, 2, 0.5)
    assert found == pytest.approx([1, 3, 5])


def test_falls_back_to_raw_values():
    """Where the curve cannot be fitted the raw values stand in, and this is said."""
    scores, opinions = np.array([1.0, 2, 3, 4]), np.array([1.0, 3, 2, 4])
    assert fitted(scores, opinions) is None
    found = measures(scores, opinions, list("abcd"), Settings(0))
    assert not found["logistic_fitted"]
    assert found["plcc_logistic"] == found["plcc"]
    assert found["rmse"].value == pytest.approx(math.sqrt(2 / 4))
    far = measures(scores * 100, opinions, list("abcd"), Settings(0))
    assert far["rmse"].value is None


def test_failed_fit(monkeypatch):
    """A fit that does not converge is no error."""
    from scipy import optimize

    def fail(*_, **__):
        raise RuntimeError("maxfev")

    monkeypatch.setattr(optimize, "curve_fit", fail)
    assert fitted(np.arange(9.0), np.arange(9.0)) is None


def test_systems():
    """Opinions as predictions are perfect; a constant has no correlation and the SD as error."""
    found = evaluate(KADID, {name: o.score for name, o in KADID.items()}, Settings(50))
    perfect, majority = found["systems"]["predictions"], found["systems"]["majority"]
    for name in ("srcc", "krcc", "plcc", "mean_of_both", "srcc_by_reference"):
        assert perfect[name].value == pytest.approx(1)
    assert perfect["srcc"].low == pytest.approx(1)
    assert majority["srcc"].value is None
    assert majority["rmse"].value == pytest.approx(np.std([o.score for o in KADID.values()]))
    assert (found["references"], found["missing"], found["orientation"]) == (3, 0, "upright")
    assert abs(found["systems"]["random"]["srcc"].value) < 0.9


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(1, 5)), min_size=3, max_size=30))
def test_bounds(pairs):
    """Coefficients lie between -1 and 1 or are not there."""
    scores, opinions = (np.array(side) for side in zip(*pairs, strict=True))
    for value in correlations(scores, opinions).values():
        assert value is None or -1 - 1e-9 <= value <= 1 + 1e-9


@pytest.mark.parametrize(
    "text",
    [
        "dist_img,ref_img,dmos,var\nI01_01_01.png,I01.png,4.5,1\nI01_01_02.png,I01.png,4,1\n",
        "ref_name,dist_name,dmos,std\nI01.png,I01_01_01.png,4.5,1\nI01.png,I01_01_02.png,4,1\n",
        "I01.png I01_01_01.png 4.5 0.7\nI01.png I01_01_02.png 4 0.9\n",
        '"image","score"\n"a/I01_01_01.png",4.5\n"a/I01_01_02.png",4\n',
    ],
)
def test_forms_of_tables(tmp_path, text):
    """With and without header, with and without folders: the same pictures and scores."""
    found = table_of(tmp_path / "t.csv", text)
    assert {n: o.score for n, o in found.items()} == {"I01_01_01.png": 4.5, "I01_01_02.png": 4}
    assert len({o.reference for o in found.values()}) == 1


def test_json_scores_may_be_strings(tmp_path):
    """Q-Bench's lists hold scores as strings."""
    content = json.dumps([{"img_path": "1.jpg", "gt_score": "3.83"}])
    assert table_of(tmp_path / "t.json", content) == {"1.jpg": Opinion(3.83, "1.jpg")}


def test_inverted_table_is_refused(tmp_path):
    """Scores that rise with the level of distortion would turn every sign: one clear line."""
    text = "".join(f"I01_01_0{level}.png, {level}\n" for level in range(1, 6))
    with pytest.raises(ConfigError, match="scores rise with the level of distortion"):
        table_of(tmp_path / "t.txt", text)
    assert orientation({"a.jpg": Opinion(1, "a.jpg")}) == "unknown"
    assert orientation(KADID) == "upright"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a.jpg, 1\na.jpg, 2\n", "a.jpg comes twice"),
        ("image,width\na.jpg,3\n", "none of the columns dmos"),
        ("a.jpg, high\n", "a.jpg: expected a number, got 'high'"),
        ("a.jpg, nan\n", "'nan' is not a finite number"),
        ("lonely\n", "cannot read the line 'lonely'"),
        ("", "holds no scores"),
    ],
)
def test_broken_tables(tmp_path, text, message):
    """A broken table is one line."""
    with pytest.raises(ConfigError, match=message):
        table_of(tmp_path / "t.csv", text)


def test_logits(tmp_path):
    """Logits of good and poor become the softmax share of good, both divided by 100."""
    path = tmp_path / "p.csv"
    path.write_text("image,good,poor\nx/a.jpg,120,20\nb.jpg,1,1\n")
    expected = math.exp(1.2) / (math.exp(1.2) + math.exp(0.2))
    assert read_scores(path) == pytest.approx({"a.jpg": expected, "b.jpg": 0.5})
    assert good_share(-1e9, 1e9) < 1e-300


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("image,score\n", "holds no scores"),
        ("name,score\na,1\n", "line 2: no image; expected columns image,score"),
        ("image,score\na,1\na,2\n", "line 3: a comes twice"),
        ("image,score\na,x\n", "line 2: expected a number, got 'x'"),
        ("image,value\na,1\n", "line 2: expected a number, got None"),
    ],
)
def test_broken_scores(tmp_path, text, message):
    """A broken file of predictions is one line."""
    (tmp_path / "p.csv").write_text(text)
    with pytest.raises(ConfigError, match=message):
        read_scores(tmp_path / "p.csv")


def test_unknown_and_too_few():
    """A picture the table does not have, and two pictures, are refused."""
    with pytest.raises(ConfigError, match=r"x\.png is not in the table"):
        evaluate(KADID, {"x.png": 1.0}, Settings(0))
    with pytest.raises(ConfigError, match="2 pictures are too few"):
        evaluate(KADID, {"I01_01_01.png": 1.0, "I01_01_02.png": 1.0}, Settings(0))


@pytest.mark.parametrize(
    ("name", "number", "references", "turn"),
    [
        ("kadid10k_meta_info_pyiqa.csv", 10125, 81, "upright"),
        ("kadid10k_label_maniqa.txt", 10125, 81, "upright"),
        ("kadid10k_mos_visualquality_r1.txt", 10125, 81, "upright"),
        ("qbench_a3_kadid.json", 10125, 81, "upright"),
        ("koniq10k_distributions_sets.csv", 10073, 10073, "unknown"),
        ("qbench_a3_koniq.json", 10073, 10073, "unknown"),
    ],
)
def test_real_tables(shared_data, name, number, references, turn):
    """The tables people pass around are read whole, and KADID's are quality, not distance."""
    found = read_table(shared_data / "iqa_meta" / name)
    assert len(found) == number
    assert len({o.reference for o in found.values()}) == references
    assert orientation(found) == turn


def test_two_scales_of_koniq(shared_data):
    """KonIQ's opinions on 1 to 5 predict those on 0 to 100 as scipy says, almost perfectly."""
    folder = shared_data / "iqa_meta"
    table = read_table(folder / "koniq10k_distributions_sets.csv")
    other = read_table(folder / "qbench_a3_koniq.json")
    names = sorted(table)
    found = evaluate(table, {n: other[n].score for n in names}, Settings(0))
    pairs = [[table[n].score for n in names], [other[n].score for n in names]]
    ours = found["systems"]["predictions"]
    assert ours["srcc"].value == pytest.approx(stats.spearmanr(*pairs).statistic)
    assert ours["plcc"].value == pytest.approx(stats.pearsonr(*pairs).statistic)
    assert ours["srcc"].value > 0.98
    assert abs(found["systems"]["random"]["srcc"].value) < 0.05
