"""What every model needs to load: the libraries, a device, a number type, clear errors."""

import hashlib
from pathlib import Path
from typing import Any, NamedTuple

from schemas.errors import ConfigError
from schemas.extras import import_extra


class Placement(NamedTuple):
    """Where a model runs: ``torch.device`` and ``torch.dtype``."""

    device: Any
    dtype: Any


def require(library: str) -> Any:
    """Import a library of the extra ``ssa``; raises ``ConfigError`` where that fails."""
    module = import_extra(library, "--regions ssa", "ssa")
    if library == "transformers":
        module.utils.logging.disable_progress_bar()
    return module


def choose_place(device: str, half: bool) -> Placement:
    """The device asked for; half precision on GPUs only; raises as ``find_device``."""
    torch = require("torch")
    chosen = find_device(torch, device)
    return Placement(chosen, torch.float16 if half and chosen.type == "cuda" else torch.float32)


def find_device(torch: Any, name: str) -> Any:
    """A ``torch.device``; ``auto`` is a GPU where there is one.

    Raises:
        ConfigError: There is no such device here.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        chosen = torch.device(name)
        torch.empty(1, device=chosen)
    except (RuntimeError, AssertionError) as error:
        line = str(error).strip().splitlines()[0]
        raise ConfigError(f"--device {name}: not usable here ({line}); auto or cpu is") from None
    return chosen


def load_model(kind: str, name: str, place: Placement) -> Any:
    """A transformers model for inference.

    Args:
        kind: Name of the class in transformers, e.g. ``CLIPModel``.
        name: Folder or hub name.
        place: Where it will run.

    Raises:
        ConfigError: Not there, or not a model of this kind.
    """
    made = _pretrained(kind, name, dtype=place.dtype)
    return made.to(place.device).eval()


def load_processor(kind: str, name: str) -> Any:
    """A transformers processor; raises as ``load_model``."""
    return _pretrained(kind, name)


def load_config(name: str) -> Any:
    """A transformers configuration; raises as ``load_model``."""
    return _pretrained("AutoConfig", name)


def _pretrained(kind: str, name: str, **arguments: Any) -> Any:
    made = getattr(require("transformers"), kind)
    try:
        return made.from_pretrained(name, **arguments)
    except (OSError, ValueError, KeyError) as error:
        line = str(error).strip().splitlines()[0][:160]
        raise ConfigError(
            f"cannot load {name!r} as {kind}: {line}; "
            "give a folder with its files, or its hub name and a network"
        ) from None


def sha256_of(path: Path) -> str:
    """Hex digest of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 22):
            digest.update(block)
    return digest.hexdigest()


def provenance(name: str, model: Any) -> dict[str, str]:
    """What the manifest says of a transformers model: name, class, revision, weight checksum."""
    folder = Path(name)
    weights = sorted(folder.glob("*.safetensors")) if folder.is_dir() else []
    found = {"name": folder.name if weights else name, "class": type(model).__name__}
    revision = getattr(model.config, "_commit_hash", None)
    if revision:
        found["revision"] = revision
    if weights:
        joined = "".join(sha256_of(file) for file in weights)
        found["sha256"] = hashlib.sha256(joined.encode()).hexdigest()
    return found
