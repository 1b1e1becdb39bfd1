"""Sources: what counts as a candidate, in which order, and how its bytes are read."""

import io
import os
import tarfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flows.ingest.archives import read_bytes
from flows.ingest.sources import list_candidates
from schemas.candidate import Candidate
from schemas.errors import ConfigError, PictureError


def touch(folder: Path, *names: str) -> None:
    for name in names:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(name.encode())


def make_tar(path: Path, *names: str, mode: str = "w") -> None:
    with tarfile.open(path, mode) as archive:
        for name in names:
            info = tarfile.TarInfo(name)
            info.size = len(name)
            archive.addfile(info, io.BytesIO(name.encode()))


def paths(*sources: Path, limit: int | None = None) -> list[str]:
    return [c.path for c in list_candidates([str(s) for s in sources], limit)]


def test_folder_is_walked_in_order(tmp_path):
    """Pictures of any depth and case of ending, sorted; other files are left out."""
    touch(tmp_path, "b.PNG", "a.jpg", "sub/c.webp", "sub/deep/d.avif", "notes.txt", "sub/x.json")
    found = list_candidates([str(tmp_path)], None)
    assert [c.path for c in found] == ["a.jpg", "b.PNG", "sub/c.webp", "sub/deep/d.avif"]
    assert {(c.source, c.root, c.kind) for c in found} == {
        (tmp_path.name, str(tmp_path.resolve()), "file")
    }
    assert read_bytes(found[2]) == b"sub/c.webp"


def test_links_to_folders_are_not_followed(tmp_path):
    """A link to a folder is left out, so a loop cannot hang the walk; a link to a file is read."""
    touch(tmp_path, "in/a.jpg")
    (tmp_path / "in" / "loop").symlink_to(tmp_path / "in")
    (tmp_path / "in" / "b.jpg").symlink_to(tmp_path / "in" / "a.jpg")
    assert paths(tmp_path / "in") == ["a.jpg", "b.jpg"]


def test_links_out_of_the_folder_are_not_followed(tmp_path):
    """A picture that is a link out of the folder is rejected, an archive that is one is refused."""
    touch(tmp_path, "out.jpg", "in/a.jpg")
    make_tar(tmp_path / "out.tar", "t.jpg")
    (tmp_path / "in" / "b.jpg").symlink_to(tmp_path / "out.jpg")
    inside, outside = list_candidates([str(tmp_path / "in")])
    assert read_bytes(inside) == b"in/a.jpg"
    with pytest.raises(PictureError, match=r"unreadable: b\.jpg: a link that leaves"):
        read_bytes(outside)
    (tmp_path / "in" / "c.tar").symlink_to(tmp_path / "out.tar")
    with pytest.raises(ConfigError, match=r"c\.tar: a link that leaves its source"):
        list_candidates([str(tmp_path / "in")])


def test_files_that_are_named_may_be_links(tmp_path):
    """A link that is given as a source, or that a list names, is read."""
    touch(tmp_path, "out.jpg")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jpg").symlink_to(tmp_path / "out.jpg")
    (tmp_path / "in" / "list.txt").write_text("a.jpg\n")
    for source in ("a.jpg", "list.txt"):
        (found,) = list_candidates([str(tmp_path / "in" / source)])
        assert (found.path, read_bytes(found)) == ("a.jpg", b"out.jpg")


def test_what_is_no_plain_file_is_rejected(tmp_path):
    """A pipe, a device, a link to itself and impossible names reject one picture, and end."""
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "self.jpg").symlink_to(tmp_path / "self.jpg")
    (tmp_path / "list.txt").write_text(f"/dev/zero\n{'n' * 400}.jpg\nnul\0.jpg\nself.jpg\n")
    found = list_candidates([str(tmp_path), str(tmp_path / "list.txt")])
    assert len(found) == 6
    for candidate in found:
        with pytest.raises(PictureError) as caught:
            read_bytes(candidate)
        assert caught.value.reason == "unreadable"


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs a file that fails to read")
def test_faults_of_the_disk_are_no_rejects(tmp_path):
    """An OSError that is not about the file goes through, so that the shard is tried again."""
    memory = Candidate("s", "mem", "/proc/self", "mem", "listed")
    with pytest.raises(OSError, match="Input/output error"):
        read_bytes(memory)


def test_names_that_are_no_utf8(tmp_path):
    """A name in another encoding is recorded readably and still opened."""
    with open(os.fsencode(tmp_path) + b"/caf\xe9.jpg", "wb") as file:  # noqa: PTH123
        file.write(b"x")
    (candidate,) = list_candidates([str(tmp_path)], None)
    assert candidate.path == "caf\\xe9.jpg"
    assert read_bytes(candidate) == b"x"


