"""Damaged archives cost what cannot be read any more, say so, and nothing else."""

import io
import subprocess
import sys
import tarfile

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flows.ingest.archives import read_bytes
from flows.ingest.parquets import SMALL_GROUP
from flows.ingest.sources import list_candidates
from flows.ingest.tars import read_members
from schemas.errors import ConfigError, PictureError
from tests.conftest import ROOT

SIZE = 3000


def five(path, mode="w"):
    """A tar of five pictures; returns its bytes and where each header lies."""
    with tarfile.open(path, mode) as archive:
        for number in range(5):
            info = tarfile.TarInfo(f"{number}.jpg")
            info.size = SIZE
            archive.addfile(info, io.BytesIO(bytes([number]) * SIZE))
    with tarfile.open(path) as archive:
        return bytearray(path.read_bytes()), [member.offset for member in archive]


def outcome(*sources):
    """Names of the pictures that can be read, and the reasons of those that cannot."""
    read, lost = [], []
    for candidate in list_candidates([str(source) for source in sources]):
        try:
            assert len(read_bytes(candidate)) == SIZE
            read.append(candidate.path)
        except PictureError as error:
            lost.append(f"{error.reason}: {error.detail}")
    return read, lost


def test_a_flipped_bit_in_a_header_is_a_reject(tmp_path):
    """The pictures before it are used; the reject says where and after how many."""
    file = tmp_path / "w.tar"
    data, offsets = five(file)
    data[offsets[1] + 5] ^= 1
    file.write_bytes(data)
    read, (lost,) = outcome(file)
    assert read == ["w.tar!0.jpg"]
    assert lost == (
        f"archive_damaged: w.tar: a damaged header at byte {offsets[1]:,}, after 1 members"
    )


@pytest.mark.parametrize("members", [1, 2, 3, 4, 5])
def test_a_cut_at_a_header_is_a_reject(tmp_path, members):
    """Also where only the end of the archive is missing."""
    file = tmp_path / "w.tar"
    data, offsets = five(file)
    file.write_bytes(data[: [*offsets, offsets[4] + 512 + 3072][members]])
    read, (lost,) = outcome(file)
    assert len(read) == members
    assert f"no end of the archive at byte {file.stat().st_size:,}, after {members} " in lost


def test_every_cut_is_found(tmp_path):
    """Wherever a tar is cut, what is whole is used, what is not is never used, and it is said."""
    data, offsets = five(tmp_path / "w.tar")
    end = offsets[4] + 512 + 3072 + 1024
    for cut in range(600, end, 193):
        file = tmp_path / f"{cut}.tar"  # places are remembered by name
        file.write_bytes(data[:cut])
        read, lost = outcome(file)
        assert len(read) == sum(start + 512 + SIZE <= cut for start in offsets)
        assert [reason.partition(":")[0] for reason in lost] == ["archive_damaged"], cut


def test_zeros_in_the_middle_are_no_end(tmp_path):
    """A download with a hole, and archives put one after the other, are not taken for whole."""
    file = tmp_path / "w.tar"
    data, offsets = five(file)
    file.write_bytes(data[: offsets[2]] + bytes(offsets[3] - offsets[2]) + data[offsets[3] :])
    read, (lost,) = outcome(file)
    assert (len(read), "more data behind the end" in lost) == (2, True)
    (tmp_path / "two.tar").write_bytes(data + data)
    read, lost = outcome(tmp_path / "two.tar")
    assert (len(read), len(lost)) == (5, 1)


def test_sound_tars_have_no_damage(tmp_path):
    """Long names, other formats and links are no damage."""
    for number, kind in enumerate((tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT)):
        file = tmp_path / f"{number}.tar"
        with tarfile.open(file, "w", format=kind) as archive:
            name = "d/" * 60 + "x.jpg" if number else "x.jpg"
            info = tarfile.TarInfo(name)
            info.size = 4
            archive.addfile(info, io.BytesIO(b"data"))
            link = tarfile.TarInfo("link.jpg")
            link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
            archive.addfile(link)
        places, damage = read_members(file)
        assert (list(places), damage) == ([name], "")


def test_headers_that_claim_to_be_huge_or_lead_back(tmp_path):
    """Neither is a reader without end, nor one that takes all of the memory."""
    for size in (1 << 40, -(1 << 20)):
        file = tmp_path / f"{size}.tar"
        info = tarfile.TarInfo("a.jpg")
        info.type = tarfile.XHDTYPE
        info.size = size
        head = info.tobuf(tarfile.GNU_FORMAT)
        file.write_bytes(head + bytes(4096))
        with pytest.raises(ConfigError, match="not a readable uncompressed tar"):
            list_candidates([str(file)])


