"""Rows with boxes as they are trained on: in any notation, mirrored from the exact boxes."""

import pyarrow.parquet as pq
import pytest

from annotators.language.grid import encoded, shares
from annotators.language.notation import parse
from flows.training.data.dataset import DatasetSource
from flows.training.data.flip import flip_text
from schemas.errors import UnknownNameError
from schemas.records import RowBox
from tests.flows.training.conftest import mixture


@pytest.fixture(scope="module")
def boxed(photos, spider, tmp_path_factory):
    """A small dataset of questions with boxes."""
    out = tmp_path_factory.mktemp("boxed") / "dataset"
    done = spider("build", photos, "--out", out, "--tasks", "giqa", "--seed", 4, "--limit", 4)
    assert done.returncode in (0, 3), done.stderr
    return out


@pytest.fixture(scope="module")
def exact(boxed):
    """Row id to its exact boxes."""
    found = {}
    for file in (boxed / "records").glob("boxes-*.parquet"):
        for box in RowBox.from_table(pq.read_table(file)):
            found.setdefault(box.row_id, []).append(box)
    return found


def test_mirrored_rows_are_encoded_from_the_exact_boxes(boxed, exact, train_extra):
    """Cells of the mirrored box, not mirrored cells; left and right change in names and words."""
    source = DatasetSource(boxed, "all", (), "d")
    mirrored = 0
    for index in range(len(source)):
        example = source.example(index)
        held = exact.get(example.row_id, [])
        assert (example.mirror is None) == (not held)
        if example.mirror is None:
            continue
        _, height, width = source.target(index)
        for part, text in zip(("question", "answer"), example.mirror.turn, strict=True):
            boxes = [box for box in held if box.part == part]
            cited = parse(text).cited
            assert [one.name for one in cited] == [flip_text(box.name) for box in boxes]
            for one, box in zip(cited, boxes, strict=True):
                x0, y0, x1, y1 = box.box
                flipped = shares([width - x1, y0, width - x0, y1], width, height)
                assert encoded(one.boxes[0]) == encoded(flipped)
                mirrored += 1
    assert mirrored


def test_a_mixture_mirrors_rows_with_boxes(boxed, exact, train_extra, tmp_path):
    """With ``flip = 1`` the texts of a row are those of its mirrored picture."""
    text = f'[[source]]\npath = "{boxed}"\nsplit = "train"\nflip = 1.0\n'
    mixed = mixture(text, tmp_path)
    source, seen = DatasetSource(boxed, "train", (), "d"), 0
    turns = {source.example(n).row_id: source.example(n) for n in range(len(source))}
    for place in range(len(mixed.drawn)):
        row = mixed.row(place)
        example = turns[row["row_id"]]
        if example.mirror and row["completion"][0]["content"] == example.mirror.turn[1]:
            seen += row["prompt"][-1]["content"] == example.mirror.turn[0]
    assert seen


def test_a_mixture_writes_boxes_as_a_model_knows_them(boxed, exact, train_extra, tmp_path):
    """``boxes`` of a source chooses the notation; names stay, and no cell is left."""
    text = f'[[source]]\npath = "{boxed}"\nboxes = "internvl"\n'
    mixed = mixture(text, tmp_path)
    rows = [mixed.row(place) for place in range(len(mixed.drawn))]
    said = [row["prompt"][-1]["content"] + row["completion"][0]["content"] for row in rows]
    assert any("<box>[[" in text for text in said)
    assert not any("](<" in text.replace("[label](<x, y>)", "") for text in said)


def test_an_unknown_notation_is_refused(boxed, train_extra):
    """A notation that is none is one line with those that are."""
    with pytest.raises(UnknownNameError, match="unknown notation of boxes 'yolo'"):
        DatasetSource(boxed, "train", (), "d", "yolo")
