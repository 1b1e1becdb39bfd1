"""Takes back the shards that hold certain rejects, so that the same command makes them again."""

from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pyarrow.parquet as pq

from flows.model.ledger import forget_doubted
from flows.store.layout import REJECTS, shard_name
from flows.store.ledger import forget, read_ledger
from flows.store.log import say
from flows.store.place import readable
from flows.store.run_folder import RunFolder
from schemas.errors import UnknownNameError

STAGES = {"ingest": "ingest", "screen": "ingest", "segment": "segment", "regions": "segment"}
"""Stage of a reject to that of the shard which has to be made again beside the build."""


class TakenBack(NamedTuple):
    """What will be made again.

    Args:
        rejects: Rows with the reason.
        shards: Shards that held them.
        answers: Answers of the model that will be asked for again.
    """

    rejects: int
    shards: list[int]
    answers: int


def retry(out: Path, reason: str) -> TakenBack:
    """Forget that shards with a reason among their rejects are finished.

    Answers of a model that led to such a reject are asked for again, and what followed them in the
    same conversation, since it follows another text now; all others stay as they are.

    Args:
        out: Folder of a run.
        reason: As it stands in ``rejects/``, e.g. ``no_json``.

    Raises:
        ConfigError: No run, nobody of that reason, or somebody builds here.
    """
    folder = RunFolder(out)
    folder.require_run()
    with folder.locked():
        held = {shard: _held(out, shard) for shard in range(folder.shards())}
        known = Counter[str]()
        for rejects in held.values():
            known.update(each for _, each in rejects)
        if reason not in known:
            raise UnknownNameError("reason of a reject in this run", reason, known)
        shards = [shard for shard, rejects in held.items() if reason in {r for _, r in rejects}]
        answers = 0
        for shard in shards:
            for stage in {STAGES[s] for s, each in held[shard] if each == reason and s in STAGES}:
                forget(out, shard, stage)
            answers += forget_doubted(folder.work / "conversations" / f"{shard:05d}.jsonl", reason)
            forget(out, shard)
        say(folder.work, f"retry of {reason}: {known[reason]} rejects in {len(shards)} shards")
        return TakenBack(known[reason], shards, answers)


def _held(out: Path, shard: int) -> list[tuple[str, str]]:
    """Stage and reason of every reject of a finished shard."""
    if read_ledger(out, shard) is None:
        return []
    file = readable(out / REJECTS / shard_name(shard))
    columns = pq.read_table(file, columns=["stage", "reason"]).to_pydict()
    return list(zip(columns["stage"], columns["reason"], strict=True))
