"""The same shards by processes, Dask and Ray: same bytes, whoever dies; extras dask and ray."""

import contextlib
import importlib.util
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from flows.run.engines.clusters import is_here, require_engine
from schemas.errors import ConfigError
from schemas.settings.config import RunSection
from tests.doubles.signals import awaited, begun, worker
from tests.flows.run.test_build import BUILD, parquet_bytes

SECONDS = 240


def needs(engine):
    """Skip without the extra."""
    if engine in ("dask", "ray") and not importlib.util.find_spec(f"prefect_{engine}"):
        pytest.skip(f"needs the extra {engine}")


def working(out, run):
    """The number of a process that builds a shard of which a picture is done."""
    return awaited(run, lambda: worker(out, "build", done=1), SECONDS)


def ended(run):
    """What a command said; it must end well."""
    said = run.communicate(timeout=SECONDS)[1]
    assert run.returncode in (0, 3), said
    assert "Traceback" not in said
    return said


@pytest.mark.slow  # a cluster is started
@pytest.mark.parametrize("engine", ["dask", "ray"])
def test_a_cluster_for_the_run_gives_the_same_bytes(dataset, spider, photos, tmp_path, engine):
    """Two workers of an embedded cluster change nothing, and the engine itself says nothing."""
    needs(engine)
    flags = ("--engine", engine, "--workers", 2)
    done = spider("build", photos, "--out", tmp_path / "d", *BUILD, *flags)
    assert done.returncode in (0, 3), done.stderr
    assert parquet_bytes(tmp_path / "d") == parquet_bytes(dataset)
    assert done.stderr.startswith("ingest: ")
    assert "ingest: 8/8 pictures" in done.stderr
    assert "WARNING" not in done.stderr


@pytest.mark.slow  # a cluster is started
@pytest.mark.parametrize("engine", ["local", "dask", "ray"])
def test_a_worker_that_is_killed_changes_nothing(dataset, photos, environment, tmp_path, engine):
    """SIGKILL in the middle of a shard: the run goes on by itself and ends with the same bytes."""
    needs(engine)
    out = tmp_path / "d"
    run = begun(
        environment, "build", photos, "--out", out, *BUILD, "--engine", engine, "--workers", 2
    )
    victim = working(out, run)
    assert victim != run.pid
    os.kill(victim, signal.SIGKILL)
    said = ended(run)
    assert (engine == "local") == ("a worker process died; going on with new ones" in said)
    assert parquet_bytes(out) == parquet_bytes(dataset)
    assert not list(out.rglob("*.part"))


@pytest.mark.slow  # a cluster is started, twice
@pytest.mark.parametrize("engine", ["dask", "ray"])
def test_ctrl_c_ends_a_cluster_and_resumes(dataset, photos, environment, spider, tmp_path, engine):
    """Ctrl-C to the whole terminal is one line; another engine goes on from there."""
    needs(engine)
    out = tmp_path / "d"
    run = begun(
        environment, "build", photos, "--out", out, *BUILD, "--engine", engine, "--workers", 2
    )
    working(out, run)
    os.killpg(run.pid, signal.SIGINT)
    said = run.communicate(timeout=60)[1]
    assert run.returncode == 130, said
    assert "the same command goes on" in said
    assert "Traceback" not in said
    assert spider("build", photos, "--out", out, *BUILD).returncode in (0, 3)
    assert parquet_bytes(out) == parquet_bytes(dataset)


