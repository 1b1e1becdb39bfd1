"""The front door for Python: pictures, builds and rows without the command line."""

import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pyarrow.parquet as pq
import pytest

from flows import api
from flows.store.png import decode_png
from tests.conftest import ROOT

NAMES = ROOT / "tests" / "golden" / "exported_names.json"


@pytest.fixture
def photo(photos):
    return decode_png((photos / "photo0.png").read_bytes())


def test_exported_names():
    """What the front door exports is what people rely on; a name that goes is a broken promise."""
    assert sorted(api.__all__) == json.loads(NAMES.read_text())
    assert all(hasattr(api, name) for name in api.__all__)


def test_degrade_touches_the_mask_and_nothing_else(photo):
    """A chain changes the pixels of the mask; the same seed gives the same bytes."""
    mask = np.zeros(photo.shape[:2], np.uint8)
    mask[50:180, 40:200] = 255
    before = photo.copy()
    chain = "noise:gaussian_noise:3,blur:gaussian_blur:2"
    worse = api.degrade(photo, chain, mask=mask, seed=3)
    changed = np.any(worse != photo, axis=2)
    assert changed[mask > 0].mean() > 0.9
    assert not changed[mask == 0].any()
    assert np.array_equal(photo, before)
    pairs = [("gaussian_noise", 3), ("gaussian_blur", 2)]
    assert np.array_equal(api.degrade(photo, pairs, mask=mask > 0, seed=3), worse)
    assert not np.array_equal(api.degrade(photo, chain, mask=mask, seed=4), worse)


def test_corrupt_is_the_whole_picture(photo):
    """One distortion on everything, stronger by severity."""
    far = [
        np.abs(api.corrupt(photo, "gaussian_blur", level).astype(int) - photo).mean()
        for level in (1, 3, 5)
    ]
    assert 0 < far[0] < far[1] < far[2]
    assert np.array_equal(
        api.corrupt(photo, "gaussian_blur"), api.degrade(photo, "gaussian_blur:3")
    )
    assert api.distortions()["gaussian_blur"].family == "blur"


def test_mistakes_are_config_errors(photo, tmp_path):
    """Names, severities, masks, settings and folders that cannot be raise one kind of error."""
    with pytest.raises(api.UnknownNameError, match="did you mean gaussian_blur"):
        api.corrupt(photo, "gausian_blur")
    with pytest.raises(api.ConfigError, match="severity must be"):
        api.corrupt(photo, "gaussian_blur", severity=6)
    with pytest.raises(api.ConfigError, match="mask: it is empty"):
        api.degrade(photo, "gaussian_blur:3", mask=np.zeros(photo.shape[:2]))
    with pytest.raises(api.ContractError, match="mask"):
        api.degrade(photo, "gaussian_blur:3", mask=np.ones((3, 3)))
    with pytest.raises(api.ConfigError, match="forbidden chain"):
        api.degrade(photo, "gaussian_blur:1,pixelate:1", order_profile="restored")
    with pytest.raises(api.UnknownNameError, match="did you mean workers"):
        api.build("x", tmp_path / "out", worker=2)
    with pytest.raises(api.ConfigError, match="not a dataset of ours"):
        api.open(tmp_path)


def test_settings_by_any_name():
    """Everyday names, tables and dotted keys say the same; they lie on top of a configuration."""
    wanted = api.RunConfig.parse(
        {"seed": 4, "run": {"workers": 2}, "plan": {"min_regions": 3}, "regions": {"source": "ssa"}}
    )
    assert (
        api.configured(
            None, {"seed": 4, "workers": 2, "plan": {"min_regions": 3}, "regions": "ssa"}
        )
        == wanted
    )
    base = api.RunConfig.parse({"plan": {"min_regions": 3}, "run": {"workers": 8}})
    given = {"seed": 4, "run.workers": 2, "regions": {"source": "ssa"}}
    assert api.configured(base, given) == wanted


