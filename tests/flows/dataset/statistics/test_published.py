"""Ours beside the published table."""

from collections import Counter

import pytest

from flows.dataset.statistics.published import TASKS, beside, family_lines, task_table
from flows.dataset.statistics.stats import Stats
from flows.dataset.statistics.tables import render_paper

SHARES = {"hybrid_intensity": 0.31, "single_intensity": 0.15, "accumulation_order": 0.54}


def published():
    """Counts of the published training part itself."""
    stats = Stats()
    for _, task, sub_task, number in TASKS:
        if task == "grounding":
            for name, share in SHARES.items():
                stats.rows[task, name, "", "train"] += round(number * share)
        else:
            stats.rows[task, sub_task, "single", "train"] += number
    return stats


def test_the_published_dataset_is_not_off():
    """Its own counts are on every line where it is."""
    lines = beside(published())
    assert len(lines) == 8
    assert all(abs(line.off) < 0.001 for line in lines)
    assert sum(line.share for line in lines[:5]) == pytest.approx(1)
    assert sum(line.share for line in lines[5:]) == pytest.approx(1)


def test_what_is_missing_and_what_is_too_much():
    """A task that is not there is 100 % short; other tasks do not count."""
    stats = published()
    for key in [key for key in stats.rows if key[0] == "global_description"]:
        del stats.rows[key]
    stats.rows["giqa", "", "", "train"] = 10**6
    lines = {line.name: line for line in beside(stats)}
    assert lines["global description"].off == -1
    assert lines["local description"].off == pytest.approx(1 / (1 - 3251 / 33390) - 1, abs=1e-3)
    assert {line.share for line in beside(Stats())} == {0.0}


def test_families_beside_their_mean():
    """A family twice as frequent as the mean says 2.00."""
    stats = Stats(families=Counter(noise=40, blur=10, darken=10))
    assert family_lines(stats)["noise"] == ("40", "2.00")
    assert family_lines(Stats()) == {}


def test_the_table_is_printed(dataset, spider):
    """``stats --paper`` shows every line."""
    done = spider("stats", dataset, "--paper")
    assert done.returncode == 0
    for name in task_table(Stats()):
        assert name in done.stdout
    assert "families of degraded regions" in done.stdout


def test_both_tables(capsys):
    """Shares and families are printed as text."""
    from rich.console import Console

    Console(width=120).print(render_paper(published()))
    printed = capsys.readouterr().out
    assert "11669" in printed
    assert "+0%" in printed
