"""ViDA-UGC's annotations: metadata and raw form, as records of what people said."""

import json
from collections import Counter

import numpy as np
import pytest

from annotators.human import vida
from annotators.human.marked import MarkedPicture
from annotators.human.meaning import meaning
from annotators.human.vocabulary import builtin_vocabulary
from annotators.regions.source import SkippedAnnotation
from flows.human.files import read_file
from flows.human.photographs import Photographs


def metadata(**more):
    """A record of train_metadata.json."""
    item = {
        "id": "1",
        "distortion": "Edge aliasing effect",
        "coordinates": [0, 0, 500, 1000],
        "severity": "Severe",
        "position": "The bird perched on the wire.",
        "significance_score": 4,
    }
    return {"image": "a.png", "width": 40, "height": 20, "distortions": [{**item, **more}]}


def only(record):
    """The picture of one record."""
    (found,) = vida.read([record], lambda name: (40, 20))
    return found


def test_a_box_in_thousandths_becomes_a_region_with_its_words():
    """Half the width is half the pixels; class, severity and position are understood."""
    picture = only(metadata())
    (region,) = picture.regions
    expected = np.zeros((20, 40), np.bool_)
    expected[:, :20] = True
    assert np.array_equal(region.mask, expected)
    said = meaning(region.said, builtin_vocabulary())
    assert said.label == "bird perched on the wire"
    assert [(flaw.family, flaw.severity) for flaw in said.flaws] == [("aliasing", 5)]


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ({"coordinates": [0, 0, 0, 10]}, "bad_shape"),
        ({"coordinates": [0, 0, "x", 10]}, "bad_value"),
        ({"coordinates": [0, 0, 10]}, "bad_value"),
    ],
)
def test_a_malformed_box_is_left_out_with_its_reason(broken, reason):
    """A box that is none costs the region or the picture, never the run."""
    found = only(metadata(**broken))
    problems = [found] if isinstance(found, SkippedAnnotation) else found.problems
    assert [problem.reason for problem in problems] == [reason]


def test_raw_classes_and_pixels():
    """The raw form has boxes in pixels under 13 classes, each of which has a family of ours."""
    names = ("Excessive darkness", "Banding effect", "Interlaced scanning", "Edge ringing Effect")
    box = {"tl": {"x": 5, "y": 5}, "br": {"x": 15, "y": 10}}
    record = {
        "filename": "a.png",
        "width": 40,
        "height": 20,
        "global": {},
        "local": {name: [box] for name in names},
    }
    picture = only(record)
    assert [int(region.mask.sum()) for region in picture.regions] == [50] * 4
    flaws = [meaning(region.said, builtin_vocabulary()).flaws[0] for region in picture.regions]
    assert [f.family for f in flaws] == ["darken", "banding", "aliasing", "ringing"]


def test_no_distortion_is_praise():
    """A picture in which nothing was marked is said to be without flaws."""
    picture = only({"image": "a.png", "width": 4, "height": 4, "distortions": []})
    assert meaning(picture.said, builtin_vocabulary()).scope == "clean"


def test_published_boxes_are_read_or_explained(shared_data, tmp_path):
    """Of 40 pictures of the benchmark and of the raw annotation every box is accounted for."""
    (tmp_path / "x.png").touch()
    photographs, vocabulary = Photographs(tmp_path), builtin_vocabulary()
    for name in ("vida_ugc_dist_info_v2_clean.json", "vida_ugc_benchmark_2k_excerpt.json"):
        records = json.loads((shared_data / "iqa_meta" / name).read_text())[:40]
        path = tmp_path / name
        path.write_text(json.dumps(records))
        found = list(read_file(path, "auto", photographs))
        assert all(isinstance(one, MarkedPicture) for one in found)
        regions = [region for picture in found for region in picture.regions]
        assert all(len(meaning(region.said, vocabulary).flaws) == 1 for region in regions)
        problems = Counter(p.reason for picture in found for p in picture.problems)
        assert len(regions) + sum(problems.values()) == sum(map(boxes_of, records))
        assert set(problems) <= {"bad_shape"}
        assert not vocabulary.missed


def boxes_of(record):
    """How many boxes a record has."""
    if "distortions" in record:
        return len(record["distortions"])
    return sum(len(boxes) for part in ("global", "local") for boxes in record[part].values())
