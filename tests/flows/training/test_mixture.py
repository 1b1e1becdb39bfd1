"""What is trained on: sources, mixtures, leaks."""

import json
from collections import Counter

import cv2
import numpy as np
import pytest

from flows.training.data.flip import flip_text
from schemas.errors import ConfigError
from schemas.training import MixConfig, load_section


@pytest.fixture
def records(tmp_path):
    """Eight LLaVA records with pictures, one of two answers."""
    for number in range(8):
        pixels = np.random.default_rng(number).integers(0, 255, (40, 60, 3)).astype(np.uint8)
        cv2.imwrite(str(tmp_path / f"p{number}.png"), pixels)
    rows = [
        {"id": str(number), "image": f"p{number}.png", "qtype": "what" if number % 4 else "how",
         "conversations": [{"from": "human", "value": f"<image>\nWhat is on the left {number}?"},
                           {"from": "gpt", "value": "Noise on the left."}]}
        for number in range(8)
    ]  # fmt: skip
    rows[3]["conversations"] += [{"from": "human", "value": "How strong?"},
                                 {"from": "gpt", "value": "Strong."}]  # fmt: skip
    (tmp_path / "llava.json").write_text(json.dumps(rows))
    return tmp_path


def mixture(text, folder):
    """The mixture of a ``mix.toml``."""
    pytest.importorskip("datasets")
    from flows.training.data.mixture import Mixture

    path = folder / "mix.toml"
    path.write_text(text)
    return Mixture.load(load_section(MixConfig, path))


def test_sources_are_counted_and_read(dataset, records):
    """Caps, repeats and both kinds of source give exactly the rows that are counted."""
    mixed = mixture(
        f"""
[[source]]
path = "{dataset}"
cap = 10
repeat = 2.5
[[source]]
path = "{records}/llava.json"
kind = "llava"
""",
        records,
    )
    ours, theirs = mixed.counts["sources"].values()
    assert (ours["used"], ours["different"]) == (25, 10)
    assert (theirs["found"], theirs["used"]) == (9, 9)
    assert theirs["tasks"] == {"how": 2, "what": 7}
    assert mixed.counts["rows"] == len(mixed.drawn) == 34
    seen = Counter(Counter(mixed.row(n)["row_id"] for n in range(25)).values())
    assert seen == {3: 5, 2: 5}
    second = next(
        row for row in (mixed.row(n) for n in range(25, 34)) if row["row_id"].endswith("/3/1")
    )
    assert [message["role"] for message in second["prompt"]] == ["user", "assistant", "user"]
    assert second["completion"][0]["content"] == "Strong."
    assert "<image>" not in second["prompt"][0]["content"]
    assert second["images"][0].size == (60, 40)


def test_weights_share_a_total(dataset, records):
    """With weights, sources get their share of the total to the row, repeating where short."""
    mixed = mixture(
        f"""
total = 100
[[source]]
path = "{dataset}"
weight = 2
[[source]]
path = "{records}/llava.json"
kind = "llava"
weight = 1
""",
        records,
    )
    assert [part["used"] for part in mixed.counts["sources"].values()] == [67, 33]


def test_temperature_evens_tasks(dataset, records):
    """A high temperature gives tasks about the same number of rows, 1 leaves them alone."""
    text = f'[[source]]\npath = "{records}/llava.json"\nkind = "llava"\nrepeat = 4\n'
    plain, even = mixture(text, records), mixture(text + "temperature = 1000\n", records)
    assert next(iter(plain.counts["sources"].values()))["tasks"] == {"how": 8, "what": 28}
    tasks = next(iter(even.counts["sources"].values()))["tasks"]
    assert abs(tasks["how"] - tasks["what"]) <= 4


def test_same_file_same_rows(dataset, records):
    """A mixture is a function of its file; another seed gives another."""
    text = f'seed = 3\n[[source]]\npath = "{dataset}"\ncap = 20\nflip = 0.5\n'
    one, other = mixture(text, records), mixture(text, records)
    assert one.drawn.tolist() == other.drawn.tolist()
    assert one.counts == other.counts
    assert [one.row(n)["prompt"] for n in range(8)] == [other.row(n)["prompt"] for n in range(8)]
    assert mixture(text.replace("3", "4", 1), records).drawn.tolist() != one.drawn.tolist()


def test_other_processes_can_be_sent_it(dataset):
    """A mixture and its rows survive pickling, as workers that are not forked need."""
    import pickle

    pytest.importorskip("datasets")
    from flows.training.data.mixture import Mixture

    config = MixConfig(source=[{"path": str(dataset), "cap": 3, "flip": 0.5}])
    rows = Mixture.load(config).as_dataset()
    sent = pickle.loads(pickle.dumps(rows))
    assert sent[2]["prompt"] == rows[2]["prompt"]
    assert sent[2]["images"][0].tobytes() == rows[2]["images"][0].tobytes()


