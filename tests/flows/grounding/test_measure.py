"""The oracle and the table: no errors give the truth, each error does what it says."""

import pytest

from annotators.language.grid import decoded, encoded
from flows.evaluation.benchmarks.giqa_boxes import iou
from flows.grounding.measure import Phrase, markdown, measure, rows_of
from flows.grounding.oracle import Errors, found_by_oracle, passes
from schemas.streams import Stream

NONE = Errors(0, 0, 0, 0, 0, 0)
BOX, NEXT, FAR = (0.1, 0.1, 0.4, 0.5), (0.4, 0.1, 0.7, 0.5), (0.75, 0.75, 0.95, 0.95)
PHRASES = [Phrase(f"r{n}", "dog", (BOX, NEXT), (FAR,)) for n in range(200)]


def test_without_errors_only_the_grid_is_lost():
    """A perfect detector has every box as well as cells can say it; merging changes nothing."""
    figures = measure(PHRASES, NONE, None, False)
    ceiling = sum(iou(box, decoded(*encoded(box))) for box in (BOX, NEXT)) / 2
    assert figures.miou == pytest.approx(ceiling)
    assert (figures.tag_recall, figures.precision, figures.boxes) == (1, 1, 400)
    assert measure(PHRASES, NONE, 0.00256, True) == figures


def test_each_error_as_often_as_told():
    """Misses, halves, inner boxes and twins come about as often as their shares."""
    for errors, expected in (
        (NONE._replace(miss=0.25), 300),
        (NONE._replace(fragment=0.25), 500),
        (NONE._replace(inner=0.25), 500),
        (NONE._replace(twin=0.25), 500),
    ):
        assert measure(PHRASES, errors, None, False).boxes == pytest.approx(expected, rel=0.1)


def test_halves_share_an_edge_and_are_the_box():
    """A fragmented box comes in two parts that together are the box."""
    claims = found_by_oracle([BOX], [], NONE._replace(fragment=1), Stream(0))
    (first, second) = (claim.hit.box for claim in claims)
    assert (first[0], first[1], second[2], second[3]) == BOX
    assert first[3] == second[1] or first[2] == second[0]


def test_the_filter_takes_twins_and_errs_as_told():
    """A filter that is never wrong leaves no twin; one that always is leaves nothing else."""
    twins = NONE._replace(twin=1.0)
    assert measure(PHRASES, twins, None, False).precision == pytest.approx(0.5)
    assert measure(PHRASES, twins, None, True).precision == 1
    claims = found_by_oracle([BOX], [FAR], twins, Stream(0))
    wrong = twins._replace(filter=1.0)
    assert [passes(claim, wrong, Stream(1)) for claim in claims] == [False, True]


def test_a_filter_that_is_never_wrong_and_merging_beat_the_raw_boxes():
    """Of things alone, found in halves and with twins, both together raise mIoU and Tag-Recall."""
    single = [phrase._replace(boxes=(BOX,)) for phrase in PHRASES]
    table = rows_of(single, Errors(filter=0.0))
    raw, both = table["raw"], table["+ both, area 0.256"]
    assert both.miou > raw.miou + 0.03
    assert both.tag_recall > raw.tag_recall + 0.03
    assert both.precision > raw.precision + 0.2


def test_a_large_threshold_makes_one_of_neighbours():
    """Two things side by side stay two by default and become one box at the printed threshold."""
    assert measure(PHRASES, NONE, 0.00256, False).tag_recall == 1
    printed = measure(PHRASES, NONE, 0.256, False)
    assert printed.boxes == len(PHRASES)
    assert printed.miou < 0.5


def test_the_table_is_the_same_every_time():
    """Every row of the table stands on the same errors, and on nothing else."""
    first = markdown(rows_of(PHRASES[:20], Errors()))
    assert markdown(rows_of(PHRASES[:20], Errors())) == first
    assert first.count("\n") == 2 + 2 + 5 + 5
