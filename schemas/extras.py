"""Libraries of the optional extras: imported when needed, one clear line where absent."""

import importlib
from typing import Any

from schemas.errors import ConfigError

PAIRS = "torch 2.13 goes with torchvision 0.28, torch 2.14 with torchvision 0.29"


def import_extra(library: str, purpose: str, extra: str) -> Any:
    """Import a library that not everybody has.

    Args:
        library: Name of the module.
        purpose: What needs it, as the message begins.
        extra: What installs it.

    Raises:
        ConfigError: It is not installed, or does not load beside the others.
    """
    try:
        return importlib.import_module(library)
    except ModuleNotFoundError as error:
        missing = (error.name or library).partition(".")[0]
        line = f"{purpose} needs {missing}: pip install 'iqa-spider[{extra}]'"
        raise ConfigError(line) from None
    # A torchvision that was built for another torch raises RuntimeError, not ImportError.
    except (ImportError, RuntimeError) as error:
        said = str(error).strip().splitlines()[0]
        raise ConfigError(f"{library} is installed but does not load ({said}); {PAIRS}") from None
