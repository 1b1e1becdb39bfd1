"""Q-Ground-Test: masks with classes, and both readings of mIoU."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from flows.evaluation.benchmarks.qground import count, evaluate
from flows.evaluation.benchmarks.qground_table import read_table
from flows.evaluation.evaluate import run
from flows.evaluation.intervals import Settings
from flows.evaluation.request import Options
from schemas import masks
from schemas.errors import ConfigError

TABLE = """
background = 0
ignore = 255
[classes]
blur = [1, "#ff0000"]
noise = [2, "grain"]
overexposure = 3
jitter = 4
"low light" = [5, "#0000ff"]
"""
HEIGHT, WIDTH = 6, 10
SETTINGS = Settings(0, 0)


@dataclass
class Made:
    """A test of three records about two pictures, written by hand."""

    folder: Path

    @property
    def path(self):
        return self.folder / "test.json"

    @property
    def table(self):
        return self.folder / "classes.toml"

    def measured(self, said):
        """The measures of predictions."""
        found = evaluate(count(self.path, said, self.table), SETTINGS)
        return {k: v.value for k, v in found["systems"]["predictions"].items()}, found


def index(*boxes):
    """A mask with an index in boxes ``(value, x0, x1)`` of full height."""
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    for value, x0, x1 in boxes:
        mask[:, x0:x1] = value
    return mask


TRUE = {
    "1_ann": index((1, 0, 4), (2, 4, 6)),
    "1_bob": index((1, 0, 2), (255, 8, 10)),
    "2_ann": index((5, 5, 10)),
}


def save(path, values):
    """A PNG in one channel or three."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(values).save(path)


@pytest.fixture
def made(tmp_path):
    """Records in the published layout, index masks named by id."""
    records = [
        {"id": key, "image": f"spaq/{key[0]}.jpg", "ann_list": [{"quality": "Bad."}]}
        for key in TRUE
    ]
    (tmp_path / "test.json").write_text(json.dumps(records))
    (tmp_path / "classes.toml").write_text(TABLE)
    for key, mask in TRUE.items():
        save(tmp_path / "masks" / f"{key}.png", mask)
    return Made(tmp_path)


def test_truth_scores_one(made):
    """The true masks as predictions are right by every measure, as files and as run lengths."""
    found, told = made.measured(made.folder / "masks")
    there = ("miou", "miou_by_picture", "macc", "iou: blur", "iou: noise", "iou: low light")
    assert {name: found[name] for name in there} == dict.fromkeys(there, 1.0)
    assert found["iou: jitter"] is None
    assert (told["records"], told["pictures"], told["missing"]) == (3, 2, 0)
    lines = []
    for key, mask in TRUE.items():
        each = {1: "Blur", 2: "grain", 5: "low light"}
        said = {
            name: {"size": [HEIGHT, WIDTH], "counts": masks.encode(mask == value)}
            for value, name in each.items()
        }
        lines.append(json.dumps({"id": key, "masks": said}))
    (made.folder / "said.jsonl").write_text("\n".join(lines))
    assert made.measured(made.folder / "said.jsonl")[0] == found


def test_both_readings(made):
    """One sums pixels over pictures before it divides, the other divides in each picture."""
    said = made.folder / "said"
    save(said / "1_ann.png", index((1, 0, 2), (2, 4, 6)))  # blur 2 of 4, noise right
    save(said / "1_bob.png", index((1, 0, 10)))  # blur 2 of 8: two columns are ignored
    found, told = made.measured(said)  # nothing said of the third
    assert told["missing"] == 1
    blur = (2 + 2) / (4 + 8)
    assert found["iou: blur"] == pytest.approx(blur)
    assert found["miou"] == pytest.approx((blur + 1 + 0) / 3)
    assert found["miou_by_picture"] == pytest.approx(((0.5 + 1) / 2 + 2 / 8 + 0) / 3)
    assert found["macc"] == pytest.approx((4 / 6 + 1 + 0) / 3)


def test_baselines(made):
    """Nothing finds nothing; of one flaw everywhere the best is told."""
    systems = made.measured(made.folder / "masks")[1]["systems"]
    assert systems["nothing"]["miou"].value == 0
    assert set(systems) == {"predictions", "nothing", "all blur"}
    assert systems["all blur"]["iou: blur"].value == pytest.approx(6 / 28)
    assert systems["all blur"]["miou"].value == pytest.approx(6 / 28 / 3)


