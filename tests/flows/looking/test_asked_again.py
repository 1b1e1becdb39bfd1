"""Rows that people found wrong are asked again, and nothing but their answers changes."""

import json

import pyarrow.parquet as pq
import pytest

from annotators.answers.conversation import AGAIN_TEMPERATURE
from flows.looking.study.apply import apply_study, ask_anew
from flows.looking.study.draw import draw_study
from flows.looking.study.folder import ratings_of, write_study
from flows.looking.study.server import open_study
from flows.looking.study.store import Said
from flows.run.command import run_build
from flows.run.slices import run_finish, run_plan, run_shards
from flows.store.asked_again import FILE, askings_in, read_askings, rounds_of, write_askings
from schemas.errors import ConfigError
from schemas.settings.config import RunConfig
from schemas.streams import derive_key
from tests.doubles.chat_server import serving
from tests.flows.model.test_chat_build import obedient
from tests.flows.run.test_build import parquet_bytes

SEED = 4
SECOND = derive_key(SEED, "again", 1) % 2**31
REMARK = " This is plain to see."


def reply(body, number):
    """Says the draft again; under another seed with a sentence behind it."""
    said = json.loads(obedient(body, number))
    if "answer" in said and body["seed"] not in (0, SEED):
        said["answer"] += REMARK
    return json.dumps(said)


@pytest.fixture(scope="module")
def server():
    """A model whose text depends on the seed, as that of any does when it is warm."""
    with serving(reply) as found:
        yield found


@pytest.fixture(scope="module")
def config(server):
    """Of a build in which that model writes."""
    answers = {"writer": "vllm", "model": "m", "mode": "paraphrase", "endpoints": (server.url,)}
    plain = {"seed": SEED, "limit": 4, "shard_size": 2, "answers": answers, "run": {"look": False}}
    return RunConfig.parse(plain, "test")


def rows_of(out):
    """Rows by id."""
    files = sorted((out / "data").iterdir())
    return {row["row_id"]: row for file in files for row in pq.read_table(file).to_pylist()}


def rated(out, folder, low):
    """A study of all rows by one person, who gives 4, and 1 to what is low by dimension."""
    drawn = draw_study(out, ("ada",), 1, None, crossed=0, each=1, seed=0)
    write_study(folder, drawn)
    said = [
        Said("ada", item.row_id, one.name, 1 if item.row_id in low.get(one.name, ()) else 4)
        for item in drawn.items
        for one in drawn.dimensions
    ]
    ratings_of(folder).save(*said)
    return folder


def test_what_people_found_wrong_is_asked_again(photos, server, config, tmp_path):
    """Asked once more under another seed, it has the second answer; all else stays as it was."""
    out, study = tmp_path / "d", tmp_path / "study"
    run_build([str(photos)], out, config)
    before = rows_of(out)
    assert "asked_again" not in json.loads((out / "manifest.json").read_text())
    first = list(server.bodies)
    long = sorted(id_ for id_, row in before.items() if row["sub_task"] != "short")
    short = next(id_ for id_, row in before.items() if row["sub_task"] == "short")
    wrong = [long[0], long[1], long[-1]]
    rated(out, study, {"accuracy": [*wrong[:2], short], "wording": wrong[2:], "region": [long[2]]})

    asked = ask_anew(study, out, 3)
    assert asked.rows == sorted(wrong)
    assert asked.helpless == 2  # what is computed, and what has a wrong region
    with pytest.raises(ConfigError, match="no row below"):
        ask_anew(study, out, 3)

    server.bodies.clear()
    run_build([str(photos)], out, config)
    again = [body for body in server.bodies if body not in first]
    assert len(again) == len(wrong)
    assert {body["seed"] for body in again} == {SECOND}
    assert {body["temperature"] for body in again} == {AGAIN_TEMPERATURE}

    after = rows_of(out)
    assert {id_ for id_ in before if before[id_] != after[id_]} == set(wrong)
    for id_ in wrong:
        assert after[id_]["answer"].endswith(REMARK)
        assert {n for n, value in after[id_].items() if value != before[id_][n]} <= {
            "answer",
            "semantic_answer",
            "messages",
            "attempts",
        }
    manifest = json.loads((out / "manifest.json").read_text())
    assert rounds_of(askings_in(manifest)) == dict.fromkeys(wrong, 1)
    assert manifest["asked_again"][0]["below"] == 3

    with pytest.raises(ConfigError, match="draw a new study"):
        open_study(study, out)
    assert apply_study(study, out, tmp_path / "better", 3).dropped == 2  # the helpless ones

    elsewhere = tmp_path / "elsewhere"  # the manifest is enough to make the same bytes again
    run_plan([str(photos)], elsewhere, config)
    write_askings(elsewhere / ".work", askings_in(manifest))
    run_shards(elsewhere, "0-1", config)
    run_finish(elsewhere, config)
    assert parquet_bytes(elsewhere) == parquet_bytes(out)


def test_a_second_round_has_a_seed_of_its_own(photos, server, config, tmp_path):
    """A row of two rounds is asked under the seed of the last; one of the first keeps its."""
    out = tmp_path / "d"
    run_build([str(photos)], out, config)
    long = sorted(id_ for id_, row in rows_of(out).items() if row["sub_task"] != "short")
    for round_, rows in enumerate((long[:2], long[1:2]), 1):
        ask_anew(rated(out, tmp_path / f"study{round_}", {"accuracy": rows}), out, 3)
        server.bodies.clear()
        run_build([str(photos)], out, config)
        seed = derive_key(SEED, "again", round_) % 2**31
        assert [body["seed"] for body in server.bodies if body["seed"] != 0].count(seed) == len(
            rows
        )
    assert rounds_of(read_askings(out / ".work")) == {long[0]: 1, long[1]: 2}


def test_without_a_model_nothing_is_asked(dataset, tmp_path):
    """Templates say the same again: refused, and nothing is noted."""
    row = next(iter(rows_of(dataset)))
    study = rated(dataset, tmp_path / "study", {"accuracy": [row]})
    with pytest.raises(ConfigError, match="no model wrote"):
        ask_anew(study, dataset, 3)
    assert not (dataset / ".work" / FILE).exists()


def test_a_damaged_file_is_the_users_to_hear_of(tmp_path):
    """What is no list of askings is one line, not a build without them."""
    for text in ("{", "[1]", '[{"why": 1}]', "[" * 100_000):
        (tmp_path / FILE).write_text(text)
        with pytest.raises(ConfigError, match="damaged"):
            read_askings(tmp_path)
