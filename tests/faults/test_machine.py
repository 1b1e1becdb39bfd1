"""Machines that give less than is asked for: disk, files, a home, a folder of one's own."""

import os
import resource
import shutil
import subprocess
import sys

import pytest

from flows.store.run_folder import RunFolder
from tests.flows.run.test_build import BUILD, parquet_bytes

ODD = b'it\'s a "strange"\n $HOME name; caf\xe9'


def limited(environment, what, value, *arguments):
    """Run a command under a limit of the system."""
    return subprocess.run(
        [sys.executable, "-m", "flows", *map(os.fspath, arguments)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
        preexec_fn=lambda: resource.setrlimit(what, (value, value)),
    )


def test_no_space_for_an_export(dataset, environment, spider, tmp_path):
    """One line and status 2; with space the same command goes on."""
    export = ("export", dataset, "--format", "llava", "--out", tmp_path / "o")
    done = limited(environment, resource.RLIMIT_FSIZE, 20_000, *export)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert "no space left on the disk" in done.stderr
    done = spider(*export)
    assert done.returncode == 0, done.stderr
    assert not list((tmp_path / "o").rglob("*.part"))


@pytest.mark.slow  # a build that is ended in two goes
def test_no_space_for_a_build(dataset, photos, environment, spider, tmp_path):
    """One line and status 2 before anything half is believed; with space the same command ends."""
    build = ("build", photos, "--out", tmp_path / "d", *map(str, BUILD))
    done = limited(environment, resource.RLIMIT_FSIZE, 300_000, *build)
    assert (done.returncode, done.stderr.count("Traceback")) == (2, 0), done.stderr
    assert "no space left on the disk" in done.stderr
    done = spider(*build)
    assert done.returncode in (0, 3), done.stderr
    assert parquet_bytes(tmp_path / "d") == parquet_bytes(dataset)
    assert not list((tmp_path / "d").rglob("*.part"))


@pytest.mark.slow  # a whole build
def test_few_open_files(dataset, photos, environment, tmp_path):
    """256 open files are enough for two workers, and change nothing."""
    build = ("build", photos, "--out", tmp_path / "d", *map(str, BUILD), "--workers", "2")
    done = limited(environment, resource.RLIMIT_NOFILE, 256, *build)
    assert done.returncode in (0, 3), done.stderr
    assert parquet_bytes(tmp_path / "d") == parquet_bytes(dataset)


@pytest.mark.slow  # a whole build whose Prefect server makes its database anew
def test_no_home(dataset, photos, environment, tmp_path):
    """Without a home to write to, a run says nothing of it and is as any other."""
    clean = {name: value for name, value in environment.items() if name != "PREFECT_HOME"}
    flags = ("--out", tmp_path / "d", *BUILD, "--workers", 2)  # one worker needs no server
    command = [sys.executable, "-m", "flows", "build", photos, *flags]
    done = subprocess.run(
        [*map(str, command)],
        env=clean | {"HOME": "/proc/nohome"},
        text=True,
        capture_output=True,
        check=False,
        timeout=280,
    )
    assert done.returncode in (0, 3), done.stderr
    assert "nohome" not in done.stderr
    assert parquet_bytes(tmp_path / "d") == parquet_bytes(dataset)


def test_two_runs_into_one_folder(photos, spider, tmp_path):
    """The second is one line and leaves the first alone."""
    with RunFolder(tmp_path / "d").locked():
        done = spider("build", photos, "--out", tmp_path / "d")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert "another process builds here" in done.stderr


@pytest.mark.slow  # a whole build
def test_odd_names(photos, spider, tmp_path):
    """Blanks, quotes, line breaks and bytes that are no UTF-8 are names like others."""
    odd = os.fsencode(tmp_path) + b"/" + ODD
    source, out = os.fsdecode(odd), os.fsdecode(odd[:-1]) + "out"
    os.mkdir(source)  # noqa: PTH102
    for number, file in enumerate(sorted(photos.iterdir())[:2]):
        shutil.copy(file, os.path.join(source, os.fsdecode(b"%d " % number + ODD + b".png")))  # noqa: PTH118
    done = spider("build", source, "--out", out, "--regions", "segments")
    assert done.returncode in (0, 3), done.stderr
    assert spider("validate", out, "--source", source).returncode == 0
    assert spider("export", out, "--format", "jsonl", "--out", out + "x").returncode == 0
    for command in (("build", source), ("export", out, "--format", "jsonl")):
        done = spider(*command, "--out", source + "out")
        assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
        assert "expected a name in UTF-8" in done.stderr


@pytest.mark.parametrize("command", ["build", "export"])
def test_names_that_are_too_long(dataset, photos, spider, tmp_path, command):
    """They are one line, as a source and as a target."""
    long = tmp_path / ("n" * 300)
    kind = ("--format", "llava") if command == "export" else ()
    for source, out in ((long, tmp_path / "d"), (dataset if kind else photos, long)):
        done = spider(command, source, *kind, "--out", out)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
        assert "too long" in done.stderr
