"""Documents of many pages: written and read page by page."""

import io
import json
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotators.human.tool_projects import (
    CVAT_HEAD,
    CVAT_TAIL,
    Page,
    cvat_image,
    labelstudio_task,
)
from annotators.regions.source import Proposal
from flows.human import pages
from flows.human.files import read_file
from flows.human.pages import PagedFile, json_items
from flows.human.photographs import Photographs

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)


def items(text, monkeypatch, chunk=3):
    """The items of a text that is read by a few characters at a time."""
    monkeypatch.setattr(pages, "CHUNK", chunk)
    return list(json_items(io.StringIO(text).read))


@given(found=st.lists(VALUES), indent=st.sampled_from((None, 0, 2)), chunk=st.integers(1, 9))
def test_items_are_those_of_the_list(found, indent, chunk):
    """However little is read at once, the items of a list are what json.loads finds in it."""
    with pytest.MonkeyPatch.context() as patch:
        assert items(json.dumps(found, indent=indent), patch, chunk) == found


@given(found=st.dictionaries(st.text(), VALUES) | st.integers() | st.text())
def test_what_is_no_list_is_one_item(found):
    """An object, a number or a text is the only item of its document."""
    with pytest.MonkeyPatch.context() as patch:
        assert items(f" \n{json.dumps(found)} ", patch) == [found]


@pytest.mark.parametrize(
    "text", ["", " ", "[", "[1", "[1,", "[1,]", "[1 2]", "[1]]", "[,]", "{} {}"]
)
def test_what_is_no_json_is_refused(text, monkeypatch):
    """Halves, doubled and missing commas, and whatever stands behind the end."""
    with pytest.raises(ValueError, match=r"xpect|more behind"):
        items(text, monkeypatch)


def test_a_file_has_its_name_when_it_is_whole(tmp_path):
    """Pages stand between head and tail, and what was begun and dropped leaves nothing."""
    file = PagedFile(tmp_path / "a.json", "[", ",", "]")
    for page in "12":
        file.add(page)
    assert not (tmp_path / "a.json").exists()
    file.close(tmp_path / "b.json")
    file.drop()
    assert [path.name for path in tmp_path.iterdir()] == ["b.json"]
    assert (tmp_path / "b.json").read_text() == "[1,2]"
    PagedFile(tmp_path / "a.json", "[", ",", "]").drop()
    assert [path.name for path in tmp_path.iterdir()] == ["b.json"]


def page(number):
    """A picture with a mask of a thousand runs."""
    mask = np.zeros((100, 40), np.bool_)
    mask[:, ::4] = True
    return Page(f"p{number}.png", 40, 100, [Proposal(mask, "net")])


def task(number):
    """The same in Label Studio's words, as somebody accepted it."""
    found = labelstudio_task(page(number), "")
    return json.dumps({"data": found["data"], "annotations": found["predictions"]})


KINDS = {
    "cvat": (CVAT_HEAD, "", CVAT_TAIL, lambda number: cvat_image(page(number), number)),
    "labelstudio": ("[", ",", "]", task),
}


@pytest.mark.parametrize("kind", KINDS)
def test_many_pages_cost_no_more_than_a_few(kind, images, tmp_path, monkeypatch):
    """Ten times the pages are read in the same memory, and all of them are read."""
    monkeypatch.setattr(pages, "CHUNK", 1 << 16)
    *around, made = KINDS[kind]
    peaks = []
    for number in (20, 200):
        file = PagedFile(tmp_path / f"{number}.txt", *around)
        for place in range(number):
            file.add(made(place))
        file.close()
        tracemalloc.start()
        read = sum(
            len(found.regions) for found in read_file(file.path, "auto", Photographs(images))
        )
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert read == number
    assert peaks[1] < 1.5 * peaks[0]
