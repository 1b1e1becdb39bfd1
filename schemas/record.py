"""The base of every record: a frozen pydantic model that knows its Arrow schema.

The Arrow type stands beside each field, once, in ``Annotated``; the docstring under the field is
its description in the Parquet file and in the column reference.
"""

from collections.abc import Iterable
from types import NoneType
from typing import Any, ClassVar, Self, get_args

import pyarrow as pa
from pydantic import BaseModel, ConfigDict

from schemas.errors import ContractError

VERSION_KEY = b"iqa_spider.version"
RECORD_KEY = b"iqa_spider.record"


class Record(BaseModel):
    """One row of one table; raise ``version`` whenever a field changes."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    version: ClassVar[int] = 1

    @classmethod
    def arrow_fields(cls) -> list[pa.Field]:
        """The fields in order, with description and nullability."""
        fields = []
        for name, info in cls.model_fields.items():
            arrow = next((m for m in info.metadata if isinstance(m, pa.DataType)), None)
            if arrow is None or not info.description:
                raise ContractError(f"{cls.__name__}.{name}: needs an Arrow type and a docstring")
            nullable = NoneType in get_args(info.annotation)
            metadata = {"description": " ".join(info.description.split())}
            fields.append(pa.field(name, arrow, nullable=nullable, metadata=metadata))
        return fields

    @classmethod
    def arrow_struct(cls) -> pa.StructType:
        """The record as a nested type."""
        return pa.struct([pa.field(f.name, f.type) for f in cls.arrow_fields()])

    @classmethod
    def arrow_schema(cls) -> pa.Schema:
        """The record as a table schema, with name and version in the metadata."""
        metadata = {RECORD_KEY: cls.__name__.encode(), VERSION_KEY: str(cls.version).encode()}
        return pa.schema(cls.arrow_fields(), metadata=metadata)

    @classmethod
    def table(cls, records: Iterable[Self]) -> pa.Table:
        """Records as an Arrow table of exactly this schema."""
        return pa.Table.from_pylist([r.model_dump() for r in records], schema=cls.arrow_schema())

    @classmethod
    def from_table(cls, table: pa.Table) -> list[Self]:
        """The records of a table; a table of another record or version raises."""
        cls.check_schema(table.schema)
        return [cls.model_validate(row) for row in table.to_pylist()]

    @classmethod
    def check_schema(cls, schema: pa.Schema) -> None:
        """Raise ``ContractError`` unless the schema was written for this record and version."""
        metadata = schema.metadata or {}
        got = (metadata.get(RECORD_KEY, b"").decode(), metadata.get(VERSION_KEY, b"").decode())
        want = (cls.__name__, str(cls.version))
        if got != want:
            raise ContractError(f"expected records {want[0]} version {want[1]}, got {got}")


def describe(records: Iterable[type[Record]]) -> str:
    """The column reference of the given records in Markdown; ``schemas/README.md`` holds it."""
    lines: list[str] = []
    for record in records:
        summary = (record.__doc__ or "").strip().split("\n")[0]
        lines += [f"### {record.__name__} (version {record.version})", "", summary, ""]
        lines += ["| column | Arrow type | null | meaning |", "|---|---|---|---|"]
        lines += [_describe_field(field) for field in record.arrow_fields()]
        lines.append("")
    return "\n".join(lines)


def _describe_field(field: Any) -> str:
    kind = str(field.type)
    kind = kind if len(kind) < 60 else kind[:57] + "..."
    text = field.metadata[b"description"].decode().replace("|", "\\|")
    return f"| `{field.name}` | `{kind}` | {'yes' if field.nullable else ''} | {text} |"
