"""A dataset from elsewhere runs nothing, and says nothing that a terminal obeys."""

import json
import shutil

import pyarrow.parquet as pq
import pytest

from distortions.families import BUILT_IN, MORE
from flows.dataset.manifest import SHIPPED, families_in
from flows.evaluation.truth import load_bench
from flows.run.online.train_pictures import TrainPictures
from schemas.errors import ConfigError
from schemas.families import Family

EVIL = "from pathlib import Path\nPath(__file__).with_name('ran').touch()\n"
HOSTILE = "[/foo] \x1b[31mred\nnext"


@pytest.fixture
def foreign(dataset, tmp_path):
    """A copy of a dataset whose manifest names a plugin that lies in its folder."""
    folder = tmp_path / "foreign"
    shutil.copytree(dataset, folder)
    (folder / "evil.py").write_text(EVIL)
    file = folder / "manifest.json"
    manifest = json.loads(file.read_text())
    manifest["config"]["plugins"] = [str(folder / "evil.py")]
    file.write_text(json.dumps(manifest))
    return folder


def test_its_plugins_are_not_run(foreign, photos, spider):
    """Checked, scored and drawn from again, a dataset runs no code that its manifest names."""
    done = spider("validate", foreign, "--source", photos)
    assert (done.returncode, "no problem found" in done.stdout) == (0, True), done.stderr
    assert load_bench(foreign, "all").samples
    with pytest.raises(ConfigError, match=r"evil.py; they are code .* got 0"):
        TrainPictures(foreign, [str(photos)])
    assert not (foreign / "ran").exists()


def test_the_manifest_tells_a_plugins_words():
    """What its families are called is known without it, and from older manifests a little."""
    assert {family.name for family in (*BUILT_IN, *MORE)} == SHIPPED
    entry = {"noun": "drops of rain", "aliases": ["raindrops"], "effects": ["blurs spots"]}
    manifest = {"families": ["blur", "wet", "old_one"], "plugin_families": {"wet": entry}}
    found = families_in({"parts": [manifest]})
    assert found["wet"] == Family("wet", "drops of rain", ("raindrops",), ("blurs spots",))
    assert found["old_one"].noun == "old one"
    assert found["blur"] in BUILT_IN


def test_its_text_is_no_markup_and_no_escape_code(foreign, spider):
    """What ``stats`` and ``validate`` repeat of it is plain text in its line."""
    file = sorted((foreign / "records").glob("degraded-*"))[0]
    table = pq.read_table(file)
    rows = table.to_pylist()
    next(row for row in rows if row["chain"])["chain"][0]["family"] = HOSTILE
    pq.write_table(table.from_pylist(rows, schema=table.schema), file)
    stray = foreign / "data" / "a\x1b[31m\nb.parquet"
    stray.write_bytes(b"")
    done = spider("validate", foreign)
    assert (done.returncode, "\x1b" in done.stdout) == (1, False), done.stderr
    assert "data/a?[31m?b.parquet: : unknown_file" in done.stdout
    stray.unlink()
    for name in ("ledger", ".work"):
        shutil.rmtree(foreign / name, ignore_errors=True)
    done = spider("stats", foreign)
    assert (done.returncode, "\x1b" in done.stdout) == (0, False), done.stderr
    assert "[/foo] ?[31mred?next" in done.stdout
