"""Model families: where each keeps its vision encoder, projector and language model."""

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from flows.training.extras import require
from schemas.errors import ConfigError

ModelPart = Literal["language", "vision", "projector"]
_LINEAR = r"(self_attn\.(q|k|v|o|qkv)_proj|mlp\.(gate|up|down|gate_up)_proj)"


class ModelFamily(NamedTuple):
    """How to take a model apart; patterns are searched in the names of parameters and modules.

    Args:
        name: For logs.
        types: ``model_type`` values of its configurations.
        vision: Pattern of everything visual, the projector included.
        projector: Pattern of the projector.
        adapted: Pattern that the full name of each module with an adapter matches.
        towers: Modules whose full tuning covers encoder and projector.
    """

    name: str
    types: tuple[str, ...]
    vision: str
    projector: str
    adapted: str
    towers: tuple[str, ...]

    def part(self, name: str) -> ModelPart:
        """Which part a parameter belongs to."""
        if re.search(self.projector, name):
            return "projector"
        return "vision" if re.search(self.vision, name) else "language"


FAMILIES = (
    ModelFamily(
        "Qwen-VL",
        ("qwen2_5_vl", "qwen3_vl", "qwen3_vl_moe", "qwen2_vl"),
        r"\bvisual\b",
        r"\bvisual\b.*\b(merger|deepstack_merger_list)\b",
        rf".*language_model\.layers\.\d+\.{_LINEAR}",
        ("visual",),
    ),
    ModelFamily(
        "InternVL",
        ("internvl",),
        r"\b(vision_tower|multi_modal_projector)\b",
        r"\bmulti_modal_projector\b",
        rf".*language_model\.layers\.\d+\.{_LINEAR}",
        ("vision_tower", "multi_modal_projector"),
    ),
)


REFUSED: Mapping[str, str] = MappingProxyType(
    {
        "phi3_v": "Phi-3.5-Vision is neither trained nor run here: it is code of its own, which "
        "transformers 5 does not run (5.24 lacks a module that it imports, earlier ones cannot "
        "generate with it); train it with its own trainer on records of export --format llava"
    }
)
"""``model_type`` to why such a model is neither trained nor asked in this process."""


def family_of(config: Any) -> ModelFamily:
    """The family of a model's configuration.

    Raises:
        ConfigError: It is not one of those we know.
    """
    kind = getattr(config, "model_type", "")
    for family in FAMILIES:
        if kind in family.types:
            return family
    known = ", ".join(kind for family in FAMILIES for kind in family.types)
    hint = "; the original InternVL format trains after conversion to the -HF one"
    raise ConfigError(
        f"cannot take apart a model of type {kind!r}; known: {known}"
        f"{hint if kind == 'internvl_chat' else ''}"
    )


def _any_family(config: Any) -> ModelFamily:
    """Of a model that is only asked: nobody needs to know where its parts are."""
    try:
        return family_of(config)
    except ConfigError:
        return ModelFamily(str(getattr(config, "model_type", "")), (), "(?!)", "(?!)", "(?!)", ())


class Loaded(NamedTuple):
    """A model with what feeds it."""

    model: Any
    processor: Any
    family: ModelFamily


def load_processor(name: str, remote: bool = False) -> Any:
    """The processor of a model; raises ``ConfigError`` when it cannot be loaded."""
    return _pretrained(require("transformers").AutoProcessor, name, remote)


def load_model(name: str, dtype: Any, remote: bool = False, trained: bool = True) -> Loaded:
    """A vision-language model and its processor; a folder with an adapter has it merged in.

    Args:
        name: Folder or hub name, of a model or of what ``sft`` made.
        dtype: ``torch.dtype`` of the weights.
        remote: Whether code that comes with the model may run.
        trained: Whether it is going to be trained, which takes a family we know.

    Raises:
        ConfigError: Not there, not a model that sees, or of no family we know.
    """
    transformers = require("transformers")
    transformers.utils.logging.disable_progress_bar()
    folder = Path(name)
    if (folder / "adapter_config.json").is_file():
        return _adapted(folder, dtype, remote, trained)
    _refuse(name)
    config = _pretrained(transformers.AutoConfig, name, remote)
    family = family_of(config) if trained else _any_family(config)
    kind = transformers.AutoModelForImageTextToText
    model = _pretrained(kind, name, remote, dtype=dtype)
    return Loaded(model, _pretrained(transformers.AutoProcessor, name, remote), family)


def _refuse(name: str) -> None:
    """Refuse a model whose code does not run, before any of it does.

    Raises:
        ConfigError: It is one of ``REFUSED``.
    """
    try:
        told, _ = require("transformers").PretrainedConfig.get_config_dict(name)
    except (OSError, ValueError):
        return  # what is wrong is said where it is loaded
    if why := REFUSED.get(told.get("model_type", "")):
        raise ConfigError(f"{name}: {why}")


def _adapted(folder: Path, dtype: Any, remote: bool, trained: bool) -> Loaded:
    peft = require("peft")
    base = peft.PeftConfig.from_pretrained(str(folder)).base_model_name_or_path
    loaded = load_model(str(base), dtype, remote, trained)
    merged = peft.PeftModel.from_pretrained(loaded.model, str(folder)).merge_and_unload()
    # Adapters trained next go on top of these weights, not of the model below them.
    merged.name_or_path = merged.config._name_or_path = str(folder)
    processor = _pretrained(require("transformers").AutoProcessor, str(folder), remote)
    return Loaded(merged, processor, loaded.family)


def _pretrained(kind: Any, name: str, remote: bool, **arguments: Any) -> Any:
    try:
        return kind.from_pretrained(name, trust_remote_code=remote, **arguments)
    except (OSError, ValueError, KeyError, ImportError) as error:
        line = str(error).strip().splitlines()[0][:200]
        raise ConfigError(
            f"cannot load {name!r} as {kind.__name__}: {line}; "
            "give a folder with its files, or its hub name and a network"
        ) from None
