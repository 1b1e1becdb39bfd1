"""Picture after picture of a shard; where a model writes, many conversations at once.

Whatever runs at once, results come in the order of the pictures.
"""

import dataclasses
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from annotators.chat.endpoints import Endpoints
from distortions.plugins import blamed
from flows.human.folder import annotated_hashes
from flows.human.outcome import human_outcome
from flows.ingest.candidate import load_unchanged
from flows.model.choose import at_once, chat_model, opener_and_refiner, requests_of, uses_model
from flows.model.ledger import Ledger
from flows.picture.degrade import degrade_and_ask
from flows.picture.outcome import PictureOutcome, PictureTools, Stopwatch
from flows.store.asked_again import read_askings, rounds_of
from flows.store.run_folder import RunFolder
from schemas.candidate import Candidate
from schemas.counts import REQUESTS
from schemas.errors import PictureError
from schemas.records import Picture

Outcome = PictureOutcome | PictureError
Candidates = Mapping[tuple[str, str], Candidate]


def outcomes(
    pictures: Sequence[Picture],
    folder: RunFolder,
    shard: int,
    tools: PictureTools,
    count: Callable[[Mapping[str, int]], None],
) -> Generator[tuple[Picture, Outcome], None, None]:
    """What becomes of each picture, or why it cannot be read any more.

    Args:
        pictures: Of the shard.
        folder: Of the run.
        shard: Its number.
        tools: What is made once per process.
        count: Gets the requests that were made.
    """
    candidates = folder.by_path(shard)
    if not uses_model(tools.config):
        for picture in pictures:
            yield picture, _outcome(picture, candidates, tools)
        return
    stop = folder.interrupted
    model = chat_model(tools.config)
    if isinstance(model, Endpoints):
        model.interrupted = stop
    kept, again = folder.work / "conversations", tools.config.run.retry_refused
    ledger = Ledger(model, kept / f"{shard:05d}.jsonl", stop, again)
    before = requests_of(tools.config)
    opener, refiner = opener_and_refiner(tools.config, ledger)
    rounds = rounds_of(read_askings(folder.work))
    talking = dataclasses.replace(tools, opener=opener, refiner=refiner, again=rounds)
    try:
        yield from _together(pictures, candidates, talking, ledger)
    finally:
        ledger.close()
    made = requests_of(tools.config) - before
    count({REQUESTS(name): number for name, number in made.items()})


def _together(
    pictures: Sequence[Picture], candidates: Candidates, tools: PictureTools, ledger: Ledger
) -> Iterator[tuple[Picture, Outcome]]:
    """As many at once as the endpoints take; no picture is begun far ahead of the slowest."""
    workers = min(at_once(tools.config), max(1, len(pictures)))
    waiting: deque[tuple[Picture, Future[Outcome]]] = deque()
    with ThreadPoolExecutor(workers, "talk") as pool:
        try:
            for picture in pictures:
                waiting.append((picture, pool.submit(_outcome, picture, candidates, tools)))
                if len(waiting) >= 2 * workers:
                    first, job = waiting.popleft()
                    yield first, job.result()
            while waiting:
                first, job = waiting.popleft()
                yield first, job.result()
        except BaseException:
            ledger.stop()
            pool.shutdown(cancel_futures=True)
            raise


def _outcome(picture: Picture, candidates: Candidates, tools: PictureTools) -> Outcome:
    watch = Stopwatch()
    try:
        with watch("decode"):
            image = load_unchanged(candidates[picture.source, picture.path], picture, tools.config)
    except PictureError as error:
        return error
    annotated = picture.content_hash in annotated_hashes(tools.config)
    try:
        outcome = (human_outcome if annotated else degrade_and_ask)(picture, image, tools)
    except Exception as error:
        found = blamed(error)
        if found is None:
            raise
        if tools.config.run.on_plugin_error == "reject":
            return PictureError("plugin_failed", found.without_folder())
        raise found.on(f"{picture.source}/{picture.path}") from error
    outcome.timings.update(watch)
    return outcome
