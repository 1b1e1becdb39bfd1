"""Which files are read, what their names lead to, and what is refused in one line."""

import json
import os
from pathlib import Path

import cv2
import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from flows.human.files import read_file
from flows.human.folder import HumanFolder
from flows.human.opinion_table import Opinions, read_scores
from flows.human.photographs import Photographs
from flows.human.project import make_project
from flows.ingest.sources import list_candidates
from schemas.errors import ConfigError
from schemas.settings.config import RunConfig
from tests.doubles import annotation_files as made
from tests.flows.human.tasks import box, region, run, task

FLAWED = region("a", box(5, 5, 40, 40), "cup", ["blur"])
SHAPE = {**box(5, 5, 40, 40), "original_width": 400, "original_height": 300}


def minimal(**more):
    """A task as Label Studio exports it to JSON-MIN."""
    return [
        {
            "image": "/data/upload/1/abcdef12-p0.png",
            "id": 1,
            "annotator": 7,
            "annotation_id": 3,
            "lead_time": 2.0,
            "updated_at": "now",
            **more,
        }
    ]


def test_minimal_exports_of_shapes_are_read(images, tmp_path):
    """A task of JSON-MIN that holds nothing but labelled shapes has its regions and its person."""
    file = tmp_path / "e.json"
    file.write_text(json.dumps(minimal(label=[{**SHAPE, "rectanglelabels": ["blur"]}])))
    assert run(file, images, tmp_path / "a") == 0
    (row,) = pq.read_table(HumanFolder(tmp_path / "a").regions).to_pylist()
    assert (row["annotator"], row["box"]) == ("7", [20, 15, 180, 135])
    assert [flaw["family"] for flaw in row["flaws"]] == ["blur"]


RESULT = [{"type": "rectanglelabels", "value": {**SHAPE, "rectanglelabels": ["blur"]}}]
NOTHING = {
    "export as JSON": minimal(label=[{**SHAPE, "rectanglelabels": ["cup"]}], distortion="blur"),
    "name no picture": [{"model_version": "m", "result": RESULT}],
    "nobody submitted": [{"id": 1, "data": {"image": "p0.png"}, "predictions": []}],
    "no picture of this name": [task("elsewhere.png", FLAWED)],
    "not a COCO document": ("coco", {"images": []}),
    "no list of shapes": ("labelme", [1]),
    "not a VIA document": ("via", [1]),
    "no PNG in it": ("index", None),
}


@pytest.mark.parametrize("words", NOTHING)
def test_what_gives_nothing_is_a_mistake(images, tmp_path, words):
    """Nothing read is one line with the reason, whether the format was given or found."""
    found = NOTHING[words]
    kind, document = found if isinstance(found, tuple) else ("labelstudio", found)
    file = tmp_path / "e.json"
    file.mkdir() if document is None else file.write_text(json.dumps(document))
    for given in {kind, "labelstudio" if isinstance(found, tuple) else "auto"}:
        with pytest.raises(ConfigError) as error:
            run(file, images, tmp_path / "a", given)
        assert "\n" not in str(error.value)
        assert words in str(error.value) or given != kind
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize("folder", ["", "e"])
def test_panoptic_files_are_read(images, tmp_path, folder):
    """Each segment is a region with its category's name; the map lies beside or in a folder."""
    made.label_map(tmp_path / folder / "p0.png")
    (tmp_path / "e.json").write_text(json.dumps(made.panoptic()))
    (picture,) = read_file(tmp_path / "e.json", "auto", Photographs(images))
    assert [(r.said[0].word, int(r.mask.sum())) for r in picture.regions] == [
        ("people", 40 * 30 - 20 * 20),
        ("people", 400),
    ]


@pytest.mark.parametrize("name", ["../secret.png", "/etc/passwd", "none.png", "pipe.png"])
def test_label_maps_stay_in_their_folder(images, tmp_path, name):
    """A map outside the document's folder, missing, or no regular file is a problem."""
    made.label_map(tmp_path / "secret.png")
    folder = tmp_path / "in"
    folder.mkdir()
    os.mkfifo(folder / "pipe.png")
    document = made.panoptic()
    document["annotations"][0]["file_name"] = name
    (folder / "e.json").write_text(json.dumps(document))
    (picture,) = read_file(folder / "e.json", "coco", Photographs(images))
    assert [problem.reason for problem in picture.problems] == ["annotation_unreadable"]
    assert picture.regions == []


