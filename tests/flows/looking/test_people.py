"""What people said of the same pictures, beside each other."""

import html
import json
import re
import shutil

import pytest

from flows.looking.gallery.people import write_people
from schemas.errors import ConfigError


def marked(person, regions):
    """An annotation of Label Studio: boxes in per cent, each with a name and a flaw."""
    results = []
    for number, (box, name, flaw) in enumerate(regions):
        common = {"id": f"r{number}", "original_width": 400, "original_height": 300}
        x, y, width, height = box
        value = {"x": x, "y": y, "width": width, "height": height, "rectanglelabels": [name]}
        results.append({**common, "type": "rectanglelabels", "from_name": "b", "value": value})
        said = {"choices": [flaw]}
        results.append({**common, "type": "choices", "from_name": "distortion", "value": said})
    return {"completed_by": person, "result": results}


@pytest.fixture
def annotations(images, spider, tmp_path):
    """Three pictures: people agree on one, not on the second; the third has one annotator."""
    cup = ((10, 10, 40, 40), "cup", "blur")
    spoon = ((60, 60, 30, 30), "<b>spoon</b>", "noise")
    tasks = [
        {"data": {"image": "p0.png"}, "annotations": [marked("ada", [cup]), marked("eve", [cup])]},
        {
            "data": {"image": "p1.png"},
            "annotations": [marked("ada", [cup]), marked("eve", [(*cup[:2], "noise"), spoon])],
        },
        {"data": {"image": "p2.png"}, "annotations": [marked("ada", [spoon])]},
    ]
    (tmp_path / "export.json").write_text(json.dumps(tasks))
    done = spider("import", tmp_path / "export.json", "--images", images, "--out", tmp_path / "a")
    assert done.returncode in (0, 3), done.stderr
    return tmp_path / "a"


def test_the_most_disputed_comes_first(annotations, spider):
    """Pictures are in the order of their agreement, with everybody's outlines and words."""
    done = spider("look", annotations)
    assert done.returncode == 0, done.stderr
    page = (annotations / "look.html").read_text(encoding="utf-8")
    assert re.findall(r'<p class="name">(p\d.png)', page) == ["p1.png", "p0.png", "p2.png"]
    assert re.findall(r"\(F1\): (\d\.\d+)", page) == ["0.67", "1.00"]
    assert page.count('class="mark"') == page.count('class="question"') == 6
    assert "cup: blur" in page
    assert "<b>spoon</b>" not in page
    assert "<b>spoon</b>: noise" in html.unescape(page)
    assert page.count("data:image/jpeg") == 3


def test_photographs_of_which_nobody_said_anything_are_shown(images, spider, tmp_path):
    """Submitted proposals that nobody touched say nothing; the photograph is at hand all the same.

    One that is gone is said to be, without outlines over nothing.
    """
    spoon = marked("ada", [((60, 60, 30, 30), "spoon", "noise")])
    silent = marked("ada", [((10, 10, 40, 40), "cup", "blur")])
    silent["result"] = [one for one in silent["result"] if one["type"] != "choices"]
    tasks = [
        {"data": {"image": "p0.png"}, "annotations": [spoon]},
        {"data": {"image": "p1.png"}, "annotations": [silent]},
    ]
    (tmp_path / "export.json").write_text(json.dumps(tasks))
    folder = tmp_path / "images"
    shutil.copytree(images, folder)
    done = spider("import", tmp_path / "export.json", "--images", folder, "--out", tmp_path / "a")
    assert done.returncode == 3, done.stderr
    for at_hand, marks in ((2, 2), (1, 1)):
        write_people(tmp_path / "a", tmp_path / "page.html", 10)
        page = (tmp_path / "page.html").read_text(encoding="utf-8")
        assert page.count("data:image/jpeg") == at_hand
        assert page.count("not at hand") == 2 - at_hand
        assert page.count('class="mark"') == marks
        (folder / "p1.png").unlink(missing_ok=True)


def test_what_they_call_the_same_region(annotations, tmp_path):
    """The table counts how two people call the region that both marked."""
    assert write_people(annotations, tmp_path / "one.html", 1) == 1
    page = " ".join((tmp_path / "one.html").read_text(encoding="utf-8").split())
    assert '<th scope="row">blur</th><td class="number">1</td>' in page
    assert re.search(r'blur <b class="apart">or</b> noise</th><td class="number">1</td>', page)
    assert page.count("<article") == 1


def test_another_import_may_follow(annotations, images, spider, tmp_path):
    """The page in a folder of annotations does not keep the next import out of it."""
    assert spider("look", annotations).returncode == 0
    again = ("import", tmp_path / "export.json", "--images", images, "--out", annotations)
    assert spider(*again).returncode in (0, 3)


def test_no_annotations_are_one_line(tmp_path):
    """A folder that import did not make is the user's mistake."""
    with pytest.raises(ConfigError):
        write_people(tmp_path, tmp_path / "x.html", 5)
