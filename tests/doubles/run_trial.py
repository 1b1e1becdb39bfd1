"""Runs jobs through the project's own engines; prints ``kind tries result`` a line."""

import json
import sys
from pathlib import Path

from flows.run.engines import engine
from flows.run.engines.prefect_server import api_server, quiet_prefect
from schemas.errors import IqaSpiderError
from tests.doubles.flow_jobs import Trial, attempt

RETRIES = 2


def through_prefect(runner_name, jobs):
    """All jobs as tasks of a flow."""
    from prefect import flow
    from prefect.task_runners import ProcessPoolTaskRunner, ThreadPoolTaskRunner

    from flows.run.engines.tasks import PrefectTasks

    runner = ThreadPoolTaskRunner if runner_name == "threads" else ProcessPoolTaskRunner

    @flow(name="trial", task_runner=runner(max_workers=2), validate_parameters=False)
    def trial():
        return PrefectTasks(RETRIES).each(attempt, jobs)

    return trial()


def attempts(runner_name, scratch, kinds):
    """Try a job of each kind and print what came of it."""
    for kind in kinds:
        file = Path(scratch) / f"{runner_name}-{kind.replace(' ', '-')}"
        jobs = [Trial(0, kind, str(file))]
        try:
            if runner_name == "here":
                result = engine.InProcess(RETRIES).each(attempt, jobs)
            else:
                result = through_prefect(runner_name, jobs)
        except (OSError, IqaSpiderError) as error:
            result = f"{type(error).__name__}: {error}"
        print(json.dumps([kind, len(file.read_text()), result]), flush=True)


def main():
    """Arguments: here, threads or processes; scratch folder; kinds of failure."""
    runner_name, scratch, *kinds = sys.argv[1:]
    engine.RETRY_SECONDS = 0
    if runner_name == "here":
        attempts(runner_name, scratch, kinds)
        return
    quiet_prefect(False)
    with api_server():
        attempts(runner_name, scratch, kinds)


if __name__ == "__main__":
    main()
