"""The contract of a distortion type, as a public test for authors.

In a plugin's own test suite::

    from distortions.testing import check_distortion

    def test_contract():
        check_distortion("my_distortion")

On the command line: ``iqa-spider distortions check my_distortion --plugin my_distortion.py``.
What is asked, question by question, stands in ``distortions/contract/checks.py``.
"""

from collections.abc import Iterable
from typing import NamedTuple

from distortions.contract.checks import CHECKS as CHECKS
from distortions.contract.checks import promise_of
from distortions.contract.pictures import edge_pictures as edge_pictures
from distortions.contract.pictures import sample_picture as sample_picture
from distortions.registry import Distortion, get

_asked: set[str] = set()


class Report(NamedTuple):
    """What a type was asked and kept.

    Args:
        name: The type.
        promises: One sentence for each check that passed, in the order they were asked.
    """

    name: str
    promises: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.name}: {len(self.promises)} checks passed"


def check_distortion(name: str) -> Report:
    """Ask the registered type every question of the contract.

    Returns:
        What was asked; ``print`` it.

    Raises:
        PluginError: The first promise that a type from outside breaks, in one line with its file
            and line and how to mend it.
        ContractError: The same of a built-in type.
        UnknownNameError: No such type.
    """
    entry = get(name)
    for check in CHECKS:
        check(entry)
    return Report(entry.name, tuple(promise_of(check) for check in CHECKS))


def check_outside(types: Iterable[Distortion]) -> list[Report]:
    """Ask those of ``types`` that come from plugins, once in this process; raises as above."""
    fresh = {entry.name: entry for entry in types if entry.outside and entry.name not in _asked}
    reports = [check_distortion(name) for name in fresh]
    _asked.update(fresh)
    return reports