def test_rows(dataset, photos):
    """Rows come in the order of the files with picture, mask, region, chain and source."""
    rows = api.open(dataset)
    files = sorted((dataset / "data").glob("*.parquet"), key=lambda f: (f.name[:4] == "test", f))
    stored = [row for file in files for row in pq.read_table(file).to_pylist()]
    assert len(rows) == len(stored)
    assert [row.row_id for row in rows] == [row["row_id"] for row in stored]
    assert rows[-1].row_id == stored[-1]["row_id"]
    assert [row.row_id for row in rows[3:9:2]] == [row["row_id"] for row in stored[3:9:2]]
    with pytest.raises(IndexError):
        rows[len(rows)]
    seen = 0
    for row, raw in zip(rows, stored, strict=True):
        assert (row.question, row.answer) == (raw["question"], raw["answer"])
        assert [step.type for step in row.chain] == [step["type"] for step in raw["chain"]]
        if row.region is None:
            assert row.mask is None
            continue
        if row.chain and not seen:
            seen += 1
            assert np.array_equal(row.image, decode_png(raw["image"]["bytes"]))
            source = row.source_image(photos)
            assert source.shape == row.image.shape
            assert (source != row.image)[row.mask].any()
            assert np.array_equal(row.source_image(), source)
            assert row.region.name == raw["reference"]
            x, y = row.region.point
            assert row.mask[int(y), int(x)]
    assert seen
    assert len({row.row_id for row in rows}) == len(rows)


def test_rows_are_filtered(dataset):
    """Rows of a task, a sub-task and a split; a filter of a filter is both."""
    rows = api.open(dataset)
    grounding = rows.filter(task="grounding")
    assert 0 < len(grounding) < len(rows)
    assert all(row.task == "grounding" for row in grounding)
    parts = [
        len(grounding.filter(task=f"grounding.{name}"))
        for name in ("hybrid_intensity", "single_intensity", "accumulation_order")
    ]
    assert sum(parts) == len(grounding)
    assert sum(len(rows.filter(split=split)) for split in rows.splits) == len(rows)
    with pytest.raises(api.UnknownNameError, match="did you mean grounding"):
        rows.filter(task="groundin")
    with pytest.raises(api.UnknownNameError, match="split"):
        rows.filter(split="validation")


def test_only_what_is_looked_at_is_read(dataset, monkeypatch):
    """Opening reads no rows; a row reads its own row group, its picture only when asked for."""
    read = []
    original = pq.ParquetFile.read_row_group

    def counted(file, number, columns=None, **more):
        read.append(columns)
        return original(file, number, columns=columns, **more)

    monkeypatch.setattr(pq.ParquetFile, "read_row_group", counted)
    row = api.open(dataset)[0]
    assert len(read) == 1
    assert not any(name.startswith("image.") for name in read[0])
    assert row.image.any()
    assert read[1:] == [["image.bytes"]]


def test_counts_and_checks(dataset, photos):
    """``stats`` counts and ``validate`` finds nothing wrong."""
    assert sum(api.stats(dataset).rows.values()) == len(api.open(dataset))
    assert api.validate(dataset, photos) == []


@pytest.fixture(scope="module")
def front(tmp_path_factory):
    """A folder with ``iqa_spider.py`` as the wheel carries it."""
    folder = tmp_path_factory.mktemp("front")
    shutil.copy(ROOT / "flows" / "api.py", folder / "iqa_spider.py")
    return folder


def python(code, cwd, *places, module=False):
    """Run Python in a folder, which is first on its path as in a notebook."""
    paths = os.pathsep.join(map(str, (*places, ROOT)))
    command = [sys.executable, "-m", *code] if module else [sys.executable, "-c", code]
    return subprocess.run(
        command,
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("room", "package"),
    [
        ("schemas", False),
        ("schemas", True),
        ("flows", False),
        ("flows", True),
        ("annotators", True),
    ],
)
def test_somebody_elses_package_is_named(front, tmp_path, room, package):
    """Where another package stands in for a room, importing says which, in one line."""
    place = tmp_path / room / "__init__.py" if package else tmp_path / f"{room}.py"
    place.parent.mkdir(exist_ok=True)
    place.write_text("")
    done = python("import iqa_spider", tmp_path, front)
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith(f"ImportError: {place} is found instead of iqa-spider's own '{room}'")
    if room != "flows":
        done = python(["flows", "--help"], tmp_path, module=True)
        assert done.returncode == 2
        assert done.stderr.startswith(f"iqa-spider: {place} is found instead")
        assert len(done.stderr.strip().splitlines()) == 1


def test_import_is_light(front, tmp_path):
    """``import iqa_spider`` loads neither Prefect nor torch nor the compiler."""
    code = "import iqa_spider, sys; print({'prefect', 'torch', 'numba'} & set(sys.modules))"
    assert python(code, tmp_path, front).stdout.strip() == "set()"
