"""What a Dask worker of a cluster that lives for the run does first; Dask looks for the name."""

from typing import Any

from flows.processes import start_worker


def dask_setup(_worker: Any) -> None:
    """Leave Ctrl-C, and when to end, to the run's own process, as any worker of ours does."""
    start_worker()