def test_flip_mirrors_picture_and_words(dataset, records):
    """A flipped row is the mirrored picture with left and right swapped, nothing else changed."""
    text = f'[[source]]\npath = "{dataset}"\ntasks = ["grounding"]\n'
    plain, flipped = mixture(text, records), mixture(text + "flip = 1.0\n", records)
    changed = 0
    for number in range(min(30, len(plain.drawn))):
        before, after = plain.row(number), flipped.row(number)
        said, now = (row["completion"][0]["content"] for row in (before, after))
        if before["images"][0].tobytes() == after["images"][0].tobytes():
            assert said == now
            continue
        changed += 1
        assert np.array_equal(
            np.asarray(before["images"][0])[:, ::-1], np.asarray(after["images"][0])
        )
        assert now == flip_text(said)
        assert ("left" in said.lower()) == ("right" in now.lower())
    assert changed > 5


def test_leaks_are_dropped_and_counted(dataset, records):
    """Pictures of evaluation sets are known by name, by file and by dataset."""
    (records / "bench.json").write_text(json.dumps([{"img_path": "x/p2.png", "question": "?"}]))
    base = f'evaluation = ["{records}/bench.json"]\n'
    source = f'[[source]]\npath = "{records}/llava.json"\nkind = "llava"\n'
    mixed = mixture(base + source, records)
    (counts,) = mixed.counts["sources"].values()
    assert (counts["leaked"], counts["used"]) == (1, 8)
    with pytest.raises(ConfigError, match=r"llava\.json/2: its picture is in"):
        mixture('leaks = "error"\n' + base + source, records)


def test_photograph_is_barred_by_its_hash(dataset, records):
    """A list of content hashes bars every row that was made from those photographs."""
    import pyarrow.parquet as pq

    files = sorted((dataset / "data").glob("train-*.parquet"))
    hashes = [h for file in files for h in pq.read_table(file)["content_hash"].to_pylist()]
    (records / "held-out.txt").write_text(f"# photographs\n{hashes[0]}\n")
    text = f'evaluation = ["{records}/held-out.txt"]\n[[source]]\npath = "{dataset}"\n'
    (counts,) = mixture(text, records).counts["sources"].values()
    assert counts["leaked"] == hashes.count(hashes[0])
    assert counts["used"] == len(hashes) - counts["leaked"]


def test_same_picture_under_another_name(records):
    """Pixels betray a renamed picture before training, to be dropped or refused as names are."""
    folder = records / "held-out"
    folder.mkdir()
    (folder / "other.png").write_bytes((records / "p5.png").read_bytes())
    text = f'evaluation = ["{folder}"]\n[[source]]\npath = "{records}/llava.json"\nkind = "llava"\n'
    mixed = mixture(text, records)
    (counts,) = mixed.counts["sources"].values()
    assert (counts["leaked"], counts["used"]) == (1, 8)
    assert all(not mixed.row(place)["row_id"].endswith("/5") for place in range(8))
    with pytest.raises(ConfigError, match=r"llava\.json/5: its picture is in"):
        mixture('leaks = "error"\n' + text, records)


