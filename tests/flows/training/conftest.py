"""A tiny vision-language model and a dataset, made once; these tests need the extra ``train``."""

import importlib.util
import sys

import pytest

from tests import torchvision_cpu
from tests.conftest import ROOT

SHIM = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from tests import torchvision_cpu
torchvision_cpu.make_importable()
"""
QUIET = {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false", "OMP_NUM_THREADS": "2"}


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
