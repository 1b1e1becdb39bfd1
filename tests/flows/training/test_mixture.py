"""What is trained on: sources and mixtures of them."""

import re
from collections import Counter

import numpy as np
import pytest

from flows.training.data.flip import flip_text
from schemas.errors import ConfigError
from schemas.settings.training import MixConfig
from tests.flows.training.conftest import mixture


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


def test_weight_without_rows_is_refused(records):
    """A source of which nothing is left cannot be given its share of the total."""
    (records / "all.txt").write_text("".join(f"p{number}.png\n" for number in range(8)))
    text = f'evaluation = ["{records}/all.txt"]\ntotal = 10\n'
    source = f'[[source]]\npath = "{records}/llava.json"\nkind = "llava"\nweight = 1\n'
    with pytest.raises(ConfigError, match=r"llava\.json: no row is left to give its weight to"):
        mixture(text + source, records)


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


PAIR = """
[[source]]
path = "{0}/llava.json"
kind = "llava"
name = "one"
[[source]]
path = "{0}/llava.json"
kind = "llava"
name = "two"
cap = 2
"""


def test_temperature_evens_sources(records):
    """A high temperature over sources gives each about the same number of rows."""
    plain = mixture(PAIR.format(records), records)
    even = mixture("temperature = 1000\n" + PAIR.format(records), records)
    used = [[part["used"] for part in m.counts["sources"].values()] for m in (plain, even)]
    assert used[0] == [9, 2]
    assert sum(used[1]) == 11
    assert abs(used[1][0] - used[1][1]) <= 1
    exact = mixture("temperature = 2\ntotal = 100\n" + PAIR.format(records), records)
    assert [part["used"] for part in exact.counts["sources"].values()] == [68, 32]


def test_stages_have_exact_counts_and_come_one_after_the_other(records):
    """Each stage holds the tasks and sources it may, to the row, and nothing comes too early."""
    text = PAIR.format(records) + '[[stage]]\nuntil = 0.3\ntasks = ["how"]\n'
    text += "[[stage]]\nuntil = 1.0\nweights = { one = 3, two = 1 }\n"
    mixed = mixture(text, records)
    first, second = mixed.counts["stages"]
    assert (first["rows"], second["rows"]) == (3, 8)
    assert {name for part in first["sources"].values() for name in part["tasks"]} == {"how"}
    assert [part["used"] for part in second["sources"].values()] == [6, 2]
    begin = [mixed._sources[s].tasks()[row] for s, row, _ in mixed.drawn[:3].tolist()]
    assert begin == ["how"] * 3
    by_source = [part["used"] for part in mixed.counts["sources"].values()]
    assert sum(by_source) == mixed.counts["rows"] == len(mixed.drawn) == 11
    again = mixture(text, records)
    assert again.drawn.tolist() == mixed.drawn.tolist()


@pytest.mark.parametrize(
    ("stage", "message"),
    [
        ("until = 0.5\n", "the last at 1"),
        ('until = 1.0\ntasks = ["nothing"]\n', "stage 1: no row is left for it"),
        ("until = 1.0\nweights = { three = 1 }\n", "no source is called 'three'"),
    ],
)
def test_a_stage_that_cannot_be_is_one_clear_line(records, stage, message):
    """What is wrong is said before anything is trained."""
    with pytest.raises(ConfigError, match=message):
        mixture(PAIR.format(records) + "[[stage]]\n" + stage, records)


def test_contradicting_answers_are_reported(records):
    """The same picture and question with another answer is told with both rows; nothing stops."""
    import json

    rows = json.loads((records / "llava.json").read_text())
    other = json.loads(json.dumps(rows[:2]))
    other[0]["conversations"][1]["value"] = "Blur on the left."
    (records / "other.json").write_text(json.dumps(other))
    text = f'[[source]]\npath = "{records}/other.json"\nkind = "llava"\n' + PAIR.format(records)
    found = mixture(text, records).counts["conflicts"]
    assert found["questions"] == 1
    assert sorted(found["first"][0]["rows"])[0].startswith("one/0")
    assert any(row.startswith("other.json/0") for row in found["first"][0]["rows"])


def test_rows_are_augmented_in_a_mixture(records):
    """A rule of the source mirrors pictures with their words, the same on every reading."""
    plain_words = re.sub(r"left \d", "left", (records / "llava.json").read_text())
    (records / "llava.json").write_text(plain_words)
    text = f'[[source]]\npath = "{records}/llava.json"\nkind = "llava"\n'
    plain = mixture(text, records)
    mixed = mixture(text + "[[source.augment]]\nmirror = 0.5\n", records)
    assert mixed.drawn.tolist() == plain.drawn.tolist()
    flipped = 0
    for place in range(9):
        before, after = plain.row(place), mixed.row(place)
        pixels = np.asarray(before["images"][0]), np.asarray(after["images"][0])
        mirrored = not np.array_equal(*pixels)
        flipped += mirrored
        assert np.array_equal(pixels[0][:, ::-1] if mirrored else pixels[0], pixels[1])
        words = before["completion"][0]["content"]
        expected = flip_text(words) if mirrored else words
        assert after["completion"][0]["content"] == expected
        assert mixed.row(place)["prompt"] == after["prompt"]
    assert 0 < flipped < 9
