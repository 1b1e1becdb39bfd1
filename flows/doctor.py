"""What works here: extras, devices, weights; and what to run where something does not."""

import importlib.metadata
import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from annotators.ssa.checkpoints import how_to_get
from schemas.config import RunConfig
from schemas.extras import PAIRS

EXTRAS: dict[str, tuple[str, ...]] = {
    "core": ("numpy", "cv2", "numba", "pyarrow", "pycocotools", "prefect"),
    "ssa": ("torch", "torchvision", "transformers", "segment_anything", "spacy"),
    "train": ("trl", "peft", "accelerate", "datasets"),
    "evaluate": ("scipy", "pingouin", "sklearn", "sacrebleu", "matplotlib"),
}
IMPORT_SECONDS = 120


class Finding(NamedTuple):
    """A line of the table.

    Args:
        what: What was looked at.
        ok: Whether it works.
        found: Version, path, or what is wrong.
        help: What to run; empty when nothing is to do.
    """

    what: str
    ok: bool
    found: str
    help: str = ""


def examine(config: RunConfig) -> list[Finding]:
    """Look at everything; imports run in processes of their own, so a crash is a finding."""
    found = [_package(extra, name) for extra, names in EXTRAS.items() for name in names]
    torch = next(finding for finding in found if finding.what == "ssa: torch")
    found.append(_device(torch.ok))
    return [*found, *_weights(config)]


def _package(extra: str, name: str) -> Finding:
    what = f"{extra}: {name}"
    install = "pip install iqa-spider" if extra == "core" else f"pip install 'iqa-spider[{extra}]'"
    if importlib.util.find_spec(name) is None:
        return Finding(what, False, "not installed", install)
    done = _python(f"import {name}")
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["it ended without a word"]
        wanted = PAIRS if name == "torchvision" else install
        return Finding(what, False, f"does not import: {said[-1][:80]}", wanted)
    return Finding(what, True, _version(name))


def _python(code: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "ignore", "-c", code]
    return subprocess.run(  # noqa: S603  # our own interpreter
        command, capture_output=True, text=True, check=False, timeout=IMPORT_SECONDS
    )


def _version(name: str) -> str:
    packages = importlib.metadata.packages_distributions().get(name, [name])
    try:
        return importlib.metadata.version(packages[0])
    except importlib.metadata.PackageNotFoundError:
        return "no version"


def _device(torch: bool) -> Finding:
    if not torch:
        return Finding("device", False, "unknown without torch", "pip install 'iqa-spider[ssa]'")
    code = "import torch; n = torch.cuda.is_available(); "
    done = _python(code + "print(torch.cuda.get_device_name(0) if n else '')")
    name = done.stdout.strip()
    return Finding(
        "device", bool(name), name or "no GPU; SAM takes many seconds a picture on a CPU"
    )


def _weights(config: RunConfig) -> list[Finding]:
    ssa = config.regions.ssa
    checkpoint = ssa.sam_checkpoint
    get = how_to_get(ssa.sam_type)
    if not checkpoint:
        found = [Finding("weights: SAM", False, "sam_checkpoint is not set", get)]
    elif checkpoint.endswith((".pth", ".pt")):
        there = Path(checkpoint).is_file()
        note = checkpoint if there else f"{checkpoint} is not there"
        found = [Finding("weights: SAM", there, note, "" if there else get)]
    else:
        found = [_pretrained("SAM", checkpoint)]
    models = {"caption": [ssa.caption_model], "clip": [ssa.clip_model],
              "clipseg": [ssa.clipseg_model], "segmenters": list(ssa.segmenters)}  # fmt: skip
    names = [(role, name) for role in ssa.label_models for name in models[role]]
    return found + [_pretrained(role, name) for role, name in names]


def _pretrained(role: str, name: str) -> Finding:
    """A folder, or a model in the cache of the hub."""
    what = f"weights: {role}"
    if (Path(name) / "config.json").is_file():
        return Finding(what, True, name)
    default = Path.home() / ".cache" / "huggingface"
    cache = Path(os.environ.get("HF_HOME", default)) / "hub"
    cache = Path(os.environ.get("HF_HUB_CACHE", cache))
    if any((cache / f"models--{name.replace('/', '--')}" / "snapshots").glob("*/config.json")):
        return Finding(what, True, f"{name} (cache)")
    return Finding(what, False, f"{name} is not in the cache", f"hf download {name}")
