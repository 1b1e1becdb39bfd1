"""What an engine costs a run: seconds until it is there, milliseconds a shard that does nothing.

    python -m tests.benchmarks.engines 60 local threads dask ray

Two workers each; ``here`` is the loop of a run that one worker does alone.
"""

import argparse
import json
import resource
import tempfile
import time
from pathlib import Path

from flows.run.engines.engine import InProcess
from flows.run.engines.prefect_server import api_server, quiet_prefect
from schemas.settings.config import RunSection
from tests.doubles.flow_jobs import Trial, attempt


def cpu():
    """CPU seconds of this process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def measured(engine, jobs):
    """Wall and CPU milliseconds a shard, once one shard has been done."""
    first, rest = jobs[:2], jobs[2:]
    begun = time.perf_counter()
    engine.each(attempt, first)
    ready, used = time.perf_counter(), cpu()
    engine.each(attempt, rest)
    spent = time.perf_counter() - ready
    return {
        "first shards, s": round(ready - begun, 1),
        "ms a shard": round(1000 * spent / len(rest), 1),
        "driver's CPU ms a shard": round(1000 * (cpu() - used) / len(rest), 1),
    }


def through_prefect(name, jobs):
    """The same in a flow."""
    from prefect import flow

    from flows.run.engines.clusters import runner_for
    from flows.run.engines.tasks import PrefectTasks

    found = []
    run = RunSection(engine=name, workers=2)

    @flow(name="overhead", task_runner=runner_for(run), validate_parameters=False)
    def overhead():
        found.append(measured(PrefectTasks(0), jobs))

    overhead()
    return found[0]


def main():
    """One line of JSON for each engine."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("shards", type=int)
    parser.add_argument("engine", nargs="+", help="here, local, threads, dask or ray")
    asked = parser.parse_args()
    quiet_prefect(False)
    with tempfile.TemporaryDirectory() as scratch:
        for name in asked.engine:
            jobs = [
                Trial(n, "fine", str(Path(scratch) / f"{name}{n}")) for n in range(asked.shards + 2)
            ]
            if name == "here":
                found = measured(InProcess(0), jobs)
            else:
                with api_server():
                    found = through_prefect(name, jobs)
            print(json.dumps({"engine": name, **found}), flush=True)


if __name__ == "__main__":
    main()
