"""Which values of a mask mean which flaw: a table in a file, since nobody published it.

    background = 0                 # values that are no flaw
    ignore = 255                   # values that are not scored
    [classes]
    blur = "#ff0000"               # a colour,
    noise = [2, "grain"]           # an index, and a further name of the class,
    "low light" = ["#0000ff", "#000080"]   # or several of them

Source: the five classes are those of the Q-Ground paper (arXiv 2407.17035): blur, noise,
overexposure, jitter, low light.
"""

import re
import tomllib
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from flows.store.inside import read_regular
from schemas.arrays import Mask
from schemas.errors import ConfigError, reading

CLASSES = ("blur", "noise", "overexposure", "jitter", "low light")
BACKGROUND, IGNORED = -1, -2
"""What a pixel is beside the number of a class."""

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


class ClassTable(NamedTuple):
    """What masks and records mean.

    Args:
        names: Classes in the order of the paper, those of the file only.
        indices: Value of a mask with one channel to class number, ``BACKGROUND`` or ``IGNORED``.
        colours: The same of ``0xRRGGBB``.
        aliases: Name, in lower case, to class number.
        origin: The file, for messages.
    """

    names: tuple[str, ...]
    indices: dict[int, int]
    colours: dict[int, int]
    aliases: dict[str, int]
    origin: str


class Painted(NamedTuple):
    """A mask taken apart.

    Args:
        classes: Class number to what is of it, ``(height, width)``.
        ignored: What is not scored.
    """

    classes: dict[int, Mask]
    ignored: Mask


def read_table(path: Path) -> ClassTable:
    """The table of a file.

    Raises:
        ConfigError: No TOML, an unknown class or key, or a value that is none or means two things.
    """
    flag = f"--qground-classes {path}"
    with reading(flag, ValueError):
        raw = tomllib.loads(read_regular(path, 1 << 20).decode("utf-8-sig"))
    classes = raw.get("classes")
    if not isinstance(classes, dict) or not classes:
        raise ConfigError(f"{flag}: no table [classes]; expected values of {', '.join(CLASSES)}")
    for name in raw:
        if name not in ("classes", "background", "ignore"):
            raise ConfigError(f"{flag}: unknown key {name!r}; allowed: background, ignore, classes")
    for name in classes:
        if name not in CLASSES:
            raise ConfigError(f"{flag}: unknown class {name!r}; allowed: {', '.join(CLASSES)}")
    names = tuple(name for name in CLASSES if name in classes)
    table = ClassTable(names, {}, {}, {name: place for place, name in enumerate(names)}, str(path))
    for place, name in enumerate(names):
        _enter(table, name, classes[name], place, flag)
    _enter(table, "background", raw.get("background", []), BACKGROUND, flag)
    _enter(table, "ignore", raw.get("ignore", []), IGNORED, flag)
    return table


def _enter(table: ClassTable, name: str, values: Any, meaning: int, flag: str) -> None:
    for value in values if isinstance(values, list) else [values]:
        known: Any
        key: int | str
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            known, key = table.indices, value
        elif isinstance(value, str) and _COLOUR.fullmatch(value):
            known, key = table.colours, int(value[1:], 16)
        elif isinstance(value, str) and value.strip() and not value.startswith("#"):
            known, key = table.aliases, value.strip().lower()
        else:
            raise ConfigError(
                f'{flag}: {name}: expected an index, "#rrggbb" or a name, got {value!r:.40}'
            )
        if known.setdefault(key, meaning) != meaning:
            raise ConfigError(f"{flag}: {value!r} means two things, one of them {name!r}")


def painted(values: npt.NDArray[np.int32], table: ClassTable) -> Painted:
    """The classes of a mask with indices or colours.

    Args:
        values: ``(height, width)`` or ``(height, width, 3)``.
        table: What they mean.

    Raises:
        ValueError: A value that the table does not know; names it and how many pixels it has.
    """
    coloured = values.ndim == 3
    codes = (values[..., 0] << 16 | values[..., 1] << 8 | values[..., 2]) if coloured else values
    known = table.colours if coloured else table.indices
    found, where, counts = np.unique(codes, return_inverse=True, return_counts=True)
    meanings = np.empty(len(found), np.int32)
    for place, (code, count) in enumerate(zip(found.tolist(), counts.tolist(), strict=True)):
        if code not in known:
            said = f"colour #{code:06x}" if coloured else f"index {code}"
            have = ", ".join(f"#{k:06x}" if coloured else str(k) for k in sorted(known)) or "none"
            raise ValueError(f"{said} ({count} pixels) is not in {table.origin}; it knows {have}")
        meanings[place] = known[code]
    meaning = meanings[where].reshape(codes.shape)
    classes = {
        number: meaning == number for number in set(meanings.tolist()) if number not in (-1, -2)
    }
    return Painted(classes, meaning == IGNORED)
