"""What the tests of whole runs share: photographs, the command line, one Prefect server."""

import importlib.util
import os
import subprocess
import sys

import cv2
import numpy as np
import pytest

from tests.conftest import ROOT
from tests.doubles import torchvision_cpu

SHIM = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from tests.doubles import torchvision_cpu
torchvision_cpu.make_importable()
"""
QUIET = {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false", "OMP_NUM_THREADS": "1"}


@pytest.fixture(scope="session")
def photos(tmp_path_factory):
    """A folder with eight different photographs cut from those of scikit-image."""
    from skimage import data

    folder = tmp_path_factory.mktemp("photos")
    sources = [data.astronaut(), data.coffee(), data.chelsea(), data.rocket()]
    rng = np.random.default_rng(5)
    for number in range(8):
        photo = sources[number % 4]
        height, width = (int(side * rng.uniform(0.75, 0.95)) for side in photo.shape[:2])
        y = int(rng.integers(0, photo.shape[0] - height))
        x = int(rng.integers(0, photo.shape[1] - width))
        cut = cv2.resize(photo[y : y + height, x : x + width], (360, 270))
        cut = cut[:, ::-1] if number >= 4 else cut
        cv2.imwrite(str(folder / f"photo{number}.png"), np.ascontiguousarray(cut[..., ::-1]))
    return folder


@pytest.fixture(scope="session")
def prefect_home(tmp_path_factory):
    """A Prefect home of its own, so that the user's is left alone."""
    return tmp_path_factory.mktemp("prefect")


@pytest.fixture(scope="session")
def environment(prefect_home):
    """The environment of the command line in tests."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("PREFECT_")}
    return clean | {"PREFECT_HOME": str(prefect_home), "PYTHONPATH": str(ROOT), "COLUMNS": "160"}


@pytest.fixture(scope="session")
def spider(environment):
    """Run ``iqa-spider`` as a user types it."""

    def run(*arguments, cwd=None, **more):
        command = [sys.executable, "-m", "flows", *map(str, arguments)]
        return subprocess.run(
            command,
            capture_output=True,
            text=True,
            env=environment | more,
            cwd=cwd,
            check=False,
            timeout=300,
        )

    return run


@pytest.fixture(scope="session")
def dataset(photos, spider, tmp_path_factory):
    """A dataset built through the command line: eight photographs, three shards, two variants."""
    out = tmp_path_factory.mktemp("built") / "dataset"
    done = spider("build", photos, "--out", out, "--shard-size", 3, "--variants", 2, "--seed", 4)
    assert done.returncode in (0, 3), done.stderr
    return out


@pytest.fixture(scope="module")
def images(coffee, astronaut, tmp_path_factory):
    """Three photographs of 400x300."""
    folder = tmp_path_factory.mktemp("flawed")
    for number, source in enumerate((coffee, astronaut, coffee[:, ::-1])):
        small = cv2.resize(np.ascontiguousarray(source), (400, 300))
        cv2.imwrite(str(folder / f"p{number}.png"), small[..., ::-1])
    return folder


def example(name):
    """A file of the examples as a module."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "examples" / f"{name}.py")
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def train_extra():
    """Skip without the extra; make torchvision importable where only a CUDA build is to be had."""
    pytest.importorskip("torch")
    torchvision_cpu.make_importable()
    for library in ("torchvision", "transformers", "trl", "peft", "datasets", "segment_anything"):
        pytest.importorskip(library)
    import torch

    torch.set_num_threads(2)


@pytest.fixture(scope="session")
def tiny_vlm(train_extra):
    """The example that builds tiny models."""
    return example("tiny_vlm")


@pytest.fixture(scope="session")
def qwen(tiny_vlm, tmp_path_factory):
    """Folder of a tiny Qwen3-VL."""
    return tiny_vlm.build(tmp_path_factory.mktemp("qwen"))


@pytest.fixture(scope="session")
def shim(train_extra, tmp_path_factory):
    """Environment in which a command of its own process imports this torchvision, too."""
    folder = tmp_path_factory.mktemp("shim")
    (folder / "sitecustomize.py").write_text(SHIM)
    return QUIET | {"PYTHONPATH": str(folder)}


@pytest.fixture(scope="session")
def segmenters(train_extra, tmp_path_factory):
    """Weights of tiny SAMs: a checkpoint, SAM and SAM 2 of transformers."""
    import torch

    from tests.doubles import tiny_models

    torch.manual_seed(0)
    root = tmp_path_factory.mktemp("sams")
    return {kind: getattr(tiny_models, kind)(root / kind) for kind in ("hf_sam", "hf_sam2")}