def test_parquet_and_names_with_spaces_bar(records):
    """A Parquet file bars the pictures it names, nested ones too, and names may hold spaces."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = json.loads((records / "llava.json").read_text())
    (records / "p4.png").rename(records / "my p4.png")
    rows[4]["image"] = "my p4.png"
    (records / "llava.json").write_text(json.dumps(rows))
    table = {"image": [{"bytes": b"", "path": "x/p1.png"}, {"bytes": b"", "path": "x/my p4.png"}]}
    pq.write_table(pa.table(table), records / "bench.parquet")
    source = f'[[source]]\npath = "{records}/llava.json"\nkind = "llava"\n'
    mixed = mixture(f'evaluation = ["{records}/bench.parquet"]\n' + source, records)
    (counts,) = mixed.counts["sources"].values()
    assert counts["leaked"] == 2


def test_weight_without_rows_is_refused(records):
    """A source of which nothing is left cannot be given its share of the total."""
    (records / "all.txt").write_text("".join(f"p{number}.png\n" for number in range(8)))
    text = f'evaluation = ["{records}/all.txt"]\ntotal = 10\n'
    source = f'[[source]]\npath = "{records}/llava.json"\nkind = "llava"\nweight = 1\n'
    with pytest.raises(ConfigError, match=r"llava\.json: no row is left to give its weight to"):
        mixture(text + source, records)


def test_dq495k(records):
    """DataDepictQA's records: pictures by key, no tag, test files with query and answer."""
    rows = [
        {"id": 1, "image_ref": None, "image_A": "p0.png", "image_B": None,
         "task_type": "quality_single_A_noref", "distortion_classes": ["noise", "blur"],
         "severities": 0,
         "conversations": [{"from": "human", "value": "?"}, {"from": "gpt", "value": "Noise"}]},
        {"id": 2, "image_ref": "p1.png", "image_A": "p2.png", "image_B": "p3.png",
         "task_type": "quality_compare", "query": "Which?", "text": "A"},
    ]  # fmt: skip
    (records / "dq.json").write_text(json.dumps(rows))
    mixed = mixture(f'[[source]]\npath = "{records}/dq.json"\nkind = "dq495k"\n', records)
    found = {row["row_id"]: row for row in map(mixed.row, range(2))}
    assert len(found["dq.json/1"]["images"]) == 1
    assert len(found["dq.json/2"]["images"]) == 3
    assert found["dq.json/2"]["completion"][0]["content"] == "A"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"conversations": [{"from": "gpt", "value": "x"}]}, "record 0: an answer without"),
        ({"conversations": []}, "record 0: no answer"),
        ({"conversations": "x"}, "record 0: no list"),
        ({"image": ["p0.png", "p1.png"]}, "1 times <image> but 2 pictures"),
        ({"conversations": [{"from": "human", "value": "<|image_pad|>"},
                            {"from": "gpt", "value": "x"}]}, "literal <|image_pad|>"),
        ({"conversations": [{"from": "human", "value": "<image>?"},
                            {"from": "gpt", "value": "an <image>"}]}, "literal <image>"),
        ({"conversations": [{"from": "human", "value": "a<|im_end|>b"},
                            {"from": "gpt", "value": "x"}]}, "literal <|im_end|>"),
    ],
)  # fmt: skip
def test_broken_records_are_named(records, change, said):
    """A record that would damage training is one line with its number or row."""
    rows = json.loads((records / "llava.json").read_text())
    rows[0] |= change
    (records / "bad.json").write_text(json.dumps(rows))
    with pytest.raises(ConfigError) as error:
        mixture(f'[[source]]\npath = "{records}/bad.json"\nkind = "llava"\n', records)
    assert said in str(error.value)


def test_lines_of_json_may_hold_any_character(records):
    """Records a line each are cut at line feeds alone, and a byte order mark is no record."""
    rows = json.loads((records / "llava.json").read_text())
    rows[0]["conversations"][1]["value"] = "One\u2028two\x85three."
    lines = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    (records / "lines.jsonl").write_text("\ufeff" + lines, encoding="utf-8")
    mixed = mixture(f'[[source]]\npath = "{records}/lines.jsonl"\nkind = "llava"\n', records)
    said = {mixed.row(place)["completion"][0]["content"] for place in range(9)}
    assert "One\u2028two\x85three." in said


def test_pictures_stay_inside_their_folder(records):
    """A picture path that leaves the folder, and one that is not there, name the row at once."""
    for name, said in (("../secret.png", "lies outside"), ("gone.png", "No such file")):
        rows = json.loads((records / "llava.json").read_text())[:1]
        rows[0]["image"] = name
        (records / "bad.json").write_text(json.dumps(rows))
        with pytest.raises(ConfigError, match=f"bad.json/0.*{said}"):
            mixture(f'[[source]]\npath = "{records}/bad.json"\nkind = "llava"\n', records)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[source]]\npath = "x"\nweight = 1\n', "weight and total belong together"),
        ('total = 9\n[[source]]\npath = "x"\nweight = 1\nrepeat = 2\n', "has no repeat"),
        ('[[source]]\npath = "x"\nrepaet = 2\n', "repaet"),
        ("seed = 1\n", "source"),
        ('[[source]]\npath = "nowhere.json"\nkind = "llava"\n', "nowhere.json"),
    ],
)
def test_mistakes_in_the_mixture(tmp_path, text, said):
    """A mistake in ``mix.toml`` is one line that names it."""
    with pytest.raises(ConfigError) as error:
        mixture(text, tmp_path)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_real_llava_records(shared_data, tmp_path):
    """A real LLaVA-style file reads whole, an answer a row."""
    from flows.training.data.records import RecordSource

    file = shared_data / "iqa_meta" / "qalign_train_koniq_20percent.json"
    source = RecordSource(file, tmp_path, "llava", "koniq")
    records = json.loads(file.read_text())
    answers = sum(turn["from"] == "gpt" for r in records for turn in r["conversations"])
    assert len(source) == answers
    assert all("<" not in text for _, text in source.texts())
