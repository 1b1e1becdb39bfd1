"""Photographs and datasets in a bucket, against a real S3 server: same bytes as on a disk."""

import hashlib
import json
import os
import signal
import uuid

import pytest

from flows.ingest.sources import list_candidates
from flows.ingest.stores import _in_order_of_a_walk
from flows.store.identity import run_identity
from flows.store.place import is_remote, place, put_new
from flows.store.run_folder import RunFolder
from schemas.candidate import Candidate
from schemas.errors import ConfigError
from schemas.settings.config import RunConfig
from tests.doubles import s3_server
from tests.doubles.signals import awaited, begun
from tests.flows.run.test_build import BUILD, parquet_bytes


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The environment that leads to the server; what is in it now leads there, too."""
    for library in ("moto", "obstore", "upath"):
        pytest.importorskip(library)
    with (
        s3_server.serving(tmp_path_factory.mktemp("s3") / "log") as where,
        pytest.MonkeyPatch.context() as patch,
    ):
        for name, value in where.items():
            patch.setenv(name, value)
        yield where


@pytest.fixture
def bucket(server):
    """An empty place in the bucket."""
    return place(f"s3://{s3_server.BUCKET}/{uuid.uuid4().hex[:8]}")


@pytest.fixture(scope="module")
def stored(server, photos):
    """The photographs in the bucket, in a folder of the same name."""
    folder = place(f"s3://{s3_server.BUCKET}/{photos.name}")
    for photo in photos.iterdir():
        (folder / photo.name).write_bytes(photo.read_bytes())
    return folder


def objects(folder):
    """Name to bytes of everything below an address."""
    store = folder.fs
    root = str(folder).split("://")[1] + "/"
    return {n.removeprefix(root): store.cat_file(n) for n in store.find(str(folder))}


def sums(folder):
    """Path to checksum of every Parquet file of a dataset in the bucket."""
    found = objects(folder).items()
    return {
        name: hashlib.sha256(data).hexdigest()
        for name, data in found
        if name.split("/")[0] in ("data", "records", "rejects")
    }


@pytest.mark.slow  # a whole build, killed and resumed
def test_a_killed_build_in_a_bucket_ends_with_the_bytes_of_a_disk(
    dataset, stored, bucket, server, environment, spider, tmp_path
):
    """Killed after the first shard, resumed, validated, counted and exported: as on a disk."""
    process = begun(environment | server, "build", stored, "--out", bucket, *BUILD)
    ledger = bucket / ".work" / "ledger" / "build-00000.json"
    awaited(process, ledger.exists, pause=0.05)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    before = ledger.read_bytes()
    shown = spider("status", bucket, **server)
    assert "build: not complete" in shown.stdout
    done = spider("build", stored, "--out", bucket, *BUILD, **server)
    assert done.returncode in (0, 3), done.stderr
    assert ledger.read_bytes() == before, "a finished shard was made again"
    assert sums(bucket) == parquet_bytes(dataset)
    found = objects(bucket)
    manifest = json.loads(found["manifest.json"])
    assert manifest["counts"] == json.loads((dataset / "manifest.json").read_text())["counts"]
    for name, data in found.items():
        for secret in (s3_server.KEY, s3_server.SECRET):
            assert secret.encode() not in data, name
    checked = spider("validate", bucket, "--source", stored, **server)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    for folder, out in ((bucket, "a"), (dataset, "b")):
        written = spider("export", folder, "--format", "trl", "--out", tmp_path / out, **server)
        assert written.returncode == 0, written.stderr
    one, other = ((tmp_path / out / "train.parquet").read_bytes() for out in "ab")
    assert one == other


@pytest.mark.slow  # a whole build in slices
def test_slices_in_a_bucket_need_only_the_bucket(
    dataset, stored, bucket, server, spider, environment
):
    """Two jobs over the same shards at once, with processes in one of them: the same bytes."""
    planned = spider("build", stored, "--out", bucket, *BUILD, "--plan", **server)
    assert planned.returncode == 0, planned.stderr
    command = ("build", "--out", bucket, "--shards", "0-2")
    both = [begun(environment | server, *command, *more) for more in ((), ("--workers", 2))]
    said = [job.communicate(timeout=280)[1] for job in both]
    assert [job.returncode in (0, 3) for job in both] == [True, True], said
    done = spider("build", "--out", bucket, "--finish", **server)
    assert done.returncode in (0, 3), done.stderr
    assert sums(bucket) == parquet_bytes(dataset)


def test_of_two_runs_that_begin_at_once_one_goes_on(bucket):
    """A conditional put decides; the same run may come again, another one is refused."""
    mine, other = RunFolder(bucket), RunFolder(bucket)
    pictures = [Candidate("s", "a.png", "/in", "a.png", "file")]
    mine._be_first(run_identity(RunConfig(), pictures))
    with pytest.raises(ConfigError, match="other settings"):
        other.claim(RunConfig(seed=1), pictures)
    other.claim(RunConfig(), pictures)
    assert other.candidates(0) == pictures
    assert not put_new(bucket / ".work" / "claim.json", b"")


def test_a_bucket_is_listed_as_a_disk_is_walked(server, bucket, tmp_path):
    """Candidates of a tree of folders, with copies that are left out, come in the same order."""
    names = ("b.png", "a/z.png", "a/b/c.JPG", "Z.png", "a.b/x.png", "a/notes.txt", "a-b/x.png")
    for name in (*names, "q/ref_imgs/1.png", "q/dist_imgs/1.png"):
        (bucket / name).write_bytes(b"x")
        (tmp_path / bucket.name / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / bucket.name / name).write_bytes(b"x")
    there = [(c.source, c.path) for c in list_candidates([str(bucket)])]
    assert there == [(c.source, c.path) for c in list_candidates([str(tmp_path / bucket.name)])]
    assert len(there) == 7


def test_files_of_a_folder_come_before_the_folders_in_it():
    """So a walk on a disk gives them."""
    assert sorted(["a/b/c", "b", "a/z"], key=_in_order_of_a_walk) == ["b", "a/z", "a/b/c"]


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("ftp://a/b", "expected a path or s3, gs, az"),
        ("s3://key:secret@bucket/a", "credentials belong in the environment"),
        ("s3:///a", "names no bucket"),
    ],
)
def test_addresses_that_cannot_be(address, words):
    """Another protocol, a key in the address, no bucket: one line, and no key in it."""
    with pytest.raises(ConfigError, match=words) as caught:
        place(address)
    assert "secret" not in str(caught.value)


def test_a_path_stays_a_path(tmp_path):
    """Nothing of a store is loaded for a disk."""
    assert place(str(tmp_path)) == tmp_path
    assert not is_remote(place("s3"))


def test_a_store_that_is_not_there_is_one_line(spider, photos, server):
    """A bucket that does not exist is the user's mistake, said in one line."""
    done = spider("build", photos, "--out", "s3://no-such-bucket/d", **server)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert os.environ["AWS_SECRET_ACCESS_KEY"] not in done.stderr
