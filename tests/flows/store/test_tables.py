"""Dataset files: each picture held once, and the very file that plain rows would give."""

import pyarrow as pa
import pyarrow.parquet as pq

from flows.store.tables import (
    IMAGE,
    StoredPicture,
    dataset_schema,
    dataset_table,
    dataset_writer,
    parquet_options,
)
from schemas.records import Sample


def blank(kind):
    """A value of an Arrow type."""
    if pa.types.is_struct(kind):
        return {field.name: blank(field.type) for field in kind}
    if pa.types.is_fixed_size_list(kind):
        return [blank(kind.value_type)] * kind.list_size
    if pa.types.is_list(kind):
        return [blank(kind.value_type)]
    return "text" if pa.types.is_string(kind) else 1


def test_a_file_is_that_of_plain_rows(tmp_path):
    """Two row groups of several pictures give the bytes that one dictionary a row gives."""
    base, wanted = Sample.arrow_schema(), dataset_schema()
    plain = pq.ParquetWriter(tmp_path / "plain", wanted, **parquet_options(wanted))
    writer = None
    for counts in ((3, 1, 2), (1, 4)):
        pictures = [StoredPicture(b"png%d" % n * 50, f"{n}.png", n) for n in counts]
        rows = [{f.name: blank(f.type) for f in base} for n in counts for _ in range(n)]
        table = dataset_table(rows, pictures)
        writer = writer or dataset_writer(tmp_path / "ours", table.schema)
        writer.write_table(table, row_group_size=len(rows))
        images = [{"bytes": p.png, "path": p.path} for p in pictures for _ in range(p.rows)]
        whole = [{IMAGE: image, **row} for image, row in zip(images, rows, strict=True)]
        plain.write_table(pa.Table.from_pylist(whole, schema=wanted), row_group_size=len(rows))
    writer.close()
    plain.close()
    assert (tmp_path / "ours").read_bytes() == (tmp_path / "plain").read_bytes()
    assert pq.read_schema(tmp_path / "ours").equals(wanted)
