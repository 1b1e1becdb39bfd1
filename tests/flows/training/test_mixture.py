"""What is trained on: sources and mixtures of them."""

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