def test_list_is_relative_to_itself(tmp_path):
    """Lines of a list are paths beside it; comments, blank and repeated lines are left out."""
    touch(tmp_path, "p/a.jpg", "p/b.jpg")
    (tmp_path / "list.txt").write_text("# mine\np/b.jpg\n\np/a.jpg\np/b.jpg\np/gone.jpg\n")
    found = list_candidates([str(tmp_path / "list.txt")], None)
    assert [c.path for c in found] == ["p/b.jpg", "p/a.jpg", "p/gone.jpg"]
    assert read_bytes(found[0]) == b"p/b.jpg"
    with pytest.raises(PictureError, match=r"unreadable: p/gone\.jpg") as caught:
        read_bytes(found[2])
    assert caught.value.reason == "unreadable"


def test_list_that_leads_elsewhere(tmp_path):
    """Absolute and climbing lines are recorded from the folder they share, each file once."""
    touch(tmp_path, "x/a.jpg", "y/b.jpg", "lists/c.jpg")
    file = tmp_path / "lists" / "list.txt"
    file.write_text(f"{tmp_path}/x/a.jpg\n../y/b.jpg\n../y/./b.jpg\r\nc.jpg\n")
    found = list_candidates([str(file)])
    assert [c.path for c in found] == ["x/a.jpg", "y/b.jpg", "lists/c.jpg"]
    assert [read_bytes(c) for c in found] == [b"x/a.jpg", b"y/b.jpg", b"lists/c.jpg"]
    file.write_text(f"{tmp_path}/lists/c.jpg\n")
    assert paths(file) == ["c.jpg"]


def test_copies_are_left_out_at_any_depth(tmp_path):
    """Distorted KADIS pictures and small KonIQ ones are left out where the originals lie beside."""
    touch(tmp_path, "k/ref_imgs/r.png", "k/dist_imgs/d.bmp", "q/512x384/1.jpg", "q/1024x768/1.jpg")
    touch(tmp_path, "z/512x384/2.jpg", "z/dist_imgs/e.bmp")
    assert paths(tmp_path) == [
        "k/ref_imgs/r.png",
        "q/1024x768/1.jpg",
        "z/512x384/2.jpg",
        "z/dist_imgs/e.bmp",
    ]


def test_known_data_sets(tmp_path):
    """Of KADIS-700k only pristine pictures are taken, of KonIQ-10k the larger size."""
    touch(tmp_path / "kadis", "ref_imgs/r.png", "dist_imgs/d.bmp")
    touch(tmp_path / "koniq", "512x384/1.jpg", "1024x768/1.jpg")
    touch(tmp_path / "small", "512x384/1.jpg")
    kadis, koniq, small = list_candidates([str(tmp_path / n) for n in ("kadis", "koniq", "small")])
    assert (kadis.source, kadis.path, read_bytes(kadis)) == ("kadis", "r.png", b"ref_imgs/r.png")
    assert (koniq.source, read_bytes(koniq)) == ("koniq", b"1024x768/1.jpg")
    assert read_bytes(small) == b"512x384/1.jpg"


def test_single_picture(tmp_path):
    """One file is a source of one candidate."""
    touch(tmp_path, "a.jpg")
    assert list_candidates([str(tmp_path / "a.jpg")]) == [
        Candidate("a.jpg", "a.jpg", str(tmp_path.resolve()), "a.jpg", "listed")
    ]


def test_tar(tmp_path):
    """Pictures of a tar in its order, read in any order; other members are left out."""
    make_tar(tmp_path / "w.tar", "z.jpg", "z.json", "d/a.png", "z.jpg")
    found = list_candidates([str(tmp_path / "w.tar")])
    assert [c.path for c in found] == ["w.tar!z.jpg", "w.tar!d/a.png"]
    assert [read_bytes(c) for c in reversed(found)] == [b"d/a.png", b"z.jpg"]
    with pytest.raises(PictureError, match="no such member"):
        read_bytes(found[0]._replace(member="q.jpg"))


def test_archives_inside_folders(tmp_path):
    """Archives below a folder are opened; a Parquet file without pictures is left out."""
    touch(tmp_path, "a.jpg")
    (tmp_path / "s").mkdir()
    make_tar(tmp_path / "s" / "w.tar", "m.jpg")
    pq.write_table(pa.table({"n": [1]}), tmp_path / "s" / "meta.parquet")
    assert paths(tmp_path) == ["a.jpg", "s/w.tar!m.jpg"]
    assert read_bytes(list_candidates([str(tmp_path)])[1]) == b"m.jpg"


