"""Named boxes in texts: cells by hand, every notation there and back, what does not parse."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotators.language.grid import cell, decoded, encoded, middle
from annotators.language.notation import (
    NOTATIONS,
    Cited,
    parse,
    resized,
    rewritten,
    write,
)
from schemas.errors import ConfigError, UnknownNameError

SHARES = st.floats(0, 1)
TOWER = Cited("tower", ((0.76, 0.06, 0.97, 0.78),))
CUPS = Cited('left "cups"', ((0.06, 0.01, 0.14, 0.13), (0.4, 0.02, 0.49, 0.14)))
SIZE = (640, 427)


def box(x, y):
    """A box from two pairs of shares in any order."""
    return min(x), min(y), max(x), max(y)


BOXES = st.builds(box, st.tuples(SHARES, SHARES), st.tuples(SHARES, SHARES))


def test_cells_by_hand():
    """Rows count twenty cells each; the far edges fall into the last cell."""
    assert [cell(0, 0), cell(0.99, 0), cell(0, 0.05), cell(1, 1)] == [0, 19, 20, 399]
    assert middle(21) == pytest.approx((1.5 / 20, 1.5 / 20))
    with pytest.raises(ValueError, match="cell 400 is not from 0 to 399"):
        middle(400)


@given(SHARES, SHARES)
def test_cells_round_trip(x, y):
    """A corner comes back within half a cell, and its cell comes back exactly."""
    index = cell(x, y)
    back = middle(index)
    assert cell(*back) == index
    assert max(abs(back[0] - x), abs(back[1] - y)) <= 0.5 / 20 + 1e-9


def test_the_published_form():
    """A mention is the name in brackets and its cells in angle brackets, one blank inside."""
    assert write(TOWER) == "[tower](<35, 319>)"
    assert write(CUPS) == '[left "cups"](<1, 42>, <8, 49>)'
    assert parse("The texture of the [tower](<35, 319>) is clear.") == (
        "The texture of the tower is clear.",
        (Cited("tower", (decoded(35, 319),)),),
        0,
    )


@pytest.mark.parametrize("notation", NOTATIONS)
@given(st.lists(BOXES, min_size=1, max_size=3))
def test_every_notation_comes_back(notation, boxes):
    """Names come back exactly, boxes within the notation's step, alone and found out."""
    cited = Cited("left cup", tuple(boxes))
    text = f"Here the {write(cited, notation, SIZE)} is blurred."
    step = {"grid20": 0.0251, "grid40": 0.0126, "qwen25vl": 0.002}.get(notation, 0.00051)
    for said in (notation, *(() if notation == "grid40" else ("",))):
        found = parse(text, said, SIZE)
        assert found.plain == "Here the left cup is blurred."
        assert (len(found.cited), found.malformed) == (1, 0)
        for one, other in zip(found.cited[0].boxes, boxes, strict=True):
            assert one == pytest.approx(other, abs=step)


def test_other_models_words():
    """The three models' own words for a box."""
    assert write(TOWER, "float3") == "[tower]([0.760, 0.060, 0.970, 0.780])"
    assert write(TOWER, "qwen2vl") == (
        "<|object_ref_start|>tower<|object_ref_end|><|box_start|>(760,60),(970,780)<|box_end|>"
    )
    assert write(TOWER, "internvl") == "<ref>tower</ref><box>[[760, 60, 970, 780]]</box>"
    assert write(TOWER, "qwen25vl", SIZE) == '{"bbox_2d": [489, 25, 625, 328], "label": "tower"}'
    assert parse(write(CUPS, "qwen25vl", SIZE), size=SIZE).cited[0].name == 'left "cups"'


def test_two_objects_side_by_side_stay_two():
    """Objects of different names are different mentions, though only a comma parts them."""
    text = f"{write(TOWER, 'qwen25vl', SIZE)}, {write(CUPS, 'qwen25vl', SIZE)}"
    assert [len(one.boxes) for one in parse(text, size=SIZE).cited] == [1, 2]


@pytest.mark.parametrize(
    "text",
    ["[a](<0, 400>)", "[a](<21, 0>)", "[a](<-1, 3>)", "<ref>a</ref><box>[[5, 5, 1, 1]]</box>"],
)
def test_malformed_mentions_are_counted(text):
    """Cells that are not, and corners the wrong way round, are counted and never mended."""
    assert parse(text) == ("a", (), 1)


@pytest.mark.parametrize("text", ["[a](b)", "[a](<1>)", "[a]<1, 2>", "a (1, 2)", "[](<1, 2>)"])
def test_what_does_not_parse_is_text(text):
    """Anything else in brackets stays as it is."""
    assert parse(text) == (text, (), 0)


def test_pixels_need_a_size():
    """Pixels of a resized picture mean nothing without its size."""
    with pytest.raises(ConfigError, match="need the width and height"):
        write(TOWER, "qwen25vl")
    with pytest.raises(UnknownNameError, match="grid21"):
        parse("", "grid21")


@pytest.mark.parametrize(
    ("size", "expected"),
    [((640, 427), (644, 420)), ((20, 20), (56, 56)), ((8000, 6000), (4116, 3080))],
)
def test_resizing(size, expected):
    """Multiples of 28 within the limits of the area."""
    assert resized(size) == expected


def test_rewriting_keeps_all_but_the_mentions():
    """Cells become any notation, or names, from the exact boxes; a wrong number is a mistake."""
    text = f"The {write(TOWER)} is clear, the {write(CUPS)} are not."
    assert rewritten(text, [TOWER, CUPS], "names") == 'The tower is clear, the left "cups" are not.'
    other = rewritten(text, [TOWER, CUPS], "qwen2vl")
    assert other.count("<|box_start|>") == 3
    assert rewritten(text, [TOWER, CUPS], "grid20") == text
    assert encoded(TOWER.boxes[0], 40) == (110, 1278)
    for wrong in ([TOWER], [TOWER, CUPS, TOWER]):
        with pytest.raises(ValueError, match="mentions than boxes"):
            rewritten(text, wrong, "names")
