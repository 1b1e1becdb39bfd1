"""Text that would damage training without a sound."""

import re

from schemas.errors import ConfigError

_SPECIAL = re.compile(
    r"<image>|<video>|</?img>|<IMG_CONTEXT>|<\|image(_\d+)?\|>|<\|(image|video|vision)_\w+\|>"
    r"|<\|(im_start|im_end|endoftext|end|system|user|assistant)\|>"
)
"""What stands for a picture or the end of a turn in some model's text; in a question or answer it
is silent damage."""


def check_text(row_id: str, text: str) -> None:
    """Refuse text in which a model would look for a picture or a turn's end.

    Raises:
        ConfigError: The text holds such a word.
    """
    found = _SPECIAL.search(text)
    if found:
        raise ConfigError(
            f"{row_id}: its text holds a literal {found[0]}, which a model takes for a picture, "
            "for the end of a turn or for rubbish; remove it (readers of LLaVA records do)"
        )
