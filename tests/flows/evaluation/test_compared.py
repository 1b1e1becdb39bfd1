"""Further models' masks from files, and all of them drawn side by side."""

import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from flows.evaluation.baselines import reference_answers
from flows.evaluation.evaluate import run
from flows.evaluation.mask_files import read_mask
from flows.evaluation.request import Options
from flows.evaluation.side_by_side import chosen, draw_rows
from flows.evaluation.truth import load_bench
from schemas import masks
from schemas.errors import ConfigError, UnknownNameError


def save(path, values, mode="L"):
    """A PNG."""
    Image.fromarray(np.asarray(values, np.uint8), mode).save(path)
    return path.name


def test_masks_of_png(tmp_path):
    """What is not 0 is inside, in one channel, in one bit and in a palette."""
    mask = np.zeros((4, 6), np.bool_)
    mask[1:3, 2:] = True
    Image.fromarray(mask).save(tmp_path / "bit.png")
    for name, value in (("index.png", 1), ("white.png", 255)):
        save(tmp_path / name, mask * value)
    Image.fromarray(mask.astype(np.uint8), "P").save(tmp_path / "palette.png")
    for name in ("bit.png", "index.png", "white.png", "palette.png"):
        assert (read_mask(tmp_path, name, 4, 6) == mask).all()
    assert not read_mask(tmp_path, save(tmp_path / "none.png", mask * 0), 4, 6).any()


def test_what_is_no_mask(tmp_path):
    """Colours, probabilities, other sizes, other formats and foreign folders are told apart."""
    inside = tmp_path / "in"
    inside.mkdir()
    save(inside / "grey.png", np.arange(24).reshape(4, 6))
    save(inside / "colour.png", np.zeros((4, 6, 3)), "RGB")
    save(inside / "bright.png", np.arange(24).reshape(4, 6) % 2 + 1)
    save(tmp_path / "out.png", np.zeros((4, 6)))
    Image.fromarray(np.zeros((4, 6), np.uint8)).save(inside / "x.jpg")
    for name, size, said in (
        ("grey.png", (4, 6), "mask grey.png: expected 0 and one other value, got 0, 1, 2, 3"),
        ("bright.png", (4, 6), "expected 0 and one other value, got 1, 2"),
        ("colour.png", (4, 6), "in colours, expected one channel"),
        ("grey.png", (6, 4), "mask grey.png: 6x4, the picture has 4x6"),
        ("x.jpg", (4, 6), "mask x.jpg: not a readable PNG"),
        ("no.png", (4, 6), "not a readable PNG: No such file"),
        ("../out.png", (4, 6), "leads out of its folder"),
    ):
        with pytest.raises(ValueError, match=said):
            read_mask(inside, name, *size)


@pytest.fixture(scope="module")
def files(dataset, tmp_path_factory):
    """Two models' files: one's masks are run lengths and true, the other's are empty pictures."""
    folder = tmp_path_factory.mktemp("others")
    bench = load_bench(dataset, "train")
    rows = [sample for sample in bench.samples if sample.task == "grounding"]
    true, none = [], []
    for number, row in enumerate(rows):
        told = reference_answers(bench)[row.row_id]
        size = [row.height, row.width]
        true.append(
            {"row_id": row.row_id, "answer": "", "mask": {"size": size, "counts": told.mask}}
        )
        none.append({"row_id": row.row_id, "answer": told.answer, "mask": f"masks/{number}.png"})
        (folder / "masks").mkdir(exist_ok=True)
        save(folder / "masks" / f"{number}.png", np.zeros(size))
    for name, lines in (("true", true), ("none", none)):
        text = "".join(json.dumps(line) + "\n" for line in lines)
        (folder / f"{name}.jsonl").write_text(text)
    return folder


