"""The gallery: one file that needs nothing else, and a server that reads on demand."""

import html
import json
import re
import shutil
import subprocess
import sys

import pytest
from fastapi.testclient import TestClient

from flows.looking.gallery.cards import svg_path
from flows.looking.gallery.index import FACETS, RowIndex
from flows.looking.gallery.page import write_gallery
from flows.looking.gallery.server import gallery_app
from flows.store.layout import read_manifest
from flows.store.png import decode_png
from schemas.errors import ConfigError
from schemas.masks import encode


@pytest.fixture(scope="module")
def own(dataset, tmp_path_factory):
    """A copy that may be written into."""
    return shutil.copytree(dataset, tmp_path_factory.mktemp("look") / "own")


def test_a_build_leaves_a_gallery_that_manifest_and_card_know(dataset):
    """look.html lies beside the card, is linked by it and listed with its checksum."""
    page = (dataset / "look.html").read_text(encoding="utf-8")
    assert "](look.html)" in (dataset / "README.md").read_text(encoding="utf-8")
    assert read_manifest(dataset)["files"]["look.html"]["size"] == len(page.encode())
    assert 0 < page.count('class="question"') <= 48


def test_a_build_that_is_told_so_leaves_none(photos, spider, tmp_path):
    """Without a gallery there is no link to one either."""
    out = tmp_path / "bare"
    done = spider("build", photos, "--out", out, "--limit", 2, "--no-look")
    assert done.returncode in (0, 3), done.stderr
    assert not (out / "look.html").exists()
    assert "look.html" not in done.stderr
    assert "look.html" not in (out / "README.md").read_text(encoding="utf-8")


def test_the_page_needs_nothing_else(own):
    """Nothing is fetched: no address but data, no script or style but the two of the policy."""
    page = write_gallery(own).path.read_text(encoding="utf-8")
    assert set(re.findall(r'(?:src|href)="([^"]{0,10})', page)) == {"data:image"}
    assert page.count("<script") == page.count("<style") == 1
    assert " style=" not in page
    assert "default-src &#39;none&#39;" in page


def test_the_page_is_the_same_twice_and_validates(own, spider):
    """Two pages of a dataset are equal, and validate finds nothing wrong with it."""
    first = write_gallery(own).path.read_bytes()
    assert write_gallery(own).path.read_bytes() == first
    done = spider("validate", own)
    assert done.returncode == 0, done.stdout


def test_rows_of_a_sample_are_on_the_page_and_elsewhere_costs_no_manifest(own, tmp_path):
    """So many rows as asked for; a page outside of the dataset is not in its manifest."""
    before = read_manifest(own)
    made = write_gallery(own, tmp_path / "other.html", rows=7)
    page = made.path.read_text(encoding="utf-8")
    assert made.rows == 7
    assert page.count('class="question"') == 7
    assert read_manifest(own) == before
    index = RowIndex(own)
    for picture in index.sample(7):
        for record in index.records(picture):
            assert html.escape(record["question"]).replace("&#x27;", "&#39;") in page


def test_text_of_others_is_no_markup(own, tmp_path, monkeypatch):
    """A file name and an answer that hold markup come out as text."""
    evil = "</script><img src=x onerror=alert(1)>\"'.png"
    real = RowIndex.records

    def records(self, numbers):
        for record in real(self, numbers):
            yield record | {"source_path": evil, "answer": evil}

    monkeypatch.setattr(RowIndex, "records", records)
    page = write_gallery(own, tmp_path / "evil.html", rows=3).path.read_text(encoding="utf-8")
    assert evil not in page
    assert "<img src=x" not in page
    assert html.unescape(page).count(evil) > 3


def test_filters_name_what_rows_have(dataset):
    """The values of a facet are those of the rows, and a filter leaves exactly these."""
    index = RowIndex(dataset)
    values = index.values()
    assert set(values["task"]) == {
        record["task"] for record in index.records(range(len(index.entries)))
    }
    for family in values["family"]:
        chosen = [n for picture in index.pictures({"family": family}) for n in picture]
        told = [
            number
            for number, record in enumerate(index.records(range(len(index.entries))))
            if any(step["family"] == family for step in record["chain"])
        ]
        assert chosen == told


def test_an_outline_follows_its_mask(astronaut):
    """A square with a hole is two closed lines of four points."""
    mask = astronaut[..., 0] > 999
    mask[100:300, 50:150] = True
    mask[150:200, 80:120] = False
    path = svg_path(encode(mask), *mask.shape)
    assert path.count("M") == path.count("Z") == 2
    assert path.startswith("M50 100L50 299L149 299L149 100Z")


def test_the_server_shows_all_rows_and_their_own_pixels(own):
    """Going through the pages meets every row once; pictures are the stored bytes."""
    client = TestClient(gallery_app(own), base_url="http://127.0.0.1")
    index, seen, number = RowIndex(own), [], 1
    while True:
        page = client.get("/", params={"page": number})
        found = re.findall(r'src="/after/(\d+)"', page.text)
        seen += re.findall(r"row (\d+)</span>", page.text)
        if 'rel="next"' not in page.text:
            break
        number += 1
    assert sorted(map(int, seen)) == list(range(len(index.entries)))
    after = client.get(f"/after/{found[0]}")
    (stored,) = index.images([int(found[0])])
    assert after.content == stored
    before = decode_png(client.get(f"/before/{found[0]}").content)
    assert before.shape == decode_png(stored).shape
    assert (before != decode_png(stored)).any()


def test_the_server_loads_nothing_that_it_does_not_need(own, environment):
    """No distortion and none of their libraries is in a process that shows a dataset."""
    code = """
import sys
import flows.looking.serving as serving
from flows.cli import main
serving.serve = lambda app, bound: print(*{name.split(".")[0] for name in sys.modules})
main()
"""
    command = [sys.executable, "-c", code, "look", str(own), "--serve", "--port", "0"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert {"fastapi", "pyarrow"} <= loaded
    assert not loaded & {"distortions", "scipy", "pandas", "numba", "torch"}


def test_the_server_filters(own):
    """A facet in the address leaves only rows that have it, of all pages together."""
    client = TestClient(gallery_app(own), base_url="http://127.0.0.1")
    page = client.get("/", params={"task": "grounding", "split": "train"}).text
    facets = [json.loads(html.unescape(f)) for f in re.findall(r'data-facets="([^"]+)"', page)]
    assert facets
    for own_facets in facets:
        assert own_facets[FACETS.index("task")] == ["grounding"]
        assert own_facets[FACETS.index("split")] == ["train"]
    assert client.get("/", params={"page": 99}).status_code == 200
    assert client.get("/", params={"page": 0}).status_code == 422
    assert client.get(f"/after/{len(RowIndex(own).entries)}").status_code == 404


def test_foreign_names_get_nothing(own):
    """A site whose name leads to this machine is not answered."""
    client = TestClient(gallery_app(own), base_url="http://evil.example")
    assert client.get("/").status_code == 403


def test_what_is_no_dataset_is_one_line(tmp_path, spider):
    """A folder without a manifest is the user's mistake."""
    with pytest.raises(ConfigError):
        write_gallery(tmp_path)
    done = spider("look", tmp_path)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
