"""The round trip through a real Label Studio; needs ``IQA_SPIDER_LABEL_STUDIO``, a program."""

import json
import os
import re
import subprocess
import sys

import cv2
import numpy as np
import pyarrow.parquet as pq
import pytest

from annotators.human.shapes import brush
from schemas.masks import decode
from tests.doubles.label_studio_server import TOKEN, call, serving

pytestmark = pytest.mark.slow  # a real Label Studio is started


@pytest.fixture(scope="module")
def program():
    """The program ``label-studio`` of an environment of its own."""
    found = os.environ.get("IQA_SPIDER_LABEL_STUDIO", "")
    if not found:
        pytest.skip("IQA_SPIDER_LABEL_STUDIO names no label-studio program")
    return found


def labelled(client, project):
    """Project loaded, predictions accepted, one flaw named; the tool's JSON export."""
    done = subprocess.run(
        [sys.executable, project / "load.py", str(client.base_url)],
        env=os.environ | {"LABEL_STUDIO_API_KEY": TOKEN},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    number = int(re.findall(r"/projects/(\d+)/data", done.stdout)[0])
    made = call(client, "GET", f"/api/projects/{number}/")
    assert (made["task_number"], made["show_instruction"]) == (2, True)
    served = re.findall('src="([^"]+)"', made["expert_instruction"])
    served += [t["data"]["image"] for t in json.loads((project / "tasks.json").read_text())]
    for address in served:
        answer = client.get(address)
        assert (answer.status_code, answer.headers["content-type"][:6]) == (200, "image/"), address
    call(
        client,
        "POST",
        f"/api/dm/actions?id=predictions_to_annotations&project={number}",
        json={"selectedItems": {"all": True, "excluded": []}},
    )
    listed = call(client, "GET", f"/api/tasks?project={number}&fields=all")["tasks"]
    annotation = listed[0]["annotations"][0]
    first = annotation["result"][0]
    said = {
        "sharpness distortion": "blur",
        "grain and blocks distortion": "noise",
        "noise severity": "severe",
    }
    words = [
        {**first, "type": "choices", "from_name": key, "value": {"choices": [word]}}
        for key, word in said.items()
    ]
    call(
        client,
        "PATCH",
        f"/api/annotations/{annotation['id']}/",
        json={"result": [*annotation["result"], *words]},
    )
    return call(client, "GET", f"/api/projects/{number}/export?exportType=JSON")


def test_what_label_studio_exports_comes_back(program, coffee, astronaut, spider, tmp_path):
    """It shows all pictures, and its export gives every proposal's pixels, name and named flaws."""
    pictures, project, home = tmp_path / "in", tmp_path / "p", tmp_path / "home"
    home.mkdir()
    pictures.mkdir()
    for name, image in (("coffee", coffee), ("astronaut", astronaut)):
        cv2.imwrite(str(pictures / f"{name}.png"), np.ascontiguousarray(image[..., ::-1]))
    done = spider("annotate-project", pictures, "--tool", "labelstudio", "--out", project)
    assert done.returncode == 0, done.stderr
    with serving(program, home, project) as client:
        exported = labelled(client, project)
    (tmp_path / "e.json").write_text(json.dumps(exported))
    out = tmp_path / "a"
    done = spider("import", tmp_path / "e.json", "--images", project / "images", "--out", out)
    assert done.returncode == 3, done.stderr  # of most regions nobody said anything
    rows = pq.read_table(out / "regions.parquet").to_pylist()
    named = [{f["family"]: f["severity"] for f in row["flaws"]} for row in rows if row["flaws"]]
    assert named == [{"blur": 0, "noise": 5}]
    people = {row["annotator"] for row in rows}
    assert len(people) == 1
    assert people != {"unknown"}
    sizes = {
        row["picture_id"]: (row["height"], row["width"])
        for row in pq.read_table(out / "pictures.parquet").to_pylist()
    }
    masks = {
        (row["label"], decode(row["mask"], *sizes[row["picture_id"]]).tobytes()) for row in rows
    }
    assert masks == sent(project)


def sent(project):
    """Name and pixels of every proposal that the project's tasks hold."""
    found = set()
    for task in json.loads((project / "tasks.json").read_text()):
        results = task["predictions"][0]["result"]
        names = {r["id"]: r["value"]["text"][0] for r in results if r["type"] == "textarea"}
        for result in results:
            if result["type"] == "brushlabels":
                size = result["original_height"], result["original_width"]
                mask = brush(result["value"]["rle"], *size)
                found.add((names.get(result["id"], ""), mask.tobytes()))
    return found
