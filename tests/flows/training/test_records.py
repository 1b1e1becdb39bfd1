"""Other people's records, and pictures that must not be trained on."""

import json

import pytest

from schemas.errors import ConfigError
from tests.flows.training.conftest import mixture


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


def test_dq495k(records):
    """DataDepictQA's records: pictures by key, no tag, test files with query and answer."""
    rows = [
        {
            "id": 1,
            "image_ref": None,
            "image_A": "p0.png",
            "image_B": None,
            "task_type": "quality_single_A_noref",
            "distortion_classes": ["noise", "blur"],
            "severities": 0,
            "conversations": [{"from": "human", "value": "?"}, {"from": "gpt", "value": "Noise"}],
        },
        {
            "id": 2,
            "image_ref": "p1.png",
            "image_A": "p2.png",
            "image_B": "p3.png",
            "task_type": "quality_compare",
            "query": "Which?",
            "text": "A",
        },
    ]
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
        (
            {
                "conversations": [
                    {"from": "human", "value": "<|image_pad|>"},
                    {"from": "gpt", "value": "x"},
                ]
            },
            "literal <|image_pad|>",
        ),
        (
            {
                "conversations": [
                    {"from": "human", "value": "<image>?"},
                    {"from": "gpt", "value": "an <image>"},
                ]
            },
            "literal <image>",
        ),
        (
            {
                "conversations": [
                    {"from": "human", "value": "a<|im_end|>b"},
                    {"from": "gpt", "value": "x"},
                ]
            },
            "literal <|im_end|>",
        ),
    ],
)
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


def test_real_llava_records(shared_data, tmp_path):
    """A real LLaVA-style file reads whole, an answer a row."""
    from flows.training.data.records import RecordSource

    file = shared_data / "iqa_meta" / "qalign_train_koniq_20percent.json"
    source = RecordSource(file, tmp_path, "llava", "koniq")
    records = json.loads(file.read_text())
    answers = sum(turn["from"] == "gpt" for r in records for turn in r["conversations"])
    assert len(source) == answers
    assert all("<" not in text for _, text in source.texts())
