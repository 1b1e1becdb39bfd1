"""How varied are names of regions and answers? Prints figures for built datasets.

    python -m tests.benchmarks.vocabulary DATASET [DATASET ...]

Four hundred texts are drawn of each kind, as in the table of the truth report: different words,
and distinct-3, the share of three-word sequences that differ.
"""

import argparse
import random
import re
from pathlib import Path

import pyarrow.parquet as pq

DRAWN = 400


def main(folders):
    """One line for each kind of text of each dataset."""
    for folder in folders:
        rows = [
            row
            for file in sorted(Path(folder, "data").glob("*.parquet"))
            for row in pq.read_table(
                file, columns=["image_id", "region_id", "task", "reference", "question", "answer"]
            ).to_pylist()
        ]
        names = {(r["image_id"], r["region_id"]): r["reference"] for r in rows if r["region_id"]}
        print(f"{folder}: {len(rows)} rows, {len({r['image_id'] for r in rows})} pictures")
        for kind, texts in (
            ("names of regions", list(names.values())),
            ("answers", [row["answer"] for row in rows]),
            ("questions", [row["question"] for row in rows]),
        ):
            print(f"  {kind:18}{figures(texts)}")


def figures(texts):
    """Words and distinct-3 of ``DRAWN`` texts."""
    drawn = random.Random(7).sample(texts, min(DRAWN, len(texts)))
    words = [re.findall(r"[a-z'-]+", text.lower()) for text in drawn]
    triples = [part for one in words for part in zip(one, one[1:], one[2:], strict=False)]
    vocabulary = len({word for one in words for word in one})
    distinct = len(set(triples)) / max(1, len(triples))
    return f"{len(texts):5} texts  {vocabulary:4} words  distinct-3 {distinct:.3f}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("dataset", nargs="+")
    main(parser.parse_args().dataset)
