"""How heavy and how quick the gallery's server is on 10,000 rows.

``python -m tests.benchmarks.gallery DATASET``: copies of a dataset's rows under other names are
served by the command line and asked for at random places. Milliseconds of processor time say more
than those of the clock on a busy machine. Linux only.
"""

import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
import pyarrow as pa
import pyarrow.parquet as pq

from flows.looking.gallery.index import RowIndex
from flows.store.tables import dataset_writer
from schemas.streams import Stream

ROWS = 10_000
ASKED = 200
PATHS = {"page": "/?page={}", "picture": "/after/{}", "pristine": "/before/{}"}


def enlarged(dataset: Path, out: Path) -> int:
    """Copy a dataset with its rows again and again; how many there are then."""
    shutil.copytree(dataset, out, ignore=shutil.ignore_patterns("data"))
    (out / "data").mkdir()
    rows = copy = 0
    while rows < ROWS:
        for source in sorted((dataset / "data").glob("*.parquet")):
            split, file = (
                source.name.split("-")[0],
                pq.ParquetFile(source, read_dictionary=["image.bytes"]),
            )
            writer = None
            for group in range(file.num_row_groups):
                table = file.read_row_group(group)
                for name in ("row_id", "image_id"):
                    renamed = pa.array([f"{copy:04d}{value}" for value in table[name].to_pylist()])
                    place = table.schema.get_field_index(name)
                    table = table.set_column(place, table.schema.field(name), renamed)
                table = table.replace_schema_metadata(None)
                target = out / "data" / f"{split}-{copy:05d}{source.stem[-5:]}.parquet"
                writer = writer or dataset_writer(target, table.schema)
                writer.write_table(table, row_group_size=table.num_rows)
                rows += table.num_rows
            if writer is not None:
                writer.close()
        copy += 1
    return rows


def main(dataset: Path) -> None:
    """Print milliseconds of clock and processor, and megabytes."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "large"
        rows = enlarged(dataset, out)
        pages = len(RowIndex(out).pictures()) // 10
        command = [sys.executable, "-m", "flows", "look", str(out), "--serve", "--port", "0"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, bufsize=1) as server:
            address = re.findall(r"http://\S+/", server.stdout.readline())[0]
            client = httpx.Client(base_url=address)
            client.get("/").raise_for_status()
            for name, path in PATHS.items():
                stream, clock = Stream("gallery", name), []
                before = processor(server.pid)
                for _ in range(ASKED):
                    number = 1 + stream.below(pages if name == "page" else rows - 1)
                    start = time.perf_counter()
                    client.get(path.format(number)).raise_for_status()
                    clock.append(1000 * (time.perf_counter() - start))
                spent = 1000 * (processor(server.pid) - before) / ASKED
                *_, late = statistics.quantiles(clock, n=20)
                said = f"{statistics.median(clock):.0f} ms median, {late:.0f} at 95 %"
                print(f"{name}: {said}, {max(clock):.0f} most, {spent:.0f} of work")
            status = Path(f"/proc/{server.pid}/status").read_text()
            peak = int(re.findall(r"VmHWM:\s+(\d+)", status)[0]) // 1024
            print(f"{rows} rows, at most {peak} MB")
            server.kill()


def processor(pid: int) -> float:
    """Seconds of processor time a process has had."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("dataset", type=Path)
    main(parser.parse_args().dataset)