@contextlib.contextmanager
def programs(folder, environment, *commands):
    """Programs of a cluster that somebody else has started; each says where its output lies."""
    with contextlib.ExitStack() as stack:
        started = []
        for number, command in enumerate(commands):
            log = stack.enter_context((folder / f"{number}.log").open("wb"))
            started.append(
                subprocess.Popen(
                    [sys.executable, "-m", *command],
                    env=environment,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            )
        try:
            yield started
        finally:
            for program in started:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(program.pid, signal.SIGKILL)
                program.wait()


def free_port():
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.mark.slow  # a cluster of three programs
def test_dask_workers_of_somebody_else(dataset, photos, environment, spider, tmp_path):
    """Two workers that were started by hand do the work; one is killed, the other does the rest."""
    needs("dask")
    out, address = tmp_path / "d", f"tcp://127.0.0.1:{free_port()}"
    scheduler = [
        *("distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--no-dashboard"),
        *("--port", address.rsplit(":", 1)[1]),
    ]
    worker = ["distributed.cli.dask_worker", address, "--nthreads", "1", "--no-dashboard"]
    commands = (scheduler, [*worker, "--no-nanny"], [*worker, "--no-nanny"])
    with programs(tmp_path, environment, *commands) as (_, first, second):
        flags = ("--engine", "dask", "--address", address, "--workers", 2)
        run = begun(environment, "build", photos, "--out", out, *BUILD, *flags)
        victim = working(out, run)
        assert victim in (first.pid, second.pid)
        os.kill(victim, signal.SIGKILL)
        ended(run)
    assert parquet_bytes(out) == parquet_bytes(dataset)


@pytest.mark.slow  # a cluster is started
def test_a_ray_head_of_somebody_else(dataset, photos, environment, spider, tmp_path):
    """``ray start --head`` on loopback does the work, and is still there afterwards."""
    needs("ray")
    out, port, ray = tmp_path / "d", free_port(), Path(sys.executable).with_name("ray")
    head = [ray, "start", "--head", "--node-ip-address", "127.0.0.1", "--port", port]
    more = ["--num-cpus", 2, "--include-dashboard", "false", "--block"]
    own = environment | {"RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "disabled"}
    short = Path("/tmp") / f"ray-{port}"  # its sockets' paths must be short
    with (tmp_path / "head.log").open("wb") as log:
        command = [*map(str, [*head, *more, "--temp-dir", short])]
        started = subprocess.Popen(command, env=own, stdout=log, stderr=log, start_new_session=True)
        try:
            while b"Ray runtime started" not in (tmp_path / "head.log").read_bytes():
                assert started.poll() is None, (tmp_path / "head.log").read_text()
                time.sleep(0.1)
            flags = ("--engine", "ray", "--address", f"127.0.0.1:{port}", "--workers", 2)
            ended(begun(own, "build", photos, "--out", out, *BUILD, *flags))
            assert started.poll() is None
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(started.pid, signal.SIGKILL)
            started.wait()
            shutil.rmtree(short, ignore_errors=True)
    assert parquet_bytes(out) == parquet_bytes(dataset)


def test_addresses_of_this_machine_are_known():
    """With and without a scheme; a name that only looks like one is of another machine."""
    assert [is_here(a) for a in ("127.0.0.1:6379", "tcp://localhost:8786", "ray://[::1]:1")] == [
        True,
        True,
        True,
    ]
    assert not is_here("tcp://localhost.example:8786")
    with pytest.raises(ConfigError, match=re.escape("expected HOST:PORT")):
        is_here("tcp://[::1")


@pytest.mark.parametrize(
    ("engine", "address", "words"),
    [
        ("local", "127.0.0.1:1", "--engine local has none"),
        ("dask", "tcp://node7:8786", "set PREFECT_API_URL"),
    ],
)
def test_what_cannot_be_reached_is_a_mistake(monkeypatch, tmp_path, engine, address, words):
    """An address without a cluster, and workers elsewhere without a server that they reach."""
    needs(engine)
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path))
    with pytest.raises(ConfigError, match=words):
        require_engine(RunSection(engine=engine, address=address))


@pytest.mark.skipif(bool(importlib.util.find_spec("prefect_dask")), reason="the extra is there")
def test_a_missing_extra_is_one_line(spider, photos, tmp_path):
    """Without the extra its name is said and nothing is written."""
    done = spider("build", photos, "--out", tmp_path / "d", "--engine", "dask")
    assert (done.returncode, "pip install 'iqa-spider[dask]'" in done.stderr) == (2, True)
    assert not (tmp_path / "d").exists()
