"""The hash of a run's settings, by what the files it names hold and not by where they lie."""

import hashlib
from pathlib import Path

from schemas.config import RunConfig
from schemas.errors import ConfigError


def settings_hash(config: RunConfig) -> str:
    """16 hex digits over every setting that can change a row, files by their content.

    Raises:
        ConfigError: A file the configuration names cannot be read.
    """
    kind, colon, file = config.regions.source.partition(":")
    pinned = config.model_copy(
        update={
            "plugins": [_content(plugin) for plugin in config.plugins],
            "regions": config.regions.model_copy(update={"source": kind + colon + _content(file)}),
            "questions": config.questions.model_copy(
                update={"pools": _content(config.questions.pools)}
            ),
            "export": config.export.model_copy(update={"exclude": _content(config.export.exclude)}),
        }
    )
    return pinned.config_hash()


def _content(file: str) -> str:
    if not file:
        return ""
    try:
        return hashlib.sha256(Path(file).read_bytes()).hexdigest()
    except OSError as error:
        raise ConfigError(f"{file}: cannot read: {error.strerror}") from None
