"""Records and masks of Q-Ground-Test, and predictions for them, read as far as they are known.

What was read: the card of the released data (``{"id", "image", "ann_list": [{"quality ...``, where
its public text breaks off; folders ``images/`` and ``masks/`` beside the JSON) and the repository
Q-Future/Q-Ground, whose stored state (commit 76ef4f5) holds no code: test and training scripts are
still on its list of things to do. So the rest is assumed, and probed for in every record:

- an entry of ``ann_list`` that names a class (any text of it that the table knows) and a mask (any
  text that ends with ``.png``, or run lengths ``{"size", "counts"}``) is that class's mask;
- any other ``.png`` of the record is a mask whose indices or colours the table explains;
- a record without one has ``masks/ID.png`` or ``masks/`` and the picture's name with that ending.

Predictions are a folder of masks under the same names, explained by the same table, or JSON lines
``{"id": "...", "masks": {"blur": "blur/1.png", "noise": {"size": [h, w], "counts": "..."}}}``.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import numpy as np

from flows.evaluation.benchmarks.qground_table import ClassTable, Painted, painted
from flows.evaluation.mask_files import read_mask, read_values
from flows.evaluation.predictions import records
from flows.store.inside import path_inside
from schemas import masks
from schemas.arrays import Mask
from schemas.errors import ConfigError, ContractError

MASKS = "masks"


class Entry(NamedTuple):
    """One record of the test.

    Args:
        key: Its id; one picture may have several, one for each annotator.
        picture: The picture it is about.
        truth: Its classes.
        file: The name its mask has or would have, as predictions are named.
    """

    key: str
    picture: str
    truth: Painted
    file: str


def read_entries(path: Path, table: ClassTable) -> Iterator[Entry]:
    """Records with their masks, one after the other.

    Raises:
        ConfigError: Unreadable, an id twice, a mask that is missing or not explained by the table.
    """
    seen = set[str]()
    for place, record in records(path, "--qground"):
        where = f"--qground {path}: {place}"
        key, picture = record.get("id"), record.get("image")
        if not isinstance(picture, str) or not picture:
            raise ConfigError(f"{where}: image: expected a path, got {picture!r:.40}")
        key = picture if key is None else str(key)
        if key in seen:
            raise ConfigError(f"{where}: id {key!r} comes twice")
        seen.add(key)
        try:
            truth, file = _truth(path.parent, key, record, table)
        except (ValueError, OSError) as error:
            raise ConfigError(f"{where}: {key}: {error}") from None
        yield Entry(key, picture, truth, file)
    if not seen:
        raise ConfigError(f"--qground {path}: holds no records")


def _truth(
    folder: Path, key: str, record: Mapping[str, Any], table: ClassTable
) -> tuple[Painted, str]:
    own, files = [], list[str]()
    annotations = record.get("ann_list")
    for annotation in annotations if isinstance(annotations, list) else ():
        number = next((table.aliases[t] for t in _texts(annotation) if t in table.aliases), None)
        mask = _mask_of(annotation)
        if number is not None and number >= 0 and mask is not None:
            own.append((number, mask))
        elif isinstance(mask, str):
            files.append(mask)
    files += [str(value) for key, value in record.items() if key != "image" and _png(value)]
    if own:
        return _joined([(number, _alone(folder, mask, None)) for number, mask in own]), f"{key}.png"
    stem = PurePosixPath(str(record["image"])).with_suffix(".png")
    names = list(dict.fromkeys(files or [f"{key}.png", str(stem), stem.name]))
    for name in names:
        for tried in (name, f"{MASKS}/{name}"):
            if path_inside(folder, tried).is_file():
                return painted(read_values(folder, tried), table), name
    raise ValueError(f"no mask; looked for {', '.join(names)} here and in {MASKS}/")


def _texts(annotation: Any) -> list[str]:
    values = annotation.values() if isinstance(annotation, dict) else ()
    return [value.strip().lower() for value in values if isinstance(value, str)]


def _png(value: Any) -> bool:
    return isinstance(value, str) and value.lower().endswith(".png")


def _mask_of(annotation: Any) -> Any:
    values = list(annotation.values()) if isinstance(annotation, dict) else []
    runs = [v for v in values if isinstance(v, dict) and {"size", "counts"} <= set(v)]
    return next((v for v in values if _png(v)), runs[0] if runs else None)


def _alone(folder: Path, given: Any, size: tuple[int, int] | None) -> Mask:
    """The mask of one class; of any size where none is expected."""
    if isinstance(given, str):
        beside = folder if path_inside(folder, given).is_file() else folder / MASKS
        height, width = size or read_values(beside, given).shape[:2]
        return read_mask(beside, given, height, width)
    told = given.get("size") if isinstance(given, dict) else None
    if not isinstance(told, list) or len(told) != 2 or not all(type(n) is int for n in told):
        raise ValueError(f"mask: expected a PNG's name or size and counts, got {given!r:.60}")
    height, width = told
    if size is not None and (height, width) != size:
        raise ValueError(f"mask: size {told}, the true one has {list(size)}")
    try:
        return masks.decode(str(given.get("counts")), height, width)
    except (ContractError, UnicodeEncodeError) as error:
        raise ValueError(f"mask: {error}") from None


def _joined(found: list[tuple[int, Mask]]) -> Painted:
    classes: dict[int, Mask] = {}
    for number, mask in found:
        if mask.shape != found[0][1].shape:
            raise ValueError("its masks have different sizes")
        classes[number] = classes[number] | mask if number in classes else mask
    return Painted(classes, np.zeros(found[0][1].shape, np.bool_))


Said = Mapping[str, Mapping[str, Any]] | Path


def read_said(path: Path, table: ClassTable) -> Said:
    """Predictions: a folder as it is, or id to class to mask of a file.

    Raises:
        ConfigError: Unreadable, an id twice, an unknown class.
    """
    if path.is_dir():
        return path
    found: dict[str, Mapping[str, Any]] = {}
    for place, record in records(path, "--qground-predictions"):
        where = f"--qground-predictions {path}: {place}"
        key, given = record.get("id"), record.get("masks")
        if not isinstance(key, str) or not isinstance(given, dict):
            raise ConfigError(f"{where}: expected id and masks, got {record!r:.80}")
        if key in found:
            raise ConfigError(f"{where}: id {key!r} comes twice")
        for name in given:
            if table.aliases.get(name.strip().lower(), -1) < 0:
                raise ConfigError(
                    f"{where}: unknown class {name!r}; allowed: {', '.join(table.names)}"
                )
        found[key] = given
    return found


def said_of(entry: Entry, said: Said, folder: Path, table: ClassTable) -> dict[int, Mask] | None:
    """The predicted masks of a record by class number; ``None`` without a prediction.

    Args:
        entry: The record.
        said: Of ``read_said``.
        folder: That files it names lie in.
        table: What a folder's masks mean.

    Raises:
        ConfigError: A mask that cannot be used.
    """
    size = entry.truth.ignored.shape
    try:
        if isinstance(said, Path):
            named = dict.fromkeys((entry.file, f"{entry.key}.png"))
            names = [name for name in named if path_inside(said, name).is_file()]
            if not names:
                return None
            values = read_values(said, names[0], (size[0], size[1]))
            return painted(values, table).classes
        if entry.key not in said:
            return None
        return {
            table.aliases[name.strip().lower()]: _alone(folder, mask, (size[0], size[1]))
            for name, mask in said[entry.key].items()
            if mask is not None
        }
    except (ValueError, OSError) as error:
        raise ConfigError(f"--qground-predictions: {entry.key}: {error}") from None