def test_colours_and_entries(made):
    """Colours stand for classes, and an entry may name its class and its own mask."""
    red = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    red[:, :4] = (255, 0, 0)
    save(made.folder / "masks" / "c.png", red)
    save(made.folder / "masks" / "grain.png", index((1, 4, 6)))
    runs = {"size": [HEIGHT, WIDTH], "counts": masks.encode(index((1, 0, 4)) > 0)}
    entries = [
        {"quality": "x", "type": "grain", "mask": "grain.png"},
        {"type": "Blur", "segmentation": runs},
    ]
    (made.folder / "test.json").write_text(
        json.dumps(
            [
                {"id": "c", "image": "c.jpg", "mask_path": "c.png"},
                {"id": "e", "image": "e.jpg", "ann_list": entries},
            ]
        )
    )
    table = made.table.read_text().replace("background = 0", 'background = [0, "#000000"]')
    made.table.write_text(table)
    said = made.folder / "said"
    save(said / "c.png", index((1, 0, 4)))
    save(said / "e.png", index((1, 0, 4), (2, 4, 6)))
    assert made.measured(said)[0]["miou"] == 1.0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (index((1, 0, 4), (9, 4, 6)), "index 9 (12 pixels) is not in "),
        (np.full((HEIGHT, WIDTH, 3), 7, np.uint8), "colour #070707 (60 pixels) is not in "),
        (index((1, 0, 4))[:3], "mask 1_ann.png: 10x3, the picture has 10x6"),
    ],
)
def test_what_the_table_does_not_know(made, change, said):
    """Unknown indices and colours, in truth and prediction, are one line with the record's id."""
    save(made.folder / "said" / "1_ann.png", change)
    with pytest.raises(ConfigError) as error:
        made.measured(made.folder / "said")
    assert f"--qground-predictions: 1_ann: {said}" in str(error.value)
    if "picture" not in said:
        save(made.folder / "masks" / "1_ann.png", change)
        with pytest.raises(ConfigError) as error:
            made.measured(made.folder / "said")
        assert f"test.json: item 0: 1_ann: {said}" in str(error.value)
        assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", r"no table \[classes\]"),
        ("[classes]\nfog = 1", "unknown class 'fog'; allowed: blur, noise"),
        ("x = 1\n[classes]\nblur = 1", "unknown key 'x'"),
        ("[classes]\nblur = 1\nnoise = [2, 1]", "1 means two things, one of them 'noise'"),
        ("background = 1\n[classes]\nblur = 1", "1 means two things"),
        ("[classes]\nblur = '#ff00'", "expected an index, \"#rrggbb\" or a name, got '#ff00'"),
        ("[classes]\nblur = true", "got True"),
        ("[classes", "--qground-classes"),
    ],
)
def test_tables(tmp_path, text, said):
    """What a table may hold is said in one line."""
    (tmp_path / "t.toml").write_text(text)
    with pytest.raises(ConfigError, match=said):
        read_table(tmp_path / "t.toml")


@pytest.mark.parametrize(
    ("records", "said"),
    [
        ([{"id": "1"}], "item 0: image: expected a path, got None"),
        ([{"id": "x", "image": "x.jpg"}], "x: no mask; looked for x.png here and in masks/"),
        ([{"id": "1_ann", "image": "1.jpg"}] * 2, "item 1: id '1_ann' comes twice"),
        ([{"id": "y", "image": "y.jpg", "mask": "../../y.png"}], "leads out of its folder"),
        ([], "holds no records"),
    ],
)
def test_records(made, records, said):
    """Records that cannot be used are told by file and place."""
    made.path.write_text(json.dumps(records))
    with pytest.raises(ConfigError, match=said):
        made.measured(made.folder / "masks")


def test_in_the_report(made, tmp_path):
    """The command writes both readings and every class into the report."""
    options = Options(
        tmp_path / "out",
        qground=made.path,
        qground_predictions=made.folder / "masks",
        qground_classes=made.table,
        with_plots=False,
        settings=Settings(20, 0),
    )
    text = run(options).read_text()
    assert "| miou | 1.000 [1.000, 1.000] | 0.000 | 0.071 |" in text
    assert "| iou: jitter | - | - | - |" in text
    for lone in ("qground_predictions", "qground_classes"):
        with pytest.raises(ConfigError, match="--qground needs"):
            run(Options(tmp_path / "o", **{"qground": made.path, lone: made.path}))
