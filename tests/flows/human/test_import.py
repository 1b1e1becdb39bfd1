"""Annotations by people: imported through the command line, built into the same dataset."""

import base64
import json

import cv2
import numpy as np
import pyarrow.parquet as pq
import pytest

from annotators.human.marked import MarkedPicture
from flows.human.files import read_file
from flows.human.opinion_table import read_scores
from flows.human.photographs import Photographs
from schemas.errors import ConfigError
from schemas.masks import bounding_box, decode
from tests.doubles.chat_server import serving
from tests.flows.model.test_chat_build import obedient

WIDTH, HEIGHT = 400, 300


def box(x, y, w, h):
    return {"x": x, "y": y, "width": w, "height": h, "rotation": 0}


def result(kind, name, value, key="r"):
    return {
        "id": key,
        "type": kind,
        "from_name": name,
        "to_name": "image",
        "value": value,
        "original_width": WIDTH,
        "original_height": HEIGHT,
        "image_rotation": 0,
    }


def region(key, shape, label, flaws=(), severity="", kind="rectanglelabels"):
    made = [result(kind, "label", {**shape, kind: [label]}, key)]
    if flaws:
        made.append(result("choices", "distortion", {**shape, "choices": list(flaws)}, key))
    if severity:
        made.append(result("choices", "severity", {**shape, "choices": [severity]}, key))
    return made


def task(name, results, who=1, **more):
    annotation = {"id": 1, "completed_by": who, "result": results, **more}
    return {
        "id": 1,
        "data": {"image": f"/data/upload/1/abcdef12-{name}"},
        "annotations": [annotation],
    }


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """Label Studio's export: a regional, a uniform and a clean picture, and a cancelled one."""
    flawed = (
        region("a", box(5, 5, 40, 40), "cup", ["blur"], "severe")
        + region("b", box(55, 50, 40, 45), "table", ["noise", "low light"])
        + region("c", box(5, 60, 30, 35), "spoon", ["blurry"], "mild")
        + region("d", box(60, 5, 30, 30), "wall")
    )
    brief = "There is ringing along every edge, and the picture looks unpleasant because of it."
    uniform = [
        result("choices", "scope", {"choices": ["uniform"]}, "s"),
        result("choices", "distortion", {"choices": ["ringing"]}, "d"),
        result("textarea", "description", {"text": [brief]}, "t"),
    ]
    tasks = [
        task("p0.png", flawed),
        task("p1.png", uniform),
        task("p2.png", [result("choices", "scope", {"choices": ["clean"]}, "s")]),
        task("p0.png", region("x", box(0, 0, 9, 9), "no"), was_cancelled=True),
    ]
    file = tmp_path_factory.mktemp("export") / "export.json"
    file.write_text(json.dumps(tasks))
    return file


@pytest.fixture(scope="module")
def imported(exported, images, spider, tmp_path_factory):
    """The export, imported through the command line."""
    out = tmp_path_factory.mktemp("imported") / "a"
    done = spider("import", exported, "--images", images, "--out", out)
    assert done.returncode == 3, done.stderr
    assert "0 pictures, 1 regions: nobody said a flaw" in done.stderr
    return out


def test_regions_keep_what_was_said(imported):
    """Label, flaws with their words, severity, box; the cancelled annotation is nowhere."""
    rows = pq.read_table(imported / "regions.parquet").to_pylist()
    assert [row["label"] for row in rows] == ["cup", "table", "spoon", "wall"]
    cup, table, spoon, wall = rows
    assert cup["flaws"] == [{"family": "blur", "said": "blur", "severity": 5}]
    assert [(f["family"], f["severity"]) for f in table["flaws"]] == [("noise", 0), ("darken", 0)]
    assert spoon["flaws"][0]["said"] == "blurry"
    assert wall["flaws"] == []
    assert [row["verdict"] for row in rows] == ["flawed"] * 3 + ["unsaid"]
    assert cup["box"] == [20, 15, 180, 135]
    pictures = {
        row["path"]: row for row in pq.read_table(imported / "pictures.parquet").to_pylist()
    }
    assert [pictures[f"p{n}.png"]["scope"] for n in range(3)] == ["regional", "uniform", "clean"]
    assert pictures["p1.png"]["brief"].startswith("There is ringing")


