"""What can be guessed without the picture: planted shortcuts are found, and nothing else is."""

import sys

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from flows.dataset.statistics.guessing import FOLDS, Deal, deal, guesses, ranked, scores, share
from flows.dataset.statistics.shortcuts import measure, measured, probed
from flows.dataset.statistics.tables import render_shortcuts
from flows.dataset.statistics.unseen import Facts
from schemas.errors import ConfigError
from schemas.streams import Stream

NAMES = ("dog", "car", "sky", "wall", "bird", "tree")
PAIRS = (("blur", "noise"), ("noise", "blur"), ("noise", "compression"), ("compression", "noise"))


def steps(*families):
    """A chain."""
    return [{"family": family} for family in families]


def facts_of(leak, photographs=80):
    """Two regions a photograph with reversed chains, and questions about them.

    Args:
        leak: Whether names follow the first family, and wordings the number.
        photographs: How many.
    """
    rows, regions, pictures = [], [], []
    for number in range(photographs):
        stream, name = Stream("shortcuts", number), f"p{number}"
        pictures.append({"picture_id": name, "group": name, "width": 100, "height": 100})
        chain = stream.choice(PAIRS)
        for place, families in enumerate((chain, chain[::-1])):
            left = 50 * place
            label = f"murky {families[0]}" if leak else stream.choice(NAMES)
            region = {
                "image_id": name,
                "picture_id": name,
                "region_id": f"{name}/{place}",
                "role": "degraded",
                "label_refined": label,
                "box": [left, 10, left + 40, 60],
                "area_fraction": 0.2,
                "chain": steps(*families[: 1 + (number + place) % 2]),
            }
            regions.append(region)
            count = len(region["chain"])
            said = ("the", "two")[count - 1] if leak else "any"
            about = {key: region[key] for key in ("image_id", "picture_id", "region_id", "chain")}
            rows.append(
                {
                    "task": "referring",
                    "sub_task": "short",
                    "form": ("single", "multi")[count - 1],
                    "question": f"Name {said} distortions of {stream.choice(NAMES)}.",
                    "answer": "",
                    "spatial_answer": "",
                    **about,
                }
            )
    return Facts(rows, regions, pictures)


def probe(found, guessed):
    """The probe of one thing."""
    (one,) = [p for p in found.probes if p.task == "referring" and p.guessed == guessed]
    return one


def test_planted_shortcuts_are_found():
    """Wordings that say the number and names that say the family are both told."""
    found = probed(facts_of(leak=True))
    assert probe(found, "how many distortions").right.value == 1.0
    assert found.names["noise"][1].low > 0.6
    assert found.pooled.low > 0.6


def test_nothing_is_found_where_nothing_is():
    """With names and wordings by lot, guesses are no better than the commonest answer."""
    found = probed(facts_of(leak=False, photographs=300))
    count = probe(found, "how many distortions")
    assert count.right.low <= count.blind
    assert all(auc.low < 0.5 < auc.high for _, auc in found.names.values())
    assert len(found.names) == 3
    assert found.pooled.low < 0.5 < found.pooled.high


def order(facts, chains, form="pair"):
    """An order question about the first of some regions of one more picture."""
    regions = [
        facts.regions[0]
        | {"image_id": "asked", "region_id": f"asked/{place}", "chain": steps(*families)}
        for place, families in enumerate(chains)
    ]
    row = facts.rows[0] | {"task": "grounding", "sub_task": "accumulation_order", "form": form}
    row |= {key: regions[0][key] for key in ("image_id", "region_id", "chain")}
    return Facts([*facts.rows, row], [*facts.regions, *regions], list(facts.pictures.values()))


@pytest.mark.parametrize(
    ("chains", "form", "settled"),
    [
        ((("blur", "noise"), ("noise", "blur")), "pair", 0.0),
        ((("blur", "noise"), ("noise",)), "pair", 1.0),
        ((("blur", "noise"), ("noise",)), "first", 1.0),
        ((("blur", "noise"), ("noise",)), "last", 0.0),
    ],
)
def test_orders_that_families_settle(chains, form, settled):
    """An order is settled where no other region has all the families that are asked for."""
    assert probed(order(facts_of(leak=False), chains, form)).settled_orders == settled


