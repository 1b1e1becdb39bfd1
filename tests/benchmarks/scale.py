"""What is done once a run, for very many pictures that are not there: seconds and memory.

    python -m tests.benchmarks.scale 10000 100000 1000000

Ingest shards and ledgers are written as a run would have left them, with random hashes; then the
run's own code makes jobs, selects, adds up, and writes the manifest. One process for each size.
"""

import argparse
import hashlib
import json
import resource
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa

from flows.dataset.balance import RunSummary
from flows.dataset.manifest import write_manifest
from flows.dataset.statistics.stats import summed
from flows.ingest.selection import select_pictures
from flows.run.job import jobs_of
from flows.run.status import look
from flows.store.layout import DATA, RECORDS, REJECTS, FileEntry, shard_name
from flows.store.ledger import ShardSummary, read_ledger, write_ledger
from flows.store.run_folder import RunFolder, ingest_files
from flows.store.tables import write_table
from schemas.candidate import Candidate
from schemas.records import Picture, Reject, Screen
from schemas.settings.config import RunConfig

SIZE = 256
FILES = ("train", "test", "pictures", "regions", "degraded", "rejects")


def picture():
    """A record whose hashes are replaced."""
    scores = Screen.model_construct(**dict.fromkeys(Screen.model_fields, 1.0))
    values = {
        "picture_id": "0" * 16,
        "source": "photos",
        "path": "a.jpg",
        "content_hash": "0" * 64,
        "file_hash": "0" * 64,
        "perceptual_hash": "0" * 16,
        "width": 1024,
        "height": 768,
        "format": "JPEG",
        "rules": [],
        "screen": scores,
        "group": "",
        "split": "train",
        "licence": "",
    }
    return Picture.model_construct(**values)


def ingested(table, start, count):
    """The pictures of one shard, as ingest writes them."""
    part = table.slice(0, count)
    contents = [hashlib.sha256(f"{start + n}".encode()).hexdigest() for n in range(count)]
    changed = {
        "picture_id": [content[:16] for content in contents],
        "path": [f"{(start + n) // 1000:06d}/{start + n:09d}.jpg" for n in range(count)],
        "content_hash": contents,
        "perceptual_hash": [content[16:32] for content in contents],
    }
    for name, values in changed.items():
        at = part.schema.get_field_index(name)
        part = part.set_column(at, part.schema.field(at), pa.array(values, pa.string()))
    return part


def simulate(folder, number):
    """What ingest and build leave of so many pictures, but for the pictures and rows."""
    template = Picture.table([picture()] * SIZE)
    empty = Reject.table([])
    for shard, start in enumerate(range(0, number, SIZE)):
        count = min(SIZE, number - start)
        files = ingest_files(folder.work, shard)
        write_table(files[0], ingested(template, start, count))
        write_table(files[1], empty)
        counts = {"in": count, "out": count, "rejects": 0}
        write_ledger(folder.out, ShardSummary(shard, "k", [], counts, pictures=count), "ingest")


def built(folder, shards):
    """Ledgers as large as those of real shards."""
    rows = {f"rows.{split}.task{n}.sub.full": 100 for split in ("train", "test") for n in range(9)}
    places = dict(zip(FILES, (DATA, DATA, RECORDS, RECORDS, RECORDS, REJECTS), strict=True))
    for shard in range(shards):
        names = [
            f"{places[name]}/{shard_name(shard, '' if name == 'rejects' else name)}"
            for name in FILES
        ]
        entries = [FileEntry(name, 1 << 20, "0" * 64, 1) for name in names]
        counts = {"pictures": SIZE, "images.planned": 0, "ask.asked": sum(rows.values()), **rows}
        holds = {f"type.t{n}": 9 for n in range(35)}
        summary = ShardSummary(shard, "k", entries, counts, {"gate": 1.0}, holds, SIZE)
        write_ledger(folder.out, summary)


def measure(number):
    """Seconds of each step and the peak of memory, as JSON."""
    seconds = {}

    def timed(name, work):
        begun = time.perf_counter()
        found = work()
        seconds[name] = round(time.perf_counter() - begun, 2)
        return found

    config = RunConfig(shard_size=SIZE)
    with tempfile.TemporaryDirectory() as scratch:
        folder = RunFolder(Path(scratch) / "d")
        names = (f"{n // 1000:06d}/{n:09d}.jpg" for n in range(number))
        candidates = [Candidate("photos", name, "/photos", name, "file") for name in names]
        timed("claim", partial(folder.claim, config, candidates))
        candidates.clear()
        simulate(folder, number)
        jobs = timed("jobs", lambda: jobs_of(folder, config))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        counts = timed("select", lambda: select_pictures(folder, len(jobs), config))
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        built(folder, len(jobs))
        ledgers = timed(
            "read ledgers", lambda: [read_ledger(folder.out, job.shard) for job in jobs]
        )
        timed("add up", lambda: summed(ledgers))
        summary = RunSummary(number, counts["out"], number)
        identity = folder.identity()
        timed(
            "manifest",
            lambda: write_manifest(folder.out, config, identity, summary, ledgers, {}, {}),
        )
        timed("status", lambda: look(folder.out))
        size = (folder.out / "manifest.json").stat().st_size >> 20
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    memory = {"before select": before, "select": after, "peak": peak}
    return {"pictures": number, "seconds": seconds, "MB": memory, "manifest MB": size}


def main():
    """A process for each number of pictures; of one number, this process."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("pictures", type=int, nargs="+")
    numbers = parser.parse_args().pictures
    if len(numbers) == 1:
        np.seterr(all="raise")
        print(json.dumps(measure(numbers[0])))
        return
    for number in numbers:
        command = [sys.executable, "-m", "tests.benchmarks.scale", str(number)]
        subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