def test_the_same_dataset_comes_of_it(imported, spider, tmp_path):
    """Human records give descriptions, single-intensity and referring rows; never an order."""
    out = tmp_path / "d"
    done = spider("build", "--annotations", imported, "--out", out)
    assert done.returncode in (0, 3), done.stderr
    rows = [row for file in (out / "data").iterdir() for row in pq.read_table(file).to_pylist()]
    assert {row["origin"] for row in rows} == {"human"}
    kinds = {(row["task"], row["sub_task"]) for row in rows}
    assert {
        ("global_description", ""),
        ("local_description", ""),
        ("referring", "short"),
        ("referring", "long"),
        ("grounding", "single_intensity"),
    } <= kinds
    assert not {"accumulation_order", "hybrid_intensity"} & {sub for _, sub in kinds}
    briefs = [row for row in rows if row["writer"] == "human"]
    assert [row["answer"] for row in briefs] == [
        "There is ringing along every edge, and the picture looks unpleasant because of it."
    ]
    both = {row["answer"] for row in rows if row["form"] == "multi" and row["sub_task"] == "short"}
    assert both == {"Darkening, noise."}
    assert not any("order" in row["question"] for row in rows if row["form"] == "multi")
    wall = pq.read_table(imported / "consensus.parquet").to_pylist()[-1]
    assert wall["label"] == "wall"
    assert wall["region_id"] not in {row["region_id"] for row in rows}
    done = spider("validate", out)
    assert done.returncode == 0, done.stdout


def test_a_mixed_build_is_one_dataset(imported, photos, spider, tmp_path):
    """Synthetic and human rows side by side, told apart by origin and source; validate agrees."""
    out = tmp_path / "d"
    done = spider("build", photos, "--annotations", imported, "--out", out)
    assert done.returncode in (0, 3), done.stderr
    rows = [
        row
        for file in (out / "data").iterdir()
        for row in pq.read_table(file, columns=["origin", "source"]).to_pylist()
    ]
    pairs = {(row["origin"], row["source"]) for row in rows}
    assert {origin for origin, _ in pairs} == {"synthetic", "human"}
    assert len({source for _, source in pairs}) == 2
    done = spider("validate", out, "--source", photos, "--source", imported / "annotated.jsonl")
    assert done.returncode == 0, done.stdout


def test_a_model_writes_from_what_people_said(imported, spider, tmp_path):
    """The same conversations work on human records; the fact check holds for them, too."""
    out = tmp_path / "d"
    with serving(obedient) as server:
        done = spider(
            "build",
            "--annotations",
            imported,
            "--out",
            out,
            "--answers",
            "vllm",
            "--model",
            "m",
            "--endpoint",
            server.url,
            "--answers-mode",
            "paraphrase",
        )
        assert done.returncode in (0, 3), done.stderr
    rows = [row for file in (out / "data").iterdir() for row in pq.read_table(file).to_pylist()]
    assert {row["writer"] for row in rows} == {"m", "human", "template"}
    assert {row["sub_task"] for row in rows if row["writer"] == "template"} == {"short"}
    assert spider("validate", out).returncode == 0


def test_people_agree_or_not(images, spider, tmp_path):
    """Two people: consensus of what both marked, half of what one marked; a report of agreement."""
    first = region("a", box(5, 5, 40, 40), "cup", ["blur"]) + region("b", box(60, 60, 30, 30), "x")
    second = region("a", box(6, 6, 40, 40), "cup", ["blur", "noise"])
    file, out = tmp_path / "e.json", tmp_path / "a"
    file.write_text(json.dumps([task("p0.png", first, 1), task("p0.png", second, 2)]))
    done = spider("import", file, "--images", images, "--out", out)
    assert done.returncode == 3, done.stderr  # nobody said anything of x
    report = json.loads((out / "report.json").read_text())["agreement"]
    assert report["pictures"] == 1
    assert report["region_f1"] == pytest.approx(2 / 3)
    assert 0.8 < report["mean_iou"] < 1
    assert report["alpha_masi"] == report["alpha_masi"]
    rows = pq.read_table(out / "consensus.parquet").to_pylist()
    assert [row["label"] for row in rows] == ["cup", "x"]
    assert [flaw["family"] for flaw in rows[0]["flaws"]] == ["blur", "noise"]


