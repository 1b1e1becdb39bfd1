"""TRL's trainer with a learning rate for each part of the model."""

import os
from pathlib import Path
from typing import Any

from flows.training.extras import require
from flows.training.model_families import Loaded, ModelFamily
from flows.training.sft.collate import make_collator
from flows.training.sft.groups import adapters, prepare, rate_groups
from schemas.errors import ConfigError, UnknownNameError
from schemas.settings.section import thawed
from schemas.settings.training import SftConfig, TuneConfig


def make_trainer(loaded: Loaded, dataset: Any, config: SftConfig, out: Path) -> tuple[Any, Any]:
    """A trainer and the number of trained parameters by part.

    Args:
        loaded: Model, processor, family.
        dataset: ``datasets.Dataset`` of rows ``images``, ``prompt``, ``completion``, ``row_id``.
        config: The run.
        out: Folder for checkpoints and logs.

    Raises:
        ConfigError: Nothing to train, or arguments the trainer does not know.
    """
    trl = require("trl")
    kind = _trainer_class(trl, loaded.family, config.tune)
    made = kind(
        model=loaded.model,
        args=_arguments(trl, config, out),
        train_dataset=dataset,
        processing_class=loaded.processor,
        data_collator=make_collator(loaded.processor, config.max_length),
        peft_config=adapters(loaded.model, loaded.family, config.tune),
    )
    return made, prepare(made.model, loaded.family, config.tune)


def is_bf16(config: SftConfig) -> bool:
    """Whether a run computes in bfloat16 on this machine."""
    torch = require("torch")
    able = torch.cuda.is_available() and torch.cuda.is_bf16_supported()
    return config.precision == "bf16" or (config.precision == "auto" and able)


def is_sharded(config: SftConfig) -> bool:
    """Whether FSDP shards the model; it takes weights of one type only and casts them itself."""
    launched = os.environ.get("ACCELERATE_USE_FSDP", "").lower() in ("1", "true")
    return launched or bool(config.trainer.get("fsdp"))


def _arguments(trl: Any, config: SftConfig, out: Path) -> Any:
    torch = require("torch")
    given: dict[str, Any] = {
        "output_dir": str(out / "checkpoints"),
        "num_train_epochs": config.epochs,
        "max_steps": config.steps or -1,
        "per_device_train_batch_size": config.batch,
        "gradient_accumulation_steps": config.accumulate,
        "learning_rate": config.tune.language_rate,
        "lr_scheduler_type": config.schedule,
        "warmup_steps": config.warmup,  # a share where it is below 1
        "weight_decay": config.weight_decay,
        "max_grad_norm": config.clip,
        "bf16": is_bf16(config),
        "fp16": False,
        "use_cpu": not torch.cuda.is_available() and not _has_mps(torch),
        _checkpointing(trl): config.checkpointing,
        "max_length": config.max_length,
        "save_strategy": "steps",
        "save_steps": config.save_steps,
        "save_total_limit": config.keep,
        "logging_steps": config.log_steps,
        "logging_first_step": True,
        "report_to": ["tensorboard"] if _has("tensorboard") else [],
        "seed": config.seed,
        "data_seed": config.seed,
        "dataloader_num_workers": config.workers,
        "remove_unused_columns": False,
        **thawed(config.trainer),
    }
    try:
        return trl.SFTConfig(**given)
    except TypeError:
        known = trl.SFTConfig.__dataclass_fields__
        wrong = next((name for name in config.trainer if name not in known), "")
        if not wrong:
            raise
        raise UnknownNameError("argument in [trainer]", wrong, known) from None
    except ValueError as error:
        raise ConfigError(f"[trainer]: {str(error).splitlines()[0]}") from None


def _checkpointing(trl: Any) -> str:
    """The argument's name; transformers 5.2x renamed it."""
    new = "activation_checkpointing"
    return new if new in trl.SFTConfig.__dataclass_fields__ else "gradient_checkpointing"


def _has_mps(torch: Any) -> bool:
    return bool(torch.backends.mps.is_available())


def _has(library: str) -> bool:
    try:
        require(library)
    except ConfigError:
        return False
    return True


def _trainer_class(trl: Any, family: ModelFamily, tune: TuneConfig) -> Any:
    class RegionTrainer(trl.SFTTrainer):  # type: ignore[misc]
        def create_optimizer(self, *arguments: Any, **more: Any) -> Any:
            made: Any = self.optimizer  # type: ignore[has-type]
            if made is None:
                decaying = set(self.get_decay_parameter_names(self.model))
                kind, settings = self.get_optimizer_cls_and_kwargs(self.args, self.model)
                settings.pop("lr", None)
                groups = rate_groups(self.model, family, tune, decaying, self.args.weight_decay)
                made = self.optimizer = kind(groups, **settings)
            return made

    return RegionTrainer
