"""A folder of annotations is written whole or not at all, whoever kills it and when."""

import fcntl
import json
import os
import subprocess
import sys
import time

import pyarrow.parquet as pq
import pytest

from flows.human.folder import HumanFolder, HumanIndex, human_index
from flows.human.replace_folder import MARK, check_folder, replaced_whole
from schemas.errors import ConfigError
from tests.conftest import ROOT
from tests.flows.human.tasks import box, region, task

WRITER = """
import sys, time
from pathlib import Path
from flows.human.folder import HumanFolder
from flows.human.replace_folder import replaced_whole
out, word = Path(sys.argv[1]), sys.argv[2]
print("ready", flush=True)
while True:
    with replaced_whole(out) as part:
        for file in HumanFolder(part).files:
            file.write_text(word)
            time.sleep(0.002)
"""


def whole(folder):
    """The one word that all files of an import hold."""
    words = {file.read_text() for file in HumanFolder(folder).files}
    assert len(words) == 1
    return words.pop()


def write(out, word):
    with replaced_whole(out) as part:
        for file in HumanFolder(part).files:
            file.write_text(word)


def test_killed_at_any_moment_it_goes_on(tmp_path):
    """Twenty kills: the folder is never a mixture, and the same command always ends well."""
    out = tmp_path / "a"
    write(out, "0")
    (out / "mine.txt").write_text("the user's own")
    for number in range(1, 21):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(out), str(number)],
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )
        process.stdout.readline()
        time.sleep(0.003 * number + 0.01)
        process.kill()
        process.wait()
        process.stdout.close()
        if HumanFolder(out).report.exists():
            assert whole(out) in {str(number), f"{number - 1} again", "0"}
        write(out, f"{number} again")
        assert whole(out) == f"{number} again"
        assert (out / "mine.txt").read_text() == "the user's own"
        assert [p.name for p in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize("left", ["moved", "tidying"])
def test_what_a_kill_leaves_is_tidied_up(tmp_path, left):
    """Killed between the two renames, or while the older import was removed."""
    out, old = tmp_path / "a", tmp_path / "a.old"
    write(out, "old")
    (out / "mine.txt").write_text("x")
    (out / MARK).touch()
    out.rename(old)
    if left == "tidying":
        out.mkdir()
        for file in (*HumanFolder(out).files, out / MARK):
            file.write_text("new")
        HumanFolder(old).pictures.unlink()
    check_folder(out)
    write(out, "newer")
    assert (whole(out), (out / "mine.txt").read_text()) == ("newer", "x")
    assert not old.exists()


def test_foreign_folders_are_refused(tmp_path):
    """A folder of something else, under any of the three names, and a file, are left alone."""
    for name in ("a", "a.part", "a.old"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "x").write_text("x")
        with pytest.raises(ConfigError, match=r"is not empty|is in the way"):
            write(tmp_path / "a", "1")
        assert (folder / "x").read_text() == "x"
        (folder / "x").unlink()
        folder.rmdir()
    (tmp_path / "a").write_text("x")
    with pytest.raises(ConfigError, match="is a file"):
        write(tmp_path / "a", "1")


def test_one_import_at_a_time(tmp_path):
    """A second import into the folder is refused while the first writes."""
    out, part = tmp_path / "a", tmp_path / "a.part"
    part.mkdir()
    with (part / MARK).open("w") as mark:
        fcntl.flock(mark, fcntl.LOCK_EX)
        with pytest.raises(ConfigError, match="another import"):
            write(out, "1")
    write(out, "1")
    assert whole(out) == "1"


def test_another_import_replaces_the_first(images, spider, tmp_path):
    """Nothing of the first remains, and a process that read it reads the second."""
    out, file = tmp_path / "a", tmp_path / "e.json"
    for name, flaw in (("p0.png", "blur"), ("p1.png", "noise")):
        file.write_text(json.dumps([task(name, region("a", box(5, 5, 40, 40), "cup", [flaw]))]))
        assert spider("import", file, "--images", images, "--out", out).returncode == 0
        found = human_index(str(out))
        assert [picture.path for picture in found.pictures.values()] == [name]
        assert [[r.flaws[0].family for r in own] for own in found.regions.values()] == [[flaw]]
    assert sorted(p.name for p in out.iterdir()) == sorted(f.name for f in HumanFolder(out).files)


def test_nobody_annotated_anything():
    """Without a folder the index is empty."""
    assert human_index("") == HumanIndex.empty() == HumanIndex({}, {}, {})


def test_another_version_is_one_line(tmp_path):
    """A folder whose records are of another version asks for a new import."""
    for file in HumanFolder(tmp_path).files:
        file.write_text("")
    pq.write_table(pq.read_table(_foreign(tmp_path)), HumanFolder(tmp_path).pictures)
    with pytest.raises(ConfigError, match="import again"):
        human_index(str(tmp_path))


def _foreign(folder):
    import pyarrow as pa

    file = folder / "x.parquet"
    pq.write_table(pa.table({"a": [1]}), file)
    return file
