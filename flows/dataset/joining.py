"""``subset`` and ``merge``: when parts of datasets make a dataset, and when they must not."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow.parquet as pq

from flows.dataset.parts import Made, Part, write_parts
from flows.dataset.where import matching
from flows.store.layout import DATA, RECORDS, require_dataset
from schemas.errors import ConfigError

SAME = ("records", "code", "distortions")
"""What must be the same in all manifests."""


def subset(dataset: Path, where: str, out: Path) -> Made:
    """Write the rows for which a condition holds as a dataset.

    Raises:
        ConfigError: See ``matching`` and ``write_parts``.
    """
    require_dataset(dataset)
    chosen = matching(dataset, where)
    how = {"kind": "subset", "where": where}
    return write_parts([Part(dataset, chosen.__contains__)], out, how)


def merge(datasets: Sequence[Path], out: Path) -> Made:
    """Write all rows of several datasets as one.

    Raises:
        ConfigError: Fewer than two; made by other versions or with other measures; rows or
            degraded pictures that two of them hold; photographs that are alike in different
            splits.
    """
    if len(datasets) < 2:
        raise ConfigError("merge: expected two datasets or more")
    manifests = [require_dataset(dataset) for dataset in datasets]
    for name in SAME:
        if any(one[name] != manifests[0][name] for one in manifests[1:]):
            raise ConfigError(f"merge: the datasets differ in {name}; build them with one version")
    if any(one["config"]["plan"] != manifests[0]["config"]["plan"] for one in manifests[1:]):
        raise ConfigError("merge: the datasets differ in [plan], so their grades may, too")
    _no_row_twice(datasets)
    _no_leak(datasets)
    how = {"kind": "merge", "rows_of": [one["counts"]["rows"] for one in manifests]}
    return write_parts([Part(dataset) for dataset in datasets], out, how)


def _no_row_twice(datasets: Sequence[Path]) -> None:
    owner: dict[str, int] = {}
    for number, dataset in enumerate(datasets):  # not by its path: one may be given twice
        for path in sorted((dataset / DATA).glob("*.parquet")):
            for image in set(pq.read_table(path, columns=["image_id"])["image_id"].to_pylist()):
                first = datasets[owner.setdefault(image, number)]
                if owner[image] != number:
                    raise ConfigError(
                        f"merge: {first} and {dataset} both hold the degraded picture {image}; "
                        "leave the photograph out of one of them"
                    )


def _no_leak(datasets: Sequence[Path]) -> None:
    split: dict[str, str] = {}
    for dataset in datasets:
        for path in sorted((dataset / RECORDS).glob("pictures-*.parquet")):
            table = pq.read_table(path, columns=["group", "split"])
            for group, own in zip(*(table[c].to_pylist() for c in ("group", "split")), strict=True):
                if split.setdefault(group, own) != own:
                    raise ConfigError(
                        f"merge: photographs like {group} are in train of one dataset and in test "
                        "of another; build one of them with [export] exclude"
                    )
