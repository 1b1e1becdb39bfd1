"""What works here: extras, devices, weights; and what to run where something does not."""

import importlib.metadata
import importlib.util
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import NamedTuple

import httpx
import numpy as np

from annotators.chat.address import authorization, base_address
from annotators.chat.endpoints import Endpoints
from annotators.chat.protocol import ChatRequest, data_url, picture_part, text_part
from annotators.regions.ssa.checkpoints import how_to_get
from flows.model.probe import asked, obeys
from flows.store.identity import VERSION
from flows.store.png import encode_png
from schemas.errors import IqaSpiderError
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


class Finding(NamedTuple):
    """A line of the table.

    Args:
        what: What was looked at.
        ok: Whether it works.
        found: Version, path, or what is wrong.
        help: What to run; empty when nothing is to do.
        needed: Whether its door is closed without it.
    """

    what: str
    ok: bool
    found: str
    help: str = ""
    needed: bool = True


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


def examine(config: RunConfig) -> list[Door]:
    """Look at everything; imports run in processes of their own, so a crash is a finding."""
    names = list(dict.fromkeys((*CORE, *SSA, *TRAIN, *EVALUATE)))
    _distributions()  # once, and not in every thread at the same time
    with ThreadPoolExecutor(4) as pool:
        packages = dict(zip(names, pool.map(_package, names), strict=True))

    def those(wanted: Iterable[str], extra: str) -> list[Finding]:
        install = f"pip install 'iqa-spider[{extra}]'" if extra else "pip install iqa-spider"
        found = [packages[name] for name in wanted]
        return [f if f.ok or f.help else f._replace(help=install) for f in found]

    device = _device(packages["torch"].ok)
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
    done = _python(f"import {name}")
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["it ended without a word"]
        wanted = PAIRS if name == "torchvision" else ""
        return Finding(name, False, f"does not import: {said[-1][:80]}", wanted)
    return Finding(name, True, _version(name))


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
    if not torch:
        return Finding("GPU", False, "unknown without torch", needed=False)
    code = "import torch; n = torch.cuda.is_available(); "
    done = _python(code + "print(torch.cuda.get_device_name(0) if n else '')")
    name = done.stdout.strip()
    none = "none; SAM takes many seconds a picture on a CPU"
    return Finding("GPU", bool(name), name or none, needed=False)


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


SECONDS = 60.0


def check_endpoint(url: str, model: str, api_key: str = "") -> list[Finding]:
    """Findings about one endpoint; later ones are left out when it is not there.

    Args:
        url: Base address.
        model: Name to ask for; empty takes the first that the server lists.
        api_key: Sent as a bearer token; never part of a finding.
    """
    headers, base = authorization(api_key), base_address(url)
    with httpx.Client(headers=headers, timeout=SECONDS) as client:
        listed, finding = _models(client, base)
        found = [finding]
        if not finding.ok:
            return found
        name = model or listed[0]
        there = name in listed
        found.append(
            Finding(
                "endpoint: model",
                there,
                name if there else f"{name} is not served",
                "" if there else f"--model {', '.join(listed)}",
            )
        )
        if there:
            pool = Endpoints([base], name, api_key, retries=0, timeout=SECONDS)
            found += [
                _try("picture", lambda: _sees(pool)),
                _try("schema", lambda: _obeys(pool)),
                _try("log-probabilities", lambda: _tells(client, base, name)),
            ]
            pool.close()
    return found


def _models(client: httpx.Client, base: str) -> tuple[list[str], Finding]:
    try:
        answer = client.get(f"{base}/v1/models")
        answer.raise_for_status()
        listed = [str(entry["id"]) for entry in answer.json()["data"]]
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError) as error:
        help = "start the server, or give --api-key-env"
        said = " ".join(str(error).split())[:80] or type(error).__name__
        return [], Finding("endpoint: there", False, f"{base}: {said}", help)
    return listed, Finding("endpoint: there", bool(listed), base)


def _try(what: str, test: Callable[[], str]) -> Finding:
    try:
        return Finding(f"endpoint: {what}", True, test())
    except (IqaSpiderError, httpx.HTTPError, ValueError, KeyError, TypeError) as error:
        said = " ".join(str(error).split())[:120]
        return Finding(f"endpoint: {what}", False, said or type(error).__name__)


def _ask(pool: Endpoints, request: ChatRequest) -> str:
    line = pool.line()
    try:
        return line.complete(request).text
    finally:
        line.close()


def _sees(pool: Endpoints) -> str:
    red = np.zeros((64, 64, 3), np.uint8)
    red[..., 0] = 255
    url, _ = data_url(encode_png(red))
    content = [picture_part(url), text_part("Which colour is this?")]
    text = _ask(pool, ChatRequest([{"role": "user", "content": content}], max_tokens=16))
    return f"takes pictures; of a red one it says {text.strip()[:40]!r}"


def _obeys(pool: Endpoints) -> str:
    text = asked(pool.line())
    if not obeys(text):
        raise ValueError(f"ignores the schema: {text[:40]!r}")
    return "follows a JSON schema"


def _tells(client: httpx.Client, base: str, name: str) -> str:
    body = {
        "model": name,
        "messages": [{"role": "user", "content": "left or right?"}],
        "max_tokens": 1,
        "logprobs": True,
        "top_logprobs": 5,
    }
    answer = client.post(f"{base}/v1/chat/completions", json=body)
    answer.raise_for_status()
    top = answer.json()["choices"][0]["logprobs"]["content"][0]["top_logprobs"]
    return f"gives the log-probabilities of {len(top)} tokens"
