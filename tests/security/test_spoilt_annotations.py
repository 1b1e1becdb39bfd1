"""Annotation files with any value anywhere: a reject or one line, never a traceback, in time."""

import json
import os
import re
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotators.human.marked import MarkedPicture
from annotators.human.vocabulary import builtin_vocabulary
from flows.human.files import read_file
from flows.human.importer import Importer
from flows.human.opinion_table import Opinions
from flows.human.photographs import Photographs
from schemas.errors import ConfigError
from schemas.settings.config import IngestConfig
from tests.doubles.annotation_files import (
    CVAT,
    DOCUMENTS,
    HEIGHT,
    ODD,
    WIDTH,
    label_map,
    places,
    spoilt,
)

LONGEST = 10.0
"""Seconds of processor time for a small document."""
EXAMPLES = int(os.environ.get("IQA_SPIDER_FUZZ", "50"))
AS_OFTEN = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
REAL = {
    "labelstudio": "labelstudio/sdk_fixtures/test_export_coco__data.json",
    "labelme": "labelme/instance_segmentation/2011_000006.json",
    "coco": "multi_2label/coco1.0/instances_default.json",
    "via": "multi_2label/via/via_region_data.json",
}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with one photograph, and room for a document beside its label map."""
    folder = tmp_path_factory.mktemp("spoilt")
    (folder / "in").mkdir()
    rng = np.random.default_rng(1)
    cv2.imwrite(str(folder / "in" / "p0.png"), rng.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8))
    label_map(folder / "document" / "p0.png")
    return folder


def imported(file: Path, kind: str, folder: Path) -> None:
    """Import a file and write it down; one line may refuse it, and nothing may take long."""
    importer = Importer(
        Photographs(folder / "in"), builtin_vocabulary(), IngestConfig(min_side=1), Opinions({})
    )
    start = time.process_time()
    refused = ""
    try:
        importer.add(file, kind, None)
    except ConfigError as error:
        refused = str(error)
    if not refused:
        importer.write(folder / "out")
    assert "\n" not in refused
    assert time.process_time() - start < LONGEST


def sound_kind(name):
    return "coco" if name == "panoptic" else name


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_sound_document_is_read_whole(name, place):
    """Nothing of the documents that are spoilt here is refused while they are sound."""
    file = place / "document.json"
    file.write_text(json.dumps(DOCUMENTS[name]()))
    (picture,) = read_file(file, sound_kind(name), Photographs(place / "in"))
    assert isinstance(picture, MarkedPicture)
    wanted = {"labelstudio": ["bad_rle"], "coco": []}.get(name, [])
    assert [problem.reason for problem in picture.problems] == wanted
    assert len(picture.regions) >= 2


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_value_may_be_odd(name, place):
    """Each value of a document in turn is each odd value, and is missing: no traceback."""
    document, photographs = DOCUMENTS[name](), Photographs(place / "in")
    file = place / "document.json"
    read, refused = 0, []
    for where in places(document):
        for value in (*ODD, *([KeyError] if where else [])):
            file.write_text(json.dumps(spoilt(document, where, value)))
            try:
                read += len(list(read_file(file, sound_kind(name), photographs)))
            except ConfigError as error:
                refused.append(str(error))
    assert not [line for line in refused if "\n" in line]
    assert read > len(refused)


@pytest.mark.parametrize("name", DOCUMENTS)
@AS_OFTEN
@given(data=st.data())
def test_several_odd_values(name, place, data):
    """Up to three odd values at once, through to the written folder."""
    document = DOCUMENTS[name]()
    for _ in range(data.draw(st.integers(1, 3))):
        if not isinstance(document, dict | list) or len(places(document)) < 2:
            break
        where = data.draw(st.sampled_from(places(document)[1:]))
        document = spoilt(document, where, data.draw(st.sampled_from(ODD)))
    file = place / "document.json"
    file.write_text(json.dumps(document))
    imported(file, sound_kind(name), place)


@pytest.mark.parametrize("name", REAL)
@AS_OFTEN
@given(data=st.data())
def test_real_files_with_an_odd_value(name, place, shared_data, data):
    """The same in files of the tools themselves."""
    document = json.loads((shared_data / "annotated" / REAL[name]).read_text())
    where = data.draw(st.sampled_from(places(document)))
    value = data.draw(st.sampled_from(ODD))
    file = place / "document.json"
    file.write_text(json.dumps(spoilt(document, where, value)))
    imported(file, name, place)


@AS_OFTEN
@given(data=st.data())
def test_spoilt_xml(place, data):
    """Any attribute or text of CVAT's XML may be odd or missing."""
    spots = list(re.finditer(r'"[^"]*"|>[^<\n]+<', CVAT))
    spot = data.draw(st.sampled_from(spots))
    words = [str(value).replace("<", "").replace("&", "").replace('"', "") for value in ODD]
    word = data.draw(st.sampled_from(words))
    inner = CVAT[spot.start()] + word + CVAT[spot.end() - 1]
    text = CVAT[: spot.start()] + inner + CVAT[spot.end() :]
    if data.draw(st.booleans()):
        text = re.sub(r' \w+="[^"]*"', "", text, count=1)
    file = place / "document.xml"
    file.write_bytes(text.encode("utf-8", "replace"))
    imported(file, "cvat", place)


@AS_OFTEN
@given(data=st.binary(min_size=1, max_size=12), at=st.integers(0, 200), cut=st.integers(0, 200))
def test_spoilt_masks(place, data, at, cut):
    """Bytes of an index mask overwritten, and the file cut short."""
    index = np.zeros((HEIGHT, WIDTH), np.uint8)
    index[:9, :9] = 7
    whole = bytearray(cv2.imencode(".png", index)[1].tobytes())
    whole[at : at + len(data)] = data
    file = place / "masks" / "p0.png"
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(bytes(whole[: len(whole) - cut]))
    imported(file, "index", place)