def test_photographs_are_never_split():
    """All rows of a photograph are in one fold, and the folds are even."""
    dealt = deal([f"p{number // 7}" for number in range(350)])
    for photograph in range(50):
        assert len(set(dealt.fold[dealt.group == photograph])) == 1
    assert sorted(np.bincount(dealt.fold)) == [70] * FOLDS
    assert (dealt.drawn.sum(axis=1) == 50).all()


def test_a_photograph_cannot_be_learnt_by_heart():
    """A word that tells the answer inside its own photograph only is worth nothing."""
    groups = [f"p{number // 10}" for number in range(400)]
    answers = ["yes" if Stream(group).chance(0.5) else "no" for group in groups]
    found = guesses([f"word{group}" for group in groups], answers, deal(groups))
    commonest = max(answers.count(a) for a in ("yes", "no")) / len(answers)
    assert np.mean([a == b for a, b in zip(found, answers, strict=True)]) <= commonest


def test_areas_are_those_of_scikit_learn():
    """Inside one fold the area is the textbook one, ties included."""
    stream = Stream("area")
    score = np.asarray([float(stream.below(9)) for _ in range(200)])
    present = [stream.chance(0.2 + value / 20) for value in score]
    group = np.arange(200) // 2
    one = Deal(group, np.zeros(200, np.int64), np.ones((5, 100)))
    area = ranked(score, present, one).auc
    assert area.value == pytest.approx(roc_auc_score(present, score))
    assert area.low == pytest.approx(area.value) == area.high


def test_an_interval_holds_the_mean():
    """The interval of a share narrows with the number of photographs."""
    widths = []
    for number in (50, 800):
        dealt = deal([f"p{i}" for i in range(number)])
        found = share([Stream("right", i).chance(0.3) for i in range(number)], dealt)
        assert found.low < found.value < found.high
        widths.append(found.high - found.low)
    assert widths[1] < widths[0] / 2


def test_guesses_are_the_same_every_time():
    """Nothing of a measurement is drawn without a key."""
    facts = facts_of(leak=False)
    assert probed(facts).plain() == probed(facts).plain()


def test_models_are_fitted_on_one_thread(monkeypatch):
    """However many threads the process may have, a model takes one."""
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_info, threadpool_limits

    seen = set()

    class Watched(LogisticRegression):
        def fit(self, words, known):
            seen.update(pool["num_threads"] for pool in threadpool_info())
            return super().fit(words, known)

    monkeypatch.setattr("sklearn.linear_model.LogisticRegression", Watched)
    with threadpool_limits(2):
        guesses(["a", "b"] * 10, ["yes", "no"] * 10, deal([f"p{n}" for n in range(20)]))
    assert seen == {1}


def test_one_answer_is_guessed_without_a_model():
    """Where there is one answer only, it is given; where nothing has the thing, nothing ranks."""
    texts, dealt = ["a b"] * 20, deal([f"p{n}" for n in range(20)])
    assert guesses(texts, ["yes"] * 20, dealt) == ["yes"] * 20
    assert not scores(texts, [False] * 20, dealt).any()
    assert ranked(np.zeros(20), [False] * 20, dealt).auc is None


def test_what_is_missing_is_said(dataset, monkeypatch, spider):
    """Too few photographs, or no scikit-learn, is one line; a card then says nothing of it."""
    with pytest.raises(ConfigError, match="need 20 different photographs, got"):
        measure(dataset)
    assert measured(dataset) is None
    assert "without the picture" not in (dataset / "README.md").read_text(encoding="utf-8")
    done = spider("stats", dataset, "--shortcuts")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    monkeypatch.setitem(sys.modules, "sklearn.linear_model", None)
    with pytest.raises(ConfigError, match=r"pip install 'iqa-spider\[evaluate\]'"):
        probed(facts_of(leak=False))


def test_the_tables_say_all_of_it(capsys):
    """What is printed has a line for every probe and every family."""
    from rich.console import Console

    found = probed(facts_of(leak=True))
    Console(width=140).print(render_shortcuts(found))
    printed = capsys.readouterr().out
    for name in (*found.lines(), *found.areas()):
        assert name in printed
