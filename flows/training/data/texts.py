"""Text that would damage training without a sound."""

from schemas.errors import ConfigError

PLACEHOLDERS = (
    "<image>",
    "<|image|>",
    "<|image_pad|>",
    "<|vision_start|>",
    "<IMG_CONTEXT>",
    "<|image_1|>",
)
"""What stands for a picture in some model's text; in a question or answer it is silent damage."""


def check_text(row_id: str, text: str) -> None:
    """Refuse text in which a model would look for a picture.

    Raises:
        ConfigError: The text holds such a word.
    """
    for word in PLACEHOLDERS:
        if word in text:
            raise ConfigError(
                f"{row_id}: its text holds a literal {word}, which a model takes for a picture or "
                "for rubbish; remove it (readers of LLaVA records do)"
            )