def whole(scope, *flaws):
    """A person's word on the picture as a whole."""
    return [
        result("choices", "scope", {"choices": [scope]}, "s"),
        result("choices", "whole_distortion", {"choices": list(flaws)}, "d"),
    ]


def test_most_people_decide_on_the_whole(images, spider, tmp_path):
    """A lone voice among three makes no region, no flaw and no scope; half of two does."""
    lone = region("a", box(5, 5, 40, 40), "cup", ["blur"])
    votes = {
        "p0.png": [lone, whole("clean"), whole("clean")],
        "p1.png": [whole("uniform", "blur", "noise"), whole("uniform", "blur"), whole("clean")],
        "p2.png": [lone, whole("clean")],
    }
    tasks = [
        task(name, own, who) for name, people in votes.items() for who, own in enumerate(people)
    ]
    file, out = tmp_path / "e.json", tmp_path / "a"
    file.write_text(json.dumps(tasks))
    done = spider("import", file, "--images", images, "--out", out)
    assert done.returncode == 0, done.stderr
    rows = pq.read_table(out / "pictures.parquet").to_pylist()
    assert [row["scope"] for row in rows] == ["clean", "uniform", "regional"]
    assert [[flaw["family"] for flaw in row["flaws"]] for row in rows] == [[], ["blur"], []]
    agreed = pq.read_table(out / "consensus.parquet").to_pylist()
    assert [row["picture_id"] for row in agreed] == [rows[2]["picture_id"]]


