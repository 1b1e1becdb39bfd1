"""The stream as torch and TRL read it."""

import numpy as np
import pytest

from flows.training.rewards import REWARDS
from schemas.errors import ConfigError
from tests.doubles.trainers import trl_runs

pytestmark = [
    pytest.mark.usefixtures("train_extra"),
    pytest.mark.filterwarnings(
        "ignore::FutureWarning", "ignore::UserWarning", "ignore::DeprecationWarning"
    ),
]


def described(steps):
    return [[(row["row_id"], np.asarray(row["images"][0]).tobytes()) for row in s] for s in steps]


def test_any_number_of_workers_gives_one_stream(dataset, photos):
    """Steps are the same from the process itself, from one worker and from two."""
    from flows.run.online.stream import Online

    online = Online(dataset, slots=2, seed=3, steps=3, sources=[str(photos)])
    alone = described(online.loader())
    assert [len(step) for step in alone] == [2, 2, 2]
    assert described(online.loader(workers=1)) == alone
    assert described(online.loader(workers=2)) == alone
    later = Online(dataset, slots=2, seed=3, steps=3, start=2, sources=[str(photos)])
    assert described(later.loader()) == alone[2:]
    halves = [
        Online(dataset, slots=2, seed=3, steps=1, sources=[str(photos)], rank=rank, ranks=2)
        for rank in (0, 1)
    ]
    assert [described(half)[0] for half in halves] == [alone[0][:1], alone[0][1:]]


def test_adapting_stream_is_the_same_for_any_number_of_workers(dataset, photos):
    """Rewards of a step change the pictures ``delay`` steps later, in workers as without any."""
    from flows.run.online.classes import Classes
    from flows.run.online.stream import Online

    def run(workers, noise=0.0):
        classes = Classes(["blur", "noise", "pixelate"], temperature=0.01, momentum=0, delay=2)
        online = Online(dataset, slots=1, seed=1, steps=4, sources=[str(photos)], classes=classes)
        steps = []
        for step in online.loader(workers):
            steps.append(step)
            classes.update([(["noise"], noise), (["blur", "pixelate"], 1.0)])
        assert classes.steps == 4
        return described(steps)

    adapted = run(0)
    assert run(1) == adapted
    other = run(0, noise=2.0)
    assert other[:2] == adapted[:2]
    assert other[2:] != adapted[2:]
    with pytest.raises(ConfigError, match="workers: at most 1"):
        run(2)


def test_nobody_waits_for_ever():
    """A step whose distribution is never settled is one clear line."""
    from flows.run.online.classes import Classes

    classes = Classes(["blur", "noise"], delay=1, patience=0.05)
    even = {"blur": 0.5, "noise": 0.5}
    assert classes.at(0) == classes.at(1) == even
    with pytest.raises(ConfigError, match=r"call update\(\) once after every step"):
        classes.at(2)
    found = classes.update([(["blur"], 1.0), (["noise"], 0.0)])
    assert found["noise"] > found["blur"]
    assert classes.at(2) == pytest.approx(found)


def test_trl_trains_on_fresh_pictures(qwen, dataset, photos, tmp_path):
    """TRL's GRPO trainer takes two steps on the stream, rewarded by our functions."""
    import datasets

    from flows.run.online.stream import Online

    online = Online(dataset, slots=2, seed=3, steps=4, sources=[str(photos)])
    rows = datasets.IterableDataset.from_generator(online.rows)
    assert trl_runs.two_steps_of_grpo(qwen, rows, tmp_path / "o") == set(REWARDS)
