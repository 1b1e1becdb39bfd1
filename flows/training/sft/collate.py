"""Batches by TRL's collator, each looked at before it is trained on."""

from typing import Any

from flows.training.data.texts import check_text
from flows.training.extras import require
from schemas.errors import ConfigError

IGNORED = -100
"""Label of a token that has no loss."""


def check_labels(row_id: str, labels: Any, mask: Any, max_length: int | None) -> None:
    """Refuse a row without loss, or with loss on everything.

    Args:
        row_id: Of the row.
        labels: ``(tokens,)``, ``IGNORED`` where there is no loss.
        mask: ``(tokens,)``, 0 where there is padding.
        max_length: Where rows are cut.

    Raises:
        ConfigError: No token or every token is supervised.
    """
    supervised, tokens = int((labels != IGNORED).sum()), int(mask.sum())
    if supervised == 0:
        why = f"cut to max_length {max_length}" if max_length else "none was there"
        raise ConfigError(f"{row_id}: no token of the answer is left to learn from ({why})")
    if supervised == tokens:
        raise ConfigError(
            f"{row_id}: the loss covers the question, too; the chat template masks nothing"
        )


def check_answer(row_id: str, tokenizer: Any, labels: Any, answer: str, cut: bool) -> None:
    """Refuse a template that supervises something else than the answer.

    Args:
        row_id: Of the row.
        tokenizer: Of the model.
        labels: ``(tokens,)``.
        answer: What should be learnt.
        cut: Whether rows are cut, so that a beginning is enough.

    Raises:
        ConfigError: The supervised tokens do not spell the answer.
    """
    if not answer.strip():
        raise ConfigError(f"{row_id}: its answer is empty")
    said = tokenizer.decode(labels[labels != IGNORED], skip_special_tokens=True).strip()
    wanted = answer.strip()
    if said != wanted and not said.startswith(wanted) and not (cut and wanted.startswith(said)):
        raise ConfigError(
            f"{row_id}: the chat template supervises {said[:60]!r} instead of the answer "
            f"{wanted[:60]!r}"
        )


def make_collator(processor: Any, max_length: int | None) -> Any:
    """TRL's collator for prompt and completion, with the checks above on every row."""
    sft = require("trl.trainer.sft_trainer")

    class Guarded(sft.DataCollatorForVisionLanguageModeling):  # type: ignore[misc, name-defined]
        def torch_call(self, examples: list[dict[str, Any]]) -> dict[str, Any]:
            rows = [(example["row_id"], _answer(example)) for example in examples]
            for example in examples:
                for message in [*example["prompt"], *example["completion"]]:
                    check_text(example["row_id"], message["content"])
            plain = [
                {key: example[key] for key in ("images", "prompt", "completion")}
                for example in examples
            ]
            batch: dict[str, Any] = super().torch_call(plain)
            for (row_id, answer), labels, mask in zip(
                rows, batch["labels"], batch["attention_mask"], strict=True
            ):
                check_labels(row_id, labels, mask, self.max_length)
                tokenizer = self.processor.tokenizer
                check_answer(row_id, tokenizer, labels, answer, self.max_length is not None)
            return batch

    return Guarded(processor=processor, max_length=max_length, completion_only_loss=True)


def _answer(example: dict[str, Any]) -> str:
    return str(example["completion"][-1]["content"])
