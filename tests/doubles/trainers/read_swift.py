"""Rows that ms-swift's own loader makes of a file, as JSON; run by an interpreter that has it."""

import json
import sys

from swift.dataset import load_dataset

rows, _ = load_dataset(sys.argv[1], strict=True, use_hf=True, load_from_cache_file=False)
found = [
    {
        "turns": [[message["role"], message["content"]] for message in row["messages"]],
        "pictures": [
            image["path"] if isinstance(image, dict) else image for image in row["images"]
        ],
    }
    for row in rows
]
print(json.dumps(found))
