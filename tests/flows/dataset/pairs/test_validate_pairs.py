"""What ``pairs`` wrote is read again by ``validate`` and drawn by ``look``."""

import json
import re
import shutil

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flows.dataset.pairs.make import PairSettings, make_pairs
from flows.dataset.pairs.validate import validate_pairs
from flows.store.layout import describe_file
from flows.store.png import decode_png, encode_png
from schemas.errors import ConfigError


@pytest.fixture(scope="module")
def made(dataset, photos, tmp_path_factory):
    """All ordered pairs of the dataset, with all questions."""
    out = tmp_path_factory.mktemp("made") / "pairs"
    make_pairs(dataset, out, PairSettings(per_picture=0, questions=50), [str(photos)])
    return out


@pytest.fixture
def copy(made, tmp_path):
    """A copy that may be damaged."""
    return shutil.copytree(made, tmp_path / "copy")


def rules(folder):
    return {found.rule for found in validate_pairs(folder)}


def seal(folder, *files):
    """Write the checksums of damaged files into the manifest, as a forger would."""
    manifest = json.loads((folder / "manifest.json").read_text())
    for entry in manifest["files"]:
        if entry["path"] in files:
            entry.update(size=0, sha256="")
            found = describe_file(folder, folder / entry["path"])
            entry.update(size=found.size, sha256=found.sha256)
    (folder / "manifest.json").write_text(json.dumps(manifest))


def change_lines(folder, name, change):
    path = folder / name
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    change(lines)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    seal(folder, name)


def change_rows(folder, change):
    path = folder / "data" / "train.parquet"
    table = pq.read_table(path)
    rows = table.to_pylist()
    change(rows)
    pq.write_table(pa.Table.from_pylist(rows, table.schema), path, row_group_size=len(rows))
    seal(folder, "data/train.parquet")


def test_what_was_made_is_right(spider, made):
    """The command finds nothing in a folder that pairs made, and counts as clean."""
    done = spider("validate", made)
    assert (done.returncode, done.stdout) == (0, f"{made}: no problem found\n"), done.stderr


def test_a_changed_byte_is_found(copy):
    """A file that is not as the manifest says, or that it does not know, is named."""
    (copy / "records" / "train.jsonl").write_text("")
    (copy / "graphs" / "more.jsonl").write_text("")
    assert rules(copy) == {"checksum", "unknown_file"}


def test_a_forged_relation_is_found(copy):
    """A relation that does not follow from its scores disagrees with graph, rows, pair, counts."""

    def forge(lines):
        region = next(r for line in lines for r in line["regions"] if r["relation"] != "same")
        region["relation"] = "same"

    change_lines(copy, "records/train.jsonl", forge)
    assert {"relation", "graph", "swapped", "counts"} <= rules(copy)


def test_a_forged_graph_is_found(copy):
    """A score that is only the graph's is found."""

    def forge(lines):
        lines[0]["graph"]["attributes"][2]["attribute"] = "0.1234"

    change_lines(copy, "graphs/train.jsonl", forge)
    assert rules(copy) == {"graph"}


def test_a_forged_answer_is_found(copy):
    """An answer that names the other picture fails the fact check."""

    def forge(rows):
        row = next(r for r in rows if r["form"] != "relation" and r["relation"] != "same")
        text = row["answer"].replace("first picture", "THAT")
        text = text.replace("second picture", "first picture").replace("THAT", "second picture")
        row["answer"] = row["messages"][1]["content"] = text

    change_rows(copy, forge)
    assert "wrong_picture" in rules(copy)


def test_forged_pixels_are_found(copy):
    """A region that is clean in both pictures has the same pixels in both."""

    def forge(rows):
        row = next(r for r in rows if not r["anchor_chain"] and not r["target_chain"])
        image = decode_png(row["images"][0]["bytes"])
        x0, y0, x1, y1 = row["box"]
        image = np.ascontiguousarray(image)
        image[y0:y1, x0:x1] ^= 255
        for other in rows:
            for side, picture in zip(("anchor", "target"), other["images"], strict=True):
                if other[side] == row["anchor"]:
                    picture["bytes"] = encode_png(image)

    change_rows(copy, forge)
    assert "pixels" in rules(copy)


def test_a_record_of_another_kind_is_found(copy, spider):
    """A line that lacks what every pair says is named, without a traceback."""
    change_lines(copy, "records/train.jsonl", lambda lines: lines[0].pop("regions"))
    done = spider("validate", copy)
    assert (done.returncode, "Traceback" in done.stderr) == (1, False), done.stderr
    assert "records/train.jsonl: : unreadable: KeyError: 'regions'" in done.stdout


def test_other_commands_say_what_it_is(spider, made):
    """A command that takes datasets says what such a folder is for, in one line."""
    done = spider("stats", made)
    assert done.returncode == 2
    assert "what pairs made, for `validate`, `look` and `export`" in done.stderr


def test_folders_of_before_are_refused(copy):
    """Without what the check needs, it says to run pairs again."""
    manifest = json.loads((copy / "manifest.json").read_text())
    del manifest["families"]
    (copy / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ConfigError, match="run pairs again"):
        list(validate_pairs(copy))


def test_both_pictures_are_looked_at(spider, made, tmp_path):
    """The page shows both pictures of each pair, its questions, and nothing from elsewhere."""
    page = tmp_path / "look.html"
    done = spider("look", made, "--rows", 12, "--out", page)
    assert done.returncode == 0, done.stderr
    html = page.read_text()
    shown = html.count('class="question"')
    assert 0 < shown <= 12
    assert f"{shown} questions about" in done.stdout
    assert html.count("<img ") == 2 * html.count("<article ")
    assert set(re.findall(r'src="(.{5})', html)) == {"data:"}
    assert html.count('data-outline="M') == shown
