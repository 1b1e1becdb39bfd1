"""The libraries of the extra ``train``, imported when they are needed."""

import importlib
from typing import Any

from schemas.errors import ConfigError

PAIRS = "torch 2.13 goes with torchvision 0.28, torch 2.14 with torchvision 0.29"


def require(library: str, extra: str = "train") -> Any:
    """Import a library of an extra.

    Raises:
        ConfigError: It is not installed, or does not load beside the others.
    """
    try:
        return importlib.import_module(library)
    except ModuleNotFoundError as error:
        missing = error.name or library
        raise ConfigError(f"this needs {missing}: pip install 'iqa-spider[{extra}]'") from None
    # A torchvision that was built for another torch raises RuntimeError, not ImportError.
    except (ImportError, RuntimeError) as error:
        line = str(error).strip().splitlines()[0]
        raise ConfigError(f"{library} is installed but does not load ({line}); {PAIRS}") from None


def choose_device(name: str) -> Any:
    """A ``torch.device``; ``auto`` is a GPU where there is one.

    Raises:
        ConfigError: There is no such device here.
    """
    torch = require("torch")
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        line = str(error).strip().splitlines()[0]
        raise ConfigError(f"--device {name}: not usable here ({line}); auto or cpu is") from None
    return device
