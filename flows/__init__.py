"""The only room with the disk, Prefect and the command line."""

import importlib.util
from importlib.machinery import PathFinder

_ROOMS = {
    "schemas": "candidate",
    "distortions": "registry",
    "annotators": "facts",
    "flows": "doctor",
}
"""The rooms, and a module by which each is known to be ours."""


def stranger() -> str:
    """One line about a package of somebody else that is found instead of one of our rooms.

    Folders called ``schemas`` or ``flows`` are common; Python takes the first on its path, which
    is the working folder for ``python -m`` and in notebooks. Empty when all rooms are ours.
    """
    for room, known_by in _ROOMS.items():
        spec = importlib.util.find_spec(room)
        if spec is None:
            return f"{room!r}, a part of iqa-spider, is not installed; pip install iqa-spider"
        places = list(spec.submodule_search_locations or ())
        if not places or PathFinder.find_spec(f"{room}.{known_by}", places) is None:
            return (
                f"{spec.origin or places[0]} is found instead of iqa-spider's own {room!r}; start "
                "from another folder, take it off PYTHONPATH or rename it"
            )
    return ""
