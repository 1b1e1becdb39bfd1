"""The rows a model is asked about, with everything that is known of their pictures."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from flows.dataset.manifest import families_in, human_families
from flows.store.layout import DATA, MANIFEST, RECORDS, describe_file, require_dataset
from flows.store.shards import SPLITS
from flows.store.tables import IMAGE
from schemas.errors import ConfigError, ContractError, UnknownNameError, reading
from schemas.families import Family
from schemas.records import DegradedRegion, Sample

FURTHER = ("giqa", "vida_grounding", "vida_perception", "vida_description", "pairs")
"""Tasks with benchmarks of their own; see ``benchmarks/``."""
SPLIT_CHOICES = (*SPLITS, "all")


@dataclass(frozen=True)
class Bench:
    """What is evaluated.

    Args:
        folder: The dataset.
        samples: Rows in the order of the files.
        others: Rows of the other split, from which baselines learn; empty when there are none.
        regions: Degraded picture to its regions, clean ones, too.
        families: Family to its words, those of plugins and people included.
        digest: SHA-256 of the manifest.
    """

    folder: Path
    samples: tuple[Sample, ...]
    families: Mapping[str, Family]
    regions: Mapping[str, tuple[DegradedRegion, ...]] = field(default_factory=dict)
    others: tuple[Sample, ...] = ()
    digest: str = ""
    further: frozenset[str] = frozenset()
    """Ids of rows whose tasks have measures of their own; predictions for them are passed over."""

    def phrases(self) -> dict[str, dict[str, str]]:
        """Degraded picture to region to the phrase that rows name it by."""
        found: dict[str, dict[str, str]] = {}
        for sample in (*self.samples, *self.others):
            if sample.region_id and sample.reference:
                found.setdefault(sample.image_id, {})[sample.region_id] = sample.reference
        return found

    def pictures(self, wanted: Collection[str] = ()) -> dict[str, bytes]:
        """Degraded picture to its stored bytes; all are held in memory.

        Args:
            wanted: Which; none means those of all rows.
        """
        wanted = wanted or {sample.image_id for sample in self.samples}
        found: dict[str, bytes] = {}
        for path in sorted((self.folder / DATA).glob("*.parquet")):
            file = pq.ParquetFile(path)
            for group in range(file.num_row_groups):
                table = file.read_row_group(group, columns=["image_id", IMAGE])
                names = table.column("image_id").to_pylist()
                for index, name in enumerate(names):
                    if name in wanted and name not in found:
                        found[name] = table.column(IMAGE)[index].as_py()["bytes"]
        return found


def load_bench(folder: Path, split: str = "test", tasks: Iterable[str] = ()) -> Bench:
    """Read the rows of a dataset without their pictures; none where all have further tasks.

    Args:
        folder: That ``build`` made.
        split: ``test``, ``train`` or ``all``.
        tasks: Only these; none means all.

    Raises:
        ConfigError: No dataset, one of another version, or no row of this split.
    """
    if split not in SPLIT_CHOICES:
        raise UnknownNameError("split", split, SPLIT_CHOICES)
    manifest = require_dataset(folder)
    chosen = tuple(tasks)
    rows, further, elsewhere = [], set[str](), False
    for path in sorted((folder / DATA).glob("*.parquet")):
        for sample in _samples(path):
            if sample.task in FURTHER:
                further.add(sample.row_id)
                elsewhere |= split in ("all", sample.split)
            elif not chosen or sample.task in chosen:
                rows.append(sample)
    samples = tuple(row for row in rows if split in ("all", row.split))
    if not samples and not elsewhere:
        have = ", ".join(sorted({row.split for row in rows})) or "no split"
        raise ConfigError(f"{folder}: no rows of --split {split} (rows are in: {have})")
    images = {sample.image_id for sample in samples}
    return Bench(
        folder=folder,
        samples=samples,
        families={**families_in(manifest), **human_families(manifest)},
        regions=_regions(folder, images),
        others=tuple(row for row in rows if row.split != split) if split != "all" else (),
        digest=describe_file(folder, folder / MANIFEST).sha256,
        further=frozenset(further),
    )


def _samples(path: Path) -> list[Sample]:
    try:
        with reading(str(path), pa.ArrowInvalid):
            Sample.check_schema(pq.read_schema(path))
            table = pq.read_table(path, columns=list(Sample.model_fields))
    except ContractError as error:
        raise ConfigError(f"{path}: written by another version: {error}") from None
    return [Sample.model_validate(row) for row in table.to_pylist()]


def _regions(folder: Path, images: set[str]) -> dict[str, tuple[DegradedRegion, ...]]:
    found: dict[str, list[DegradedRegion]] = {}
    for path in sorted((folder / RECORDS).glob("degraded-*.parquet")):
        for region in DegradedRegion.from_table(pq.read_table(path)):
            if region.image_id in images:
                found.setdefault(region.image_id, []).append(region)
    return {image_id: tuple(regions) for image_id, regions in found.items()}