@pytest.mark.parametrize("nested", [True, False])
def test_parquet(tmp_path, nested):
    """Rows of a picture column, as bytes or as a struct, over several row groups."""
    data = [b"0", b"1", None, b"3", b"4"]
    column = [{"bytes": d, "path": "p"} for d in data] if nested else data
    table = pa.table({"other": pa.array([b"x"] * 5), "n": range(5), "image": column})
    if nested:
        table = table.drop_columns("other")
    pq.write_table(table, tmp_path / "t.parquet", row_group_size=2)
    found = list_candidates([str(tmp_path / "t.parquet")])
    assert [c.path for c in found] == [f"t.parquet!{row}" for row in range(5)]
    assert [read_bytes(found[row]) for row in (4, 0, 3, 1)] == [b"4", b"0", b"3", b"1"]
    with pytest.raises(PictureError, match="no picture bytes"):
        read_bytes(found[2])


def test_folder_of_parquet(tmp_path):
    """A folder of Parquet files is read file by file."""
    for part in "ba":
        pq.write_table(pa.table({"image": [part.encode()]}), tmp_path / f"{part}.parquet")
    found = list_candidates([str(tmp_path)])
    assert [(c.path, read_bytes(c)) for c in found] == [
        ("a.parquet!0", b"a"),
        ("b.parquet!0", b"b"),
    ]


def test_damaged_pages_of_parquet(tmp_path):
    """A page that cannot be unpacked rejects its pictures."""
    file = tmp_path / "t.parquet"
    table = pa.table({"image": [bytes(9000)] * 3})
    pq.write_table(table, file, compression="snappy", use_dictionary=False)
    data = bytearray(file.read_bytes())
    start = pq.read_metadata(file).row_group(0).column(0).data_page_offset
    data[start + 40 : start + 400] = b"\xff" * 360
    file.write_bytes(data)
    for candidate in list_candidates([str(file)]):
        with pytest.raises(PictureError) as caught:
            read_bytes(candidate)
        assert caught.value.reason == "unreadable"


def test_vanished_archives(tmp_path):
    """An archive that is gone, or no archive any more, rejects the picture."""
    gone = Candidate("s", "w.tar!a.jpg", str(tmp_path / "w.tar"), "a.jpg", "tar")
    (tmp_path / "t.parquet").write_bytes(b"no Parquet at all")
    for candidate in (
        gone,
        gone._replace(root=str(tmp_path / "g.parquet"), member="0", kind="parquet"),
        gone._replace(root=str(tmp_path / "t.parquet"), member="0", kind="parquet"),
    ):
        with pytest.raises(PictureError) as caught:
            read_bytes(candidate)
        assert caught.value.reason == "unreadable"


def test_same_names_are_told_apart(tmp_path):
    """Two folders of one name get distinct source names, in the order given."""
    touch(tmp_path, "x/imgs/a.jpg", "y/imgs/a.jpg")
    found = list_candidates([str(tmp_path / "x/imgs"), str(tmp_path / "y/imgs")])
    assert [c.source for c in found] == ["imgs", "imgs~2"]


def test_limit_counts_over_all_sources(tmp_path):
    """The limit takes the first so many of everything."""
    touch(tmp_path, "x/1.jpg", "x/2.jpg", "y/3.jpg", "y/4.jpg")
    assert paths(tmp_path / "x", tmp_path / "y", limit=3) == ["1.jpg", "2.jpg", "3.jpg"]
    assert paths(tmp_path / "x", tmp_path / "y", limit=2) == ["1.jpg", "2.jpg"]


def test_mistakes_are_one_line(tmp_path):
    """Missing, empty, unknown and broken sources are ConfigErrors of one line."""
    touch(tmp_path, "e/readme.md", "x.docx", "b.tar", "b.parquet")
    make_tar(tmp_path / "z.tar", "a.jpg", mode="w:gz")
    pq.write_table(pa.table({"n": [1]}), tmp_path / "n.parquet")
    for name, message in {
        "gone": "no such file",
        "e": "no picture",
        "x.docx": "expected a folder",
        "b.tar": "not a readable",
        "z.tar": "uncompressed",
        "b.parquet": "not readable",
        "n.parquet": "expected a column",
    }.items():
        with pytest.raises(ConfigError, match=message) as caught:
            list_candidates([str(tmp_path / name)])
        assert "\n" not in str(caught.value)
        assert name in str(caught.value)