BAD = {
    "beyond": (region("a", box(60, 60, 90, 90), "cup"), None),
    "outside": (region("a", box(-900, 0, 5, 5), "cup"), "empty_mask"),
    "short brush": (
        region("a", {"format": "rle", "rle": [0, 1, 2]}, "cup", kind="brushlabels"),
        "bad_rle",
    ),
    "two points": (
        region("a", {"points": [[1, 1], [2, 2]]}, "cup", kind="polygonlabels"),
        "bad_polygon",
    ),
    "unknown flaw": (region("a", box(5, 5, 40, 40), "cup", ["wobble"]), "unknown_flaw"),
    "point": (
        region("a", {"x": 50, "y": 50, "width": 1}, "blur", ["noise"], kind="keypointlabels"),
        "unknown_shape",
    ),
    "doubled": (
        region("a", box(5, 5, 40, 40), "cup") + region("b", box(5, 5, 40, 40), "cup"),
        "duplicate",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_shapes_are_rejects(images, spider, tmp_path, name):
    """What cannot be used is left out with its reason, the rest goes on."""
    results, reason = BAD[name]
    file, out = tmp_path / "e.json", tmp_path / "a"
    file.write_text(json.dumps([task("p0.png", results), task("p1.png", [])]))
    done = spider("import", file, "--images", images, "--out", out)
    rejects = {row["reason"] for row in pq.read_table(out / "rejects.parquet").to_pylist()}
    assert rejects == ({reason} if reason else set())
    assert done.returncode == 3, done.stderr
    pictures = pq.read_table(out / "pictures.parquet").to_pylist()
    assert [picture["flaws"] for picture in pictures] == [[], []]


@pytest.mark.parametrize("name", ["../p0.png", "/etc/passwd", "link.png", "missing.png"])
def test_nothing_outside_the_folder_is_read(images, tmp_path, name):
    """Names are compared with what lies in the folder; links out of it are not followed."""
    outside = tmp_path / "outside.png"
    outside.write_bytes((images / "p0.png").read_bytes())
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "p1.png").write_bytes((images / "p1.png").read_bytes())
    (folder / "link.png").symlink_to(outside)
    assert Photographs(folder).find(name) is None


def test_broken_files_are_one_line(images, spider, tmp_path):
    """Not JSON, not UTF-8, of no known format, an XML bomb, no picture folder."""
    bomb = (
        '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]>'
        "<annotations>&c;</annotations>"
    )
    files = {
        "not valid JSON": b"{",
        "not UTF-8": b'{"a": "\xff"}',
        "no known format": b'{"a": 1}',
        "nested too deep": b"[" * 100_000,
        "not CVAT's XML": b"<svg/>",
        "entities are not read": bomb.encode(),
        "mismatched": b"<a><b></a>",
    }
    for words, data in files.items():
        file = tmp_path / "f"
        file.write_bytes(data)
        done = spider("import", file, "--images", images, "--out", tmp_path / "o")
        assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
        assert words in done.stderr
    done = spider("import", file, "--images", tmp_path / "none", "--out", tmp_path / "o")
    assert "no such folder" in done.stderr


def only(file, images, kind="auto", table=None):
    (picture,) = read_file(file, kind, Photographs(images), table)
    return picture


def test_cvat(images, tmp_path):
    """Boxes turn about their middle; polygons, ellipses, masks, attributes; points are rejects."""
    file = tmp_path / "a.xml"
    file.write_text(f"""<annotations><meta><owner><username>ann</username></owner></meta>
<image id="0" name="p0.png" width="{WIDTH}" height="{HEIGHT}">
<box label="cup" xtl="10" ytl="20" xbr="60" ybr="50">
<attribute name="distortion">blur;noise</attribute>
<attribute name="severity">3</attribute></box>
<polygon label="wall" points="100,100;150,100;150,150;100,150"/>
<ellipse label="plate" cx="200" cy="150" rx="30" ry="20"/>
<mask label="spoon" rle="1, 2, 3" left="5" top="6" width="3" height="2"/>
<mask label="bad" rle="1, 2" left="5" top="6" width="3" height="2"/>
<box label="fork" xtl="100" ytl="200" xbr="140" ybr="220" rotation="90"/>
<points label="blur" points="1,1;2,2"/>
<tag label="uniform"/></image></annotations>""")
    picture = only(file, images)
    assert picture.annotator == "ann"
    areas = [int(found.mask.sum()) for found in picture.regions]
    assert areas[0] == pytest.approx(50 * 30, rel=0.05)
    assert areas[1] == pytest.approx(50 * 50, rel=0.05)
    assert areas[2] == pytest.approx(np.pi * 30 * 20, rel=0.05)
    spoon = picture.regions[3].mask
    assert np.argwhere(spoon).tolist() == [[6, 6], [6, 7]]
    fork = bounding_box(picture.regions[4].mask)
    assert (fork.x0, fork.y0, fork.width, fork.height) == (110, 190, 20, 40)
    assert [problem.reason for problem in picture.problems] == ["bad_rle", "unknown_shape"]
    assert [word for _, word in picture.said] == ["uniform"]


def test_labelme(images, tmp_path):
    """Rectangles with corners in any order, circles, masks, groups, and a wrong path."""
    small = np.zeros((4, 5), np.uint8)
    small[1:3, 1:4] = 255
    png = base64.b64encode(cv2.imencode(".png", small)[1].tobytes()).decode()
    shapes = [
        {
            "label": "cup",
            "points": [[60, 50], [10, 20]],
            "shape_type": "rectangle",
            "flags": {"blur": True, "noise": False},
        },
        {"label": "plate", "points": [[200, 150], [230, 150]], "shape_type": "circle"},
        {"label": "crumb", "points": [[7, 8]], "shape_type": "mask", "mask": png},
        {"label": "leg", "points": [[0, 0], [9, 0], [9, 9]], "group_id": 1},
        {"label": "leg", "points": [[20, 20], [29, 20], [29, 29]], "group_id": 1},
        {"label": "dot", "points": [[1, 1]], "shape_type": "point"},
        {"label": "__ignore__", "points": [[0, 0], [9, 0], [9, 9]]},
    ]
    file = tmp_path / "p0.json"
    file.write_text(
        json.dumps(
            {
                "shapes": shapes,
                "imagePath": "C:\\old\\p0.png",
                "imageWidth": WIDTH,
                "imageHeight": HEIGHT,
            }
        )
    )
    picture = only(file, images)
    assert len(picture.regions) == 4
    assert picture.regions[0].mask.sum() == pytest.approx(50 * 30, rel=0.05)
    assert [s.word for s in picture.regions[0].said] == ["cup", "blur"]
    assert np.argwhere(picture.regions[2].mask)[0].tolist() == [9, 8]
    assert [problem.reason for problem in picture.problems] == ["unknown_shape", "void"]
    assert Photographs(images).find(picture.name).name == "p0.png"


@pytest.mark.parametrize("crowd", [0, 1])
def test_coco_crowds_are_regions(images, tmp_path, crowd):
    """Run lengths, polygons and bare boxes are regions, whether a crowd or not; none is lost."""
    inner = [WIDTH * HEIGHT - 3, 3]
    shapes = [{"size": [HEIGHT, WIDTH], "counts": inner}, [[0, 0, 9, 0, 9, 9]], []]
    rows = [
        {
            "id": number,
            "image_id": 1,
            "category_id": 1,
            "segmentation": shape,
            "bbox": [5, 5, 10, 20],
            "iscrowd": crowd,
            "attributes": {"distortion": "blur"},
        }
        for number, shape in enumerate(shapes)
    ]
    file = tmp_path / "a.json"
    file.write_text(
        json.dumps(
            {
                "images": [{"id": 1, "file_name": "p0.png", "width": WIDTH, "height": HEIGHT}],
                "categories": [{"id": 1, "name": "people"}],
                "annotations": rows,
            }
        )
    )
    picture = only(file, images)
    assert (len(picture.regions), picture.problems) == (3, [])
    assert [int(region.mask.sum()) for region in picture.regions][::2] == [3, 200]
    assert {tuple(region.said) for region in picture.regions} == {
        (("", "people"), ("distortion", "blur"))
    }


def test_index_masks(images, tmp_path):
    """Each index of a PNG is a region; the table names them; zero is nothing."""
    index = np.zeros((HEIGHT, WIDTH), np.uint8)
    index[:50, :60], index[100:, 200:] = 1, 7
    cv2.imwrite(str(tmp_path / "p0.png"), index)
    (tmp_path / "t.txt").write_text("1 low light\n7 noise\n")
    picture = only(tmp_path / "p0.png", images, "index", tmp_path / "t.txt")
    assert [(r.said[0].word, int(r.mask.sum())) for r in picture.regions] == [
        ("low light", 3000),
        ("noise", 40000),
    ]


def test_other_size_same_photograph(images, spider, tmp_path):
    """Marks made at twice the size come down with the picture; another shape is refused."""
    results = region("a", box(10, 10, 50, 50), "cup")
    for made in results:
        made["original_width"], made["original_height"] = 2 * WIDTH, 2 * HEIGHT
    other = region("b", box(10, 10, 50, 50), "cup")
    for made in other:
        made["original_width"] = 3 * WIDTH
    file, out = tmp_path / "e.json", tmp_path / "a"
    file.write_text(json.dumps([task("p0.png", results), task("p1.png", other)]))
    assert spider("import", file, "--images", images, "--out", out).returncode == 3
    (row,) = pq.read_table(out / "regions.parquet").to_pylist()
    assert decode(row["mask"], HEIGHT, WIDTH).mean() == pytest.approx(0.25, rel=0.02)
    (reject,) = pq.read_table(out / "rejects.parquet").to_pylist()
    assert reject["reason"] == "annotation_size_mismatch"


def test_opinion_scores_come_to_one_scale(tmp_path):
    """KonIQ's MOS is 1 to 5 in one file and 0 to 100 in the other; both become 0 to 100."""
    five, hundred = tmp_path / "a.csv", tmp_path / "b.csv"
    five.write_text("image_name,MOS\na.jpg,3.0\nb.jpg,5.0\n")
    hundred.write_text("image_name,MOS,set\na.jpg,50\nb.jpg,77.4,test\n")
    assert {name: o.mos for name, o in read_scores(five).items()} == {"a.jpg": 50.0, "b.jpg": 100.0}
    assert read_scores(hundred)["b.jpg"] == (77.4, "test", "")
    (tmp_path / "c.csv").write_text("x,y\n1,2\n")
    with pytest.raises(ConfigError, match="no columns of names and scores"):
        read_scores(tmp_path / "c.csv")


def test_real_tables_of_scores(shared_data):
    """KonIQ-10k's and KonIQ++'s own tables: scores on one scale, splits, votes."""
    koniq = read_scores(shared_data / "iqa_meta" / "koniq10k_distributions_sets.csv")
    plus = read_scores(shared_data / "iqa_meta" / "koniqpp_meta_info_pyiqa.csv")
    assert koniq["10004473376.jpg"].mos == pytest.approx(77.38, abs=0.01)
    assert koniq["10004473376.jpg"].split == "training"
    assert plus["826373.jpg"].mos == pytest.approx((3.953125 - 1) * 25)
    assert json.loads(plus["826373.jpg"].votes)["contrast"] == pytest.approx(0.234375)
    common = [name for name in plus if name in koniq]
    ours, theirs = ([table[name].mos for name in common] for table in (koniq, plus))
    assert len(common) < 10 or np.corrcoef(ours, theirs)[0, 1] > 0.9


def test_scores_reach_the_records(images, spider, tmp_path):
    """A table given with the import stands beside the pictures it names."""
    (tmp_path / "s.csv").write_text("image_name,MOS,set,blur\np0.png,4.0,test,0.25\n")
    (tmp_path / "e.json").write_text(json.dumps([task("p0.png", []), task("p1.png", [])]))
    out = tmp_path / "a"
    done = spider(
        "import",
        tmp_path / "e.json",
        "--images",
        images,
        "--out",
        out,
        "--scores",
        tmp_path / "s.csv",
    )
    assert done.returncode == 3, done.stderr
    assert "scores: 1 of 2 matched" in done.stderr
    first, second = pq.read_table(out / "pictures.parquet").to_pylist()
    assert (first["mos"], first["official_split"]) == (75.0, "test")
    assert (json.loads(first["votes"]), second["mos"]) == ({"blur": 0.25}, None)


def test_turned_photographs_are_marked_as_displayed(spider, tmp_path, coffee):
    """Marks fit the picture as its EXIF orientation shows it; unturned ones are refused."""
    from PIL import Image

    folder = tmp_path / "in"
    folder.mkdir()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(np.ascontiguousarray(coffee[:300, :400])).save(folder / "t.jpg", exif=exif)
    shown, stored = region("a", box(0, 0, 100, 50), "cup"), region("b", box(0, 0, 50, 50), "cup")
    for made in shown:
        made["original_width"], made["original_height"] = HEIGHT, WIDTH
    (tmp_path / "e.json").write_text(
        json.dumps([task("t.jpg", shown, 1), task("t.jpg", stored, 2)])
    )
    out = tmp_path / "a"
    done = spider("import", tmp_path / "e.json", "--images", folder, "--out", out)
    assert done.returncode == 3, done.stderr
    (row,) = pq.read_table(out / "regions.parquet").to_pylist()
    assert row["box"] == [0, 0, 300, 200]
    (reject,) = pq.read_table(out / "rejects.parquet").to_pylist()
    assert reject["reason"] == "annotation_size_mismatch"


REAL = {
    "cvat": ("multi_2label/cvat1.1/annotations.xml", "multi_2label/images", 25),
    "via": ("multi_2label/via/via_region_data.json", "multi_2label/images", 42),
    "labelme": ("multi_2label/labelme/strawberry.json", "multi_2label/images", 17),
    "coco": ("multi_2label/coco1.0/instances_default.json", "multi_2label/images", 23),
    "coco instances": ("coco/instances.json", "coco/images", None),
}


@pytest.mark.parametrize("name", REAL)
def test_real_files_give_every_region(shared_data, spider, tmp_path, name):
    """Regions read, and what was skipped with a reason, add up to what the file holds."""
    file, images, expected = REAL[name]
    root = shared_data / "annotated"
    if expected is None:
        expected = len(json.loads((root / file).read_text())["annotations"])
    marked = list(read_file(root / file, "auto", Photographs(root / images)))
    assert all(isinstance(picture, MarkedPicture) for picture in marked)
    found = sum(len(picture.regions) + len(picture.problems) for picture in marked)
    assert found == expected
    done = spider("import", root / file, "--images", root / images, "--out", tmp_path / "a")
    assert done.returncode in (0, 3), done.stderr
