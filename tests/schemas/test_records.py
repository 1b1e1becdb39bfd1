"""Records: golden schemas, round trips through Arrow, a fresh column reference."""

import json
from pathlib import Path

import pyarrow as pa
import pytest
from pydantic import ValidationError

from schemas.errors import ContractError
from schemas.record import Record, describe
from schemas.records import RECORDS, Picture, Reject, Sample, Screen

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests" / "golden" / "schemas.json"


def shape(record):
    """A record's columns as text."""
    fields = {
        field.name: f"{field.type}{'?' if field.nullable else ''}"
        for field in record.arrow_fields()
    }
    return {"version": record.version, "fields": fields}


def test_golden_schemas():
    """No column changes unnoticed: raise the version and rewrite the golden file together."""
    assert {record.__name__: shape(record) for record in RECORDS} == json.loads(GOLDEN.read_text())


def test_what_may_be_null_is_no_list_of_a_fixed_size():
    """Arrow before version 26, which trainers have, does not read those."""
    for record in RECORDS:
        for field in record.arrow_fields():
            assert not (field.nullable and pa.types.is_fixed_size_list(field.type)), field.name


@pytest.mark.parametrize(("box", "point"), [([0, 0, 1], None), (None, [1.0, 2.0, 3.0])])
def test_boxes_and_points_have_their_numbers(box, point):
    """Though their lists are of any length in the file, a record takes no other."""
    names = Sample.model_fields
    values = {name: None for name in names} | {"box": box, "point": point}
    with pytest.raises(ValidationError) as caught:
        Sample.model_validate(values)
    wrong = {error["loc"] for error in caught.value.errors() if "too_" in error["type"]}
    assert wrong == {("box",) if box else ("point",)}


def test_column_reference_is_fresh():
    """schemas/README.md holds the generated reference; regenerate with ``python -m schemas``."""
    assert describe(RECORDS) in (ROOT / "schemas" / "README.md").read_text()


def test_round_trip_through_arrow():
    """Records come back equal from a table, nested ones too."""
    screen = Screen(
        sharpness=1.5,
        noise=0.5,
        blockiness=1.0,
        detail=7.0,
        clipped=0.0,
        steadiness=9,
        focus=9,
        texture=1,
        blown=0,
        veil=0,
    )
    picture = Picture(
        picture_id="0" * 16,
        source="s",
        path="a/b.png",
        content_hash="0" * 64,
        file_hash="1" * 64,
        perceptual_hash="f" * 16,
        width=4,
        height=3,
        format="PNG",
        rules=["grey"],
        screen=screen,
        group="0" * 16,
        split="test",
        licence="",
    )
    assert Picture.from_table(Picture.table([picture])) == [picture]


def test_other_tables_are_refused():
    """A table of another record or version is not read as this one."""
    table = Reject.table([])
    with pytest.raises(ContractError, match="expected records Picture"):
        Picture.from_table(table)
    with pytest.raises(ContractError, match="expected records Reject"):
        Reject.from_table(pa.table({"stage": ["x"]}))


def test_every_field_needs_type_and_docstring():
    """A field without an Arrow type or a docstring is a bug that shows at once."""

    class Careless(Record):
        """No types."""

        name: str

    with pytest.raises(ContractError, match=r"Careless\.name"):
        Careless.arrow_schema()