TABLES = {
    "scene parsing": "Idx,Ratio,Train,Val,Stuff,Name\n1,0.1576,11664,1172,1,wall\n"
    "2,0.1072,6046,612,1,building;edifice\n",
    "lines": "1 wall\n2 building\n",
}


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("palette", [True, False])
def test_index_masks_and_their_tables(images, tmp_path, table, palette):
    """Scene parsing's CSV or lines name the indices, of a palette picture as of a grey one."""
    index = np.zeros((300, 400), np.uint8)
    index[:50, :60], index[100:, 200:] = 1, 2
    picture = Image.fromarray(index)
    if palette:
        picture = Image.fromarray(index, "L").convert("P")
        picture.putdata(index.ravel().tolist())
        picture.putpalette([9, 9, 9, 200, 0, 0, 0, 200, 0])
    picture.save(tmp_path / "p0.png")
    (tmp_path / "t.csv").write_text(TABLES[table])
    (found,) = read_file(tmp_path / "p0.png", "auto", Photographs(images), tmp_path / "t.csv")
    assert [(r.said[0].word, int(r.mask.sum())) for r in found.regions] == [
        ("wall", 3000),
        ("building", 40000),
    ]


def test_one_bad_mask_costs_one_mask(images, tmp_path):
    """A folder, an empty file, a colour picture and a link outside are rejects, one each."""
    folder = tmp_path / "masks"
    folder.mkdir()
    good = np.full((300, 400), 3, np.uint8)
    cv2.imwrite(str(folder / "p0.png"), good)
    (folder / "a.png").mkdir()
    (folder / "b.png").touch()
    cv2.imwrite(str(folder / "c.png"), np.zeros((9, 9, 3), np.uint8))
    (folder / "d.png").symlink_to(images / "p1.png")
    found = list(read_file(folder, "index", Photographs(images)))
    assert [getattr(one, "reason", "read") for one in found] == [
        "bad_mask",
        "bad_mask",
        "bad_mask",
        "unreadable",
        "read",
    ]


@pytest.mark.parametrize("kind", ["pipe", "device", "folder"])
def test_only_regular_files_are_opened(images, tmp_path, kind):
    """A pipe does not block, a device does not fill the memory, a folder is no traceback."""
    file = tmp_path / "e.json"
    {"pipe": os.mkfifo, "device": lambda f: f.symlink_to("/dev/zero"), "folder": Path.mkdir}[kind](
        file
    )
    with pytest.raises(ConfigError, match="cannot read it"):
        run(file, images, tmp_path / "a", "coco")


def test_sizes_come_from_headers(tmp_path):
    """A picture is as large as it is shown, and is not decoded to learn that."""
    exif = Image.Exif()
    exif[0x0112] = 6
    small = Image.fromarray(np.zeros((30, 40, 3), np.uint8))
    small.save(tmp_path / "turned.jpg", exif=exif)
    small.save(tmp_path / "plain.png")
    data = (tmp_path / "plain.png").read_bytes()
    (tmp_path / "cut.png").write_bytes(data[:45])  # the header is there, the pixels are not
    (tmp_path / "none.png").write_bytes(b"x")
    found = Photographs(tmp_path)
    assert (found.size("turned.jpg"), found.size("plain.png")) == ((30, 40), (40, 30))
    assert (found.size("cut.png"), found.size("none.png")) == ((40, 30), None)


def test_names_survive_a_project(images, tmp_path):
    """Exports of a project find the picture and its score, in the project or where it came from."""
    project, scores = tmp_path / "project", tmp_path / "s.csv"
    number, rejects = make_project([str(images)], project, "labelstudio", RunConfig())
    assert (number, rejects) == (3, [])
    scores.write_text(
        "image_name,MOS,set\n" + "".join(f"p{n}.png,{n + 2},test\n" for n in range(3))
    )
    exported = json.loads((project / "tasks.json").read_text())
    for one in exported:
        one["annotations"] = [{"completed_by": 1, "result": FLAWED}]
    file = tmp_path / "e.json"
    file.write_text(json.dumps(exported))
    for folder in (project / "images", images):
        out = tmp_path / f"a-{folder.name}"
        assert run(file, folder, out, scores=scores) == 0
        rows = pq.read_table(HumanFolder(out).pictures).to_pylist()
        assert {row["original"]: row["mos"] for row in rows} == {
            "p0.png": 25.0,
            "p1.png": 50.0,
            "p2.png": 75.0,
        }
        assert {row["official_split"] for row in rows} == {"test"}


def test_scores_for_other_pictures_are_told(images, tmp_path, capsys):
    """Scores that meet no picture are status 3, and the number is printed."""
    file, scores = tmp_path / "e.json", tmp_path / "s.csv"
    file.write_text(json.dumps([task("p0.png", FLAWED)]))
    scores.write_text("image_name,MOS\nelsewhere.jpg,4\n")
    assert run(file, images, tmp_path / "a", scores=scores) == 3
    assert "scores: 0 of 1 matched" in capsys.readouterr().err