def test_models_by_name(files, dataset, spider, tmp_path):
    """Files of several models are columns of one report, drawn together on request."""
    out = tmp_path / "out"
    command = ["evaluate", dataset, "--split", "train", "--out", out, "--no-baselines"]
    command += ["--compare", f"Sa2VA={files / 'true.jsonl'}"]
    command += ["--compare", f"LISA={files / 'none.jsonl'}", "--bootstrap", 0]
    done = spider(*command, "--side-by-side", 2)
    assert done.returncode == 0, done.stderr[-1500:]
    systems = json.loads((out / "results.json").read_text())["benchmark"]["systems"]
    assert list(systems) == ["Sa2VA", "LISA"]
    scores = {name: one["grounding"]["average"] for name, one in systems.items()}
    assert scores["Sa2VA"]["giou"]["value"] == 1.0
    assert scores["Sa2VA"]["position"]["value"] is None
    assert scores["LISA"]["giou"]["value"] == 0.0
    assert scores["LISA"]["position"]["value"] == 1.0
    assert "offline" not in systems["Sa2VA"]
    assert [path.name for path in (out / "side_by_side").iterdir()] == ["page-1.png"]


def test_mistakes(files, dataset, tmp_path):
    """Names that are missing or taken, files of nobody's rows and lone flags are one line."""
    known = f"LISA={files / 'true.jsonl'}"
    start = Options(tmp_path / "o", dataset, split="train", with_plots=False)
    for more, said in (
        ({"compare": ("x.jsonl",)}, "--compare x.jsonl: expected NAME=FILE"),
        ({"compare": (known, known)}, "the name 'LISA' is taken"),
        ({"compare": (f"predictions={known}",)}, "the name 'predictions' is taken"),
        ({"compare": (known,), "prompts": ("whole",)}, "--prompt needs --segmenter-text NAME"),
        ({"compare": (known,), "split": "test"}, "--compare .* is of the split train"),
        ({"segmenters": ("lisa",)}, "unknown text-prompted segmenter 'lisa'"),
        ({"segmenters": ("sam3",), "prompts": ("all",)}, "unknown prompt 'all'"),
        ({}, "a dataset needs --predictions FILE or --model NAME"),
        ({"dataset": None, "side_by_side": 1}, "--side-by-side needs the dataset"),
    ):
        with pytest.raises((ConfigError, UnknownNameError), match=said):
            run(replace(start, **more))
    assert not (tmp_path / "o").exists()


def test_rows_are_drawn_from_many_pictures(dataset):
    """As many pictures as can be, the same ones for the same seed, in the rows' order."""
    bench = load_bench(dataset, "train")
    rows = [row for row in bench.samples if row.task == "grounding"]
    pictures = {row.picture_id for row in rows}
    drawn = chosen(bench, len(pictures), 3)
    assert {row.picture_id for row in drawn} == pictures
    assert drawn == chosen(bench, len(pictures), 3)
    assert drawn == [row for row in rows if row in drawn]
    assert chosen(bench, 999, 0) == rows


def test_a_page(dataset, tmp_path):
    """Masks are tinted where they lie, the truth is outlined, and every model has its panel."""
    bench = load_bench(dataset, "train")
    (row,) = chosen(bench, 1, 0)
    told = {name: one._replace(point=None) for name, one in reference_answers(bench).items()}
    two = {"a": told, "b": {}}
    (page,) = draw_rows(bench, two, 1, 0, tmp_path / "two")
    (wide,) = draw_rows(bench, two | {"c": told}, 1, 0, tmp_path / "three")
    first, second = (np.asarray(Image.open(path)).astype(int) for path in (page, wide))
    assert second.shape[1] - first.shape[1] == 260 + 12
    scale, top = 260 / row.width, 12 + 20  # the question is one line
    mask = masks.decode(row.mask, row.height, row.width)
    inside = first[top : top + round(row.height * scale)]
    plain, truth, right, missing = (inside[:, 12 + n * 272 : 272 + n * 272] for n in range(4))
    differ = np.abs(plain - truth).sum(2) > 60
    ys, xs = np.nonzero(differ)
    for found, there in ((xs, mask.any(0)), (ys, mask.any(1))):
        edges = np.flatnonzero(there)[[0, -1]]
        assert [found.min() / scale, found.max() / scale] == pytest.approx(list(edges), abs=6)
    assert (np.abs(right - truth).sum(2)[differ] < 60).mean() > 0.9
    assert (missing == plain).all()
