"""A tiny vision-language model and a dataset, made once; these tests need the extra ``train``."""

import importlib.util
import json
import sys

import cv2
import numpy as np
import pytest

from schemas.training import MixConfig, load_section
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


@pytest.fixture
def records(tmp_path):
    """Eight LLaVA records with pictures, one of two answers."""
    for number in range(8):
        pixels = np.random.default_rng(number).integers(0, 255, (40, 60, 3)).astype(np.uint8)
        cv2.imwrite(str(tmp_path / f"p{number}.png"), pixels)
    rows = [
        {"id": str(number), "image": f"p{number}.png", "qtype": "what" if number % 4 else "how",
         "conversations": [{"from": "human", "value": f"<image>\nWhat is on the left {number}?"},
                           {"from": "gpt", "value": "Noise on the left."}]}
        for number in range(8)
    ]  # fmt: skip
    rows[3]["conversations"] += [{"from": "human", "value": "How strong?"},
                                 {"from": "gpt", "value": "Strong."}]  # fmt: skip
    (tmp_path / "llava.json").write_text(json.dumps(rows))
    return tmp_path


def mixture(text, folder):
    """The mixture of a ``mix.toml``."""
    pytest.importorskip("datasets")
    from flows.training.data.mixture import Mixture

    path = folder / "mix.toml"
    path.write_text(text)
    return Mixture.load(load_section(MixConfig, path))


@pytest.fixture(scope="session")
def segmenters(train_extra, tmp_path_factory):
    """Weights of tiny SAMs: a checkpoint, SAM and SAM 2 of transformers."""
    import torch

    from tests import tiny_models

    torch.manual_seed(0)
    root = tmp_path_factory.mktemp("sams")
    return {kind: getattr(tiny_models, kind)(root / kind) for kind in ("hf_sam", "hf_sam2")}