def test_scores_are_found_by_name_then_stem(tmp_path):
    """Folders and endings may differ; where two differ in the ending only, neither is taken."""
    table = tmp_path / "s.csv"
    table.write_text("image_name,MOS\nx/a.jpg,10\nb.jpg,20\nb.bmp,30\n")
    found = Opinions(read_scores(table))
    assert [o.mos if o else None for o in map(found.find, ("A.png", "b.bmp", "b.png", "c"))] == [
        10,
        30,
        None,
        None,
    ]
    table.write_text("image_name,MOS\na.jpg,nan\n")
    with pytest.raises(ConfigError, match="must be a number"):
        read_scores(table)


def test_a_folder_of_annotations_may_be_moved(images, tmp_path):
    """Its pictures are found beside it after both moved, and inside of it."""
    before = tmp_path / "before"
    before.mkdir()
    pictures = before / "pictures"
    pictures.mkdir()
    (pictures / "p0.png").write_bytes((images / "p0.png").read_bytes())
    file = tmp_path / "e.json"
    file.write_text(json.dumps([task("p0.png", FLAWED)]))
    assert run(file, pictures, before / "a") == 0
    before.rename(tmp_path / "after")
    moved = HumanFolder(tmp_path / "after" / "a").annotated
    (found,) = list_candidates([str(moved)])
    assert (found.path, found.root) == ("p0.png", str(tmp_path / "after" / "pictures"))
    (tmp_path / "after" / "pictures").rename(moved.parent / "images")
    (found,) = list_candidates([str(moved)])
    assert found.root == str(moved.parent / "images")
    (moved.parent / "images").rename(tmp_path / "lost")
    with pytest.raises(ConfigError, match="in none of"):
        list_candidates([str(moved)])


def test_names_that_are_more_than_one_line(images, tmp_path):
    """A line break in a name is a reject; one written into the list leads nowhere else."""
    folder = tmp_path / "in"
    odd = folder / "e\n" / "x.png"
    odd.parent.mkdir(parents=True)
    odd.write_bytes((images / "p0.png").read_bytes())
    (folder / "p1.png").write_bytes((images / "p1.png").read_bytes())
    file = tmp_path / "e.json"
    file.write_text(json.dumps([task("x.png", FLAWED), task("p1.png", FLAWED)]))
    assert run(file, folder, tmp_path / "a") == 3
    place = HumanFolder(tmp_path / "a")
    assert [r["reason"] for r in pq.read_table(place.rejects).to_pylist()] == ["bad_name"]
    assert [c.path for c in list_candidates([str(place.annotated)])] == ["p1.png"]
    for name in ("../in/p1.png", str(folder / "p1.png")):
        lines = [{"roots": [str(folder)]}, {"path": name}]
        place.annotated.write_text("".join(json.dumps(line) + "\n" for line in lines))
        with pytest.raises(ConfigError, match="leaves its folder"):
            list_candidates([str(place.annotated)])


def test_names_that_are_no_text(images, tmp_path):
    """A file name that is not UTF-8 is imported, and found again by the list."""
    folder = tmp_path / "in"
    folder.mkdir()
    odd = os.fsencode(folder) + b"/\xff-p0.png"
    Path(os.fsdecode(odd)).write_bytes((images / "p0.png").read_bytes())
    file = tmp_path / "e.json"
    file.write_text(json.dumps([task(os.fsdecode(b"\xff-p0.png"), FLAWED)]))
    status = run(file, folder, tmp_path / "a", "labelstudio")
    place = HumanFolder(tmp_path / "a")
    (row,) = pq.read_table(place.pictures).to_pylist()
    assert (status, row["path"]) == (0, "\\xff-p0.png")
    (found,) = list_candidates([str(place.annotated)])
    assert (Path(found.root) / found.member).is_file()


def test_foreign_text_is_no_markup(images, tmp_path, capsys):
    """Words of others in brackets, and escape codes, are printed as they are or not at all."""
    words = ["[/foo]", "[link=file:///etc/passwd]x", "\x1b[31mred"]
    file = tmp_path / "e.json"
    results = region("a", box(5, 5, 40, 40), "cup", ["blur", *words])
    file.write_text(json.dumps([task("p0.png", results)]))
    assert run(file, images, tmp_path / "a [/b]") == 3
    printed = capsys.readouterr().err
    assert "\x1b[31m" not in printed
    for word in ("unknown: [/foo]", "[link=file:///etc/passwd]x", "a [/b]"):
        assert word in printed
