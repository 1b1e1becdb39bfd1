"""What is trained and how fast: adapters on the language model, encoder and projector in full.

Source: the paper, section 4.1 (LoRA on the language model, full tuning of the vision encoder and
the projector). It gives no rank and no rates; the defaults are those of public recipes for the
same regime (rank 64, 1e-4 / 1e-5 / 2e-6).
"""

import re
from collections import Counter
from typing import Any

from flows.training.extras import require
from flows.training.model_families import ModelFamily, ModelPart
from schemas.errors import ConfigError
from schemas.settings.training import TuneConfig


def adapters(model: Any, family: ModelFamily, tune: TuneConfig) -> Any | None:
    """The ``LoraConfig`` a run asks for; ``None`` when the language model gets no adapters.

    Raises:
        ConfigError: Nothing would be trained, or the model's layers have other names.
    """
    if {tune.language, tune.vision, tune.projector} == {"frozen"}:
        raise ConfigError("language, vision and projector are all frozen: nothing to train")
    if tune.language != "lora":
        return None
    names = [name for name, _ in model.named_modules()]
    if not any(re.fullmatch(family.adapted, name) for name in names):
        raise ConfigError(f"{family.name}: no layer of the language model has a name we know")
    return require("peft").LoraConfig(
        r=tune.rank,
        lora_alpha=tune.alpha,
        lora_dropout=tune.dropout,
        bias="none",
        task_type="CAUSAL_LM",
        target_modules=family.adapted,
        modules_to_save=_saved(names, family, tune) or None,
    )


def _saved(names: list[str], family: ModelFamily, tune: TuneConfig) -> list[str]:
    """Modules whose copies are trained in full and saved beside the adapters."""
    if tune.vision == "full":
        return list(family.towers)
    if tune.projector == "frozen":
        return []
    whole = [name for name in names if re.search(family.projector + r"(\.\d+)?$", name)]
    # a list of modules cannot be wrapped, its members can
    lists = {name.rpartition(".")[0] for name in whole if name.rpartition(".")[2].isdigit()}
    return [name for name in whole if name not in lists]


def prepare(model: Any, family: ModelFamily, tune: TuneConfig) -> dict[ModelPart, int]:
    """Set what is trained, in float32; returns trained parameters by part.

    A copy that PEFT makes of a bfloat16 tower is bfloat16, too, and loses updates as small as
    these rates make them.

    Raises:
        ConfigError: A part that should be trained has nothing to train.
    """
    torch = require("torch")
    counts: Counter[ModelPart] = Counter()
    for name, parameter in model.named_parameters():
        part = family.part(name)
        parameter.requires_grad = _is_trained(name, part, tune)
        if parameter.requires_grad:
            parameter.data = parameter.data.to(torch.float32)
            counts[part] += parameter.numel()
    wanted: list[tuple[ModelPart, str]] = [
        ("language", tune.language),
        ("vision", tune.vision),
        ("projector", tune.projector),
    ]
    for part, how in wanted:
        if (how == "frozen") != (counts[part] == 0):
            raise ConfigError(f"{family.name}: {part} is {how} but {counts[part]} weights train")
    return dict(counts)


def _is_trained(name: str, part: ModelPart, tune: TuneConfig) -> bool:
    if "original_module" in name:  # what a trained copy stands for
        return False
    if part == "language":
        return tune.language == "full" or (tune.language == "lora" and "lora_" in name)
    return (tune.vision if part == "vision" else tune.projector) == "full"


def rate_groups(
    model: Any, family: ModelFamily, tune: TuneConfig, decaying: set[str], decay: float
) -> list[dict[str, Any]]:
    """Parameter groups for the optimiser, each with its rate.

    Args:
        model: After ``prepare``.
        family: Of the model.
        tune: The rates.
        decaying: Names of parameters with weight decay.
        decay: How much.
    """
    rates = {
        "language": tune.language_rate,
        "vision": tune.vision_rate,
        "projector": tune.projector_rate,
    }
    groups: dict[tuple[ModelPart, bool], list[Any]] = {}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            groups.setdefault((family.part(name), name in decaying), []).append(parameter)
    return [
        {"params": parameters, "lr": rates[part], "weight_decay": decay if decays else 0.0}
        for (part, decays), parameters in sorted(groups.items(), key=lambda item: item[0])
    ]
