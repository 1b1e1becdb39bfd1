"""Whose workers run the shards: Prefect's task runner for the engine that is asked for.

Prefect submits the same tasks to each. A worker of a cluster needs the package, the job it is sent,
the storage that the job names, and Prefect's server.
"""

import logging
import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any
from urllib.parse import urlsplit

from flows.processes import start_worker
from schemas.errors import ConfigError
from schemas.extras import import_extra
from schemas.settings.config import RunSection

_HERE = ("localhost", "127.0.0.1", "::1")


def require_engine(run: RunSection) -> None:
    """Refuse what cannot run before anything is written.

    Raises:
        ConfigError: The extra is missing, an address where none can be, or a cluster of other
            machines that could not reach the Prefect server of this one.
    """
    if run.engine not in ("dask", "ray"):
        if run.address:
            raise ConfigError(f"--address {run.address}: --engine {run.engine} has none")
        return
    import_extra(f"prefect_{run.engine}", f"--engine {run.engine}", run.engine)
    if run.address and not is_here(run.address) and not _own_server():
        raise ConfigError(
            f"--address {run.address}: its workers could not reach a Prefect server started here; "
            "start one that they can (prefect server start --host ...) and set PREFECT_API_URL"
        )


def is_here(address: str) -> bool:
    """Whether an address is one of this machine alone."""
    try:
        host = urlsplit(address if "://" in address else f"tcp://{address}").hostname
    except ValueError:
        raise ConfigError(
            f"--address {address}: expected HOST:PORT or SCHEME://HOST:PORT"
        ) from None
    return host in _HERE


def refused(run: RunSection, error: RuntimeError) -> ConfigError | None:
    """What the user reads where Ray's head does not let us in; ``None``: it is another error."""
    if run.engine != "ray" or not run.address or "connect to GCS" not in str(error):
        return None
    asked = "AuthToken" in str(error)
    why = "it asks for a token; set RAY_AUTH_MODE as for `ray start`" if asked else "no head of Ray"
    return ConfigError(f"--address {run.address}: {why}")


def _own_server() -> bool:
    from prefect.settings import PREFECT_API_URL

    return bool(PREFECT_API_URL.value())


def runner_for(run: RunSection) -> Any:
    """The task runner that the configuration asks for."""
    makers: dict[str, Callable[[RunSection], Any]] = {
        "local": _processes,
        "threads": _threads,
        "dask": _dask,
        "ray": _ray,
    }
    return makers[run.engine](run)


def tagged(run: RunSection) -> Callable[[], AbstractContextManager[Any]] | None:
    """Sends what is submitted meanwhile to workers of a running cluster that have a GPU.

    A Dask worker says so by ``--resources GPU=1``; Ray counts GPUs itself.
    """
    if not run.address:
        return None
    if run.engine == "dask":
        import dask

        # as long as it waits, a task is not fused or moved to a worker without one
        return lambda: dask.annotate(resources={"GPU": 1})
    from prefect_ray.context import remote_options

    return lambda: remote_options(num_gpus=1)


def _threads(run: RunSection) -> Any:
    from prefect.task_runners import ThreadPoolTaskRunner

    return ThreadPoolTaskRunner(max_workers=run.workers)


def _processes(run: RunSection) -> Any:
    from prefect.task_runners import ProcessPoolTaskRunner

    if run.workers == 1:
        return _threads(run)
    return ProcessPoolTaskRunner(max_workers=run.workers, initializer=start_worker)


def _dask(run: RunSection) -> Any:
    from prefect_dask import DaskTaskRunner

    if run.address:
        return DaskTaskRunner(address=run.address)
    # one shard a process at a time; nobody looks at the dashboard of so short a cluster
    cluster = {
        "n_workers": run.workers,
        "threads_per_worker": 1,
        "dashboard_address": None,
        "silence_logs": logging.CRITICAL,
        "preload": ["flows.run.engines.dask_worker"],
    }
    return DaskTaskRunner(cluster_kwargs=cluster)


def _ray(run: RunSection) -> Any:
    from prefect_ray import RayTaskRunner

    quiet = {"logging_level": logging.CRITICAL, "log_to_driver": False}
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    if run.address:
        return RayTaskRunner(address=run.address, init_kwargs=quiet)
    own = {"address": "local", "num_cpus": run.workers, "include_dashboard": False}
    return RayTaskRunner(init_kwargs=quiet | own)