def test_one_broken_archive_among_many_is_a_reject(tmp_path):
    """In a folder and beside other sources; alone it is the user's mistake."""
    five(tmp_path / "a.tar")
    (tmp_path / "b.tar").write_bytes(b"no tar at all")
    pq.write_table(pa.table({"image": [bytes(SIZE)]}), tmp_path / "c.parquet")
    (tmp_path / "d.parquet").write_bytes((tmp_path / "c.parquet").read_bytes()[:-20])
    read, lost = outcome(tmp_path)
    assert len(read) == 6
    assert [reason.partition(": not")[0] for reason in lost] == [
        "archive_damaged: b.tar",
        "archive_damaged: d.parquet",
    ]
    read, lost = outcome(*sorted(tmp_path.iterdir()))
    assert (len(read), len(lost)) == (6, 2)
    for name, words in (
        ("b.tar", "not a readable uncompressed tar"),
        ("d.parquet", "not readable Parquet"),
    ):
        with pytest.raises(ConfigError, match=words):
            list_candidates([str(tmp_path / name)])


def test_a_row_group_that_unpacks_to_gigabytes_is_not_unpacked(tmp_path):
    """A few kilobytes that claim to hold more pictures than fit are rejects."""
    file = tmp_path / "bomb.parquet"
    table = pa.table({"image": [bytes(SMALL_GROUP // 2)] * 3})
    pq.write_table(table, file, compression="zstd", use_dictionary=False)
    assert file.stat().st_size < 100_000
    for candidate in list_candidates([str(file)]):
        with pytest.raises(PictureError, match=r"unreadable: .* that unpacks to 100,6"):
            read_bytes(candidate)


@pytest.mark.parametrize("name", ["image", "image.bytes", "pictures of a, b"])
def test_the_name_of_the_column_hides_no_size(tmp_path, name):
    """A dot in it is no way round the limit."""
    file = tmp_path / "bomb.parquet"
    table = pa.table({name: [bytes(SMALL_GROUP // 2)] * 3})
    pq.write_table(table, file, compression="zstd", use_dictionary=False)
    with pytest.raises(PictureError, match="that unpacks to 100,6"):
        read_bytes(list_candidates([str(file)])[0])


def large_group(file, megabytes, kind="bytes"):
    """One row group of rows of half a megabyte that no packing makes smaller."""
    rng = np.random.default_rng(1)
    rows = [rng.bytes(500_000 + number) for number in range(2 * megabytes)]
    values = [{"bytes": row, "path": None} for row in rows] if kind == "struct" else rows
    pq.write_table(pa.table({"image": values}), file, row_group_size=len(rows))
    return rows


@pytest.mark.parametrize("kind", ["bytes", "struct"])
def test_a_large_row_group_is_read_in_parts(tmp_path, kind):
    """In any order, every row is its own."""
    file = tmp_path / "large.parquet"
    rows = large_group(file, 100, kind)
    found = list_candidates([str(file)])
    assert len(found) == len(rows)
    for number in (0, 1, 120, 134, 135, 199, 198, 3, 100):
        assert read_bytes(found[number]) == rows[number], number


def test_a_row_group_over_the_limit_is_said_before_it_is_read(tmp_path):
    """The reject names the setting; with a higher limit the row is read."""
    file = tmp_path / "large.parquet"
    rows = large_group(file, 70)
    (candidate, *_) = list_candidates([str(file)])
    with pytest.raises(PictureError, match=r"allowed 67,108,864; .*\[ingest\] max_row_group_mb"):
        read_bytes(candidate, 64 << 20)
    assert read_bytes(candidate, 80 << 20) == rows[0]


READ = """
import sys
from flows.ingest.archives import read_bytes
from flows.ingest.sources import list_candidates
from tests.doubles.bombs import peak_megabytes
for candidate in list_candidates([sys.argv[1]])[::97]:
    assert len(read_bytes(candidate)) > 100_000
print(peak_megabytes())
"""


def test_the_largest_row_group_fits(tmp_path):
    """What is just within the limit takes less than 600 MB, the program included."""
    file = tmp_path / "large.parquet"
    large_group(file, 190)
    command = [sys.executable, "-c", READ, str(file)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert float(done.stdout) < 600
