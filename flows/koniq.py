"""Tables of mean opinion scores: both of KonIQ-10k's, KonIQ++'s; all brought to 0 to 100.

Source: the trap of KonIQ-10k, whose column ``MOS`` is 1 to 5 in one file and 0 to 100 in the other.
"""

import csv
from pathlib import Path

from schemas.errors import ConfigError

NAMES = ("image_name", "img_name", "filename", "dist_img", "image")
SCORES = ("MOS_zscore", "MOS", "mos", "qmos")
FIVE = 5.0


def read_scores(path: Path) -> dict[str, float]:
    """Picture name to score on 0 to 100; scores that never exceed 5 are taken as 1 to 5.

    Raises:
        ConfigError: Unreadable, without the columns, or with a score that is no number.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(f"--scores {path}: cannot read it: {error}") from None
    columns = list(rows[0]) if rows else []
    name = next((column for column in NAMES if column in columns), None)
    score = next((column for column in SCORES if column in columns), None)
    if name is None or score is None:
        raise ConfigError(f"--scores {path}: no columns of names and scores among {columns}")
    try:
        found = {row[name]: float(row[score]) for row in rows}
    except (TypeError, ValueError) as error:
        raise ConfigError(f"--scores {path}: {error}") from None
    if max(found.values()) <= FIVE:
        return {key: (value - 1) / (FIVE - 1) * 100 for key, value in found.items()}
    return found
