"""Runs jobs through the project's own Prefect machinery; prints ``tries result`` a line."""

import json
import sys
from pathlib import Path

from flows.run.prefect_server import api_server, quiet_prefect
from schemas.errors import IqaSpiderError
from tests.doubles.flow_jobs import Trial, attempt


def main() -> None:
    """Arguments: runner, scratch folder, kinds of failure."""
    runner_name, scratch, *kinds = sys.argv[1:]
    quiet_prefect(False)
    with api_server():
        from prefect import flow
        from prefect.task_runners import ProcessPoolTaskRunner, ThreadPoolTaskRunner

        import flows.run.tasks as tasks

        tasks.RETRY_SECONDS = 0
        stage = tasks.shard_task("trial", attempt)
        runner = ThreadPoolTaskRunner if runner_name == "threads" else ProcessPoolTaskRunner
        for kind in kinds:
            file = Path(scratch) / f"{runner_name}-{kind.replace(' ', '-')}"
            jobs = [Trial(0, kind, str(file))]

            @flow(name="trial", task_runner=runner(max_workers=2), validate_parameters=False)
            def trial(jobs=jobs):
                return tasks.all_shards(stage, jobs, 2)

            try:
                result = trial()
            except (OSError, IqaSpiderError) as error:
                result = f"{type(error).__name__}: {error}"
            print(json.dumps([kind, len(file.read_text()), result]), flush=True)


if __name__ == "__main__":
    main()
