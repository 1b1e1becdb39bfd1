"""What works here: extras, devices, weights; and what to run where something does not."""

import importlib.metadata
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import NamedTuple

from annotators.regions.ssa.checkpoints import how_to_get
from flows.model.abilities import Finding
from flows.store.identity import VERSION
from schemas.extras import PAIRS
from schemas.settings.config import RunConfig

CORE = (
    "numpy",
    "cv2",
    "skimage",
    "scipy",
    "numba",
    "pyarrow",
    "pycocotools",
    "pydantic",
    "prefect",
)
SSA = ("torch", "torchvision", "transformers", "segment_anything", "spacy")
TRAIN = (
    "torch",
    "torchvision",
    "transformers",
    "trl",
    "peft",
    "accelerate",
    "datasets",
    "segment_anything",
)
EVALUATE = ("scipy", "pingouin", "sklearn", "sacrebleu", "matplotlib")
IMPORT_SECONDS = 120


class Door(NamedTuple):
    """Something one can do here, or could.

    Args:
        name: As the README calls it.
        findings: What it takes.
    """

    name: str
    findings: list[Finding]

    @property
    def missing(self) -> list[Finding]:
        """What it waits for; empty: it is open."""
        return [finding for finding in self.findings if finding.needed and not finding.ok]

    def line(self) -> str:
        """``ready``, or what is missing and what to run first."""
        if not self.missing:
            return "ready"
        names = ", ".join(dict.fromkeys(finding.what for finding in self.missing))
        first = next((finding.help for finding in self.missing if finding.help), "")
        return f"missing {names}" + (f"; to begin with: {first}" if first else "")


def system() -> dict[str, str]:
    """Versions of what everything stands on."""
    return {
        "iqa-spider": VERSION,
        "Python": platform.python_version(),
        "system": platform.platform(),
        "processors": str(os.cpu_count()),
    }


def examine(config: RunConfig, deep: bool = False) -> list[Door]:
    """Look at everything.

    Args:
        config: Says which weights are wanted.
        deep: Whether packages are imported, each in a process of its own so that a crash is a
            finding, too. It takes half a minute; else it is only seen whether they are installed.
    """
    names = list(dict.fromkeys((*CORE, *SSA, *TRAIN, *EVALUATE)))
    _distributions()  # once, and not in every thread at the same time
    with ThreadPoolExecutor(4) as pool:
        packages = dict(zip(names, pool.map(_imported if deep else _package, names), strict=True))

    def those(wanted: Iterable[str], extra: str) -> list[Finding]:
        install = f"pip install 'iqa-spider[{extra}]'" if extra else "pip install iqa-spider"
        found = [packages[name] for name in wanted]
        return [f if f.ok or f.help else f._replace(help=install) for f in found]

    device = _device(deep and packages["torch"].ok)
    return [
        Door("door one (templates), two and three", those(CORE, "")),
        Door("door one (SSA)", [*those(SSA, "ssa"), device, *_weights(config)]),
        Door("sft, point", [*those(TRAIN, "train"), device]),
        Door("evaluate", those(EVALUATE, "evaluate")),
    ]


@cache
def _package(name: str) -> Finding:
    if importlib.util.find_spec(name) is None:
        return Finding(name, False, "not installed")
    return Finding(name, True, _version(name))


@cache
def _imported(name: str) -> Finding:
    found = _package(name)
    if not found.ok:
        return found
    done = _python(f"import {name}")
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["it ended without a word"]
        wanted = PAIRS if name == "torchvision" else ""
        return Finding(name, False, f"does not import: {said[-1][:80]}", wanted)
    return found


def _python(code: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "ignore", "-c", code]
    return subprocess.run(  # noqa: S603  # our own interpreter
        command, capture_output=True, text=True, check=False, timeout=IMPORT_SECONDS
    )


def _version(name: str) -> str:
    packages = _distributions().get(name, [name])
    try:
        return importlib.metadata.version(packages[0])
    except importlib.metadata.PackageNotFoundError:
        return "no version"


@cache
def _distributions() -> Mapping[str, list[str]]:
    """Importable names and what brings them; reads the file list of everything installed."""
    return importlib.metadata.packages_distributions()


def _device(torch: bool) -> Finding:
    """The first GPU, as torch sees it; without torch, as its driver does."""
    if torch:
        code = "import torch; n = torch.cuda.is_available(); "
        name = _python(code + "print(torch.cuda.get_device_name(0) if n else '')").stdout.strip()
    else:
        name = _listed_by_the_driver()
    none = "none; SAM takes many seconds a picture on a CPU"
    return Finding("GPU", bool(name), name or none, needed=False)


def _listed_by_the_driver() -> str:
    tool = shutil.which("nvidia-smi")
    if not tool:
        return ""
    command = [tool, "--query-gpu=name", "--format=csv,noheader"]
    done = subprocess.run(  # noqa: S603  # found on the path, and nothing of a user's is in it
        command, capture_output=True, text=True, check=False, timeout=IMPORT_SECONDS
    )
    return done.stdout.partition("\n")[0].strip() if done.returncode == 0 else ""


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
    models = {
        "caption": [ssa.caption_model],
        "clip": [ssa.clip_model],
        "clipseg": [ssa.clipseg_model],
        "segmenters": list(ssa.segmenters),
    }
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
