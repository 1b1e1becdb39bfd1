"""How vLLM is started: flags that fit InternVL and many small turns over one picture."""

import json
from dataclasses import dataclass
from typing import Any

from schemas.errors import ConfigError

NATIVE = "InternVLChatModel"


@dataclass(frozen=True)
class ServeOptions:
    """What can be chosen; the rest follows from the model.

    Args:
        served_name: Name the requests use; empty means the model's own.
        max_model_len: Longest conversation, tokens; 0 leaves it to the model.
        max_num_seqs: Requests the engine works on at once; 0 leaves it to vLLM.
        max_patches: Tiles a picture is cut into, at most.
        native: Whether the checkpoint has InternVL's original format.
        chat_template: File of a chat template to pin; empty trusts the checkpoint's.
        trust_remote_code: Whether code that comes with the checkpoint may run.
        extra: Further engine arguments, e.g. ``{"dtype": "float32"}``.
    """

    served_name: str = ""
    max_model_len: int = 16384
    max_num_seqs: int = 256
    max_patches: int = 6
    native: bool = False
    chat_template: str = ""
    trust_remote_code: bool = False
    extra: tuple[tuple[str, Any], ...] = ()

    def engine_arguments(self) -> dict[str, Any]:
        """Arguments of ``vllm.LLM``."""
        # Wrong names are ignored in silence, and the two formats have different ones.
        patches = "max_dynamic_patch" if self.native else "max_patches"
        found: dict[str, Any] = {
            # one picture a conversation; a crop comes in a conversation of its own
            "limit_mm_per_prompt": {"image": 1, "video": 0},
            "mm_processor_kwargs": {patches: self.max_patches},
            # the checkpoint's sampling defaults would make answers vary
            "generation_config": "vllm",
            # without it a grammar lets a model write blanks until it is cut off
            "structured_outputs_config": {"backend": "xgrammar", "disable_any_whitespace": True},
            "enable_prefix_caching": True,
        }
        if self.max_model_len:
            found["max_model_len"] = self.max_model_len
        if self.max_num_seqs:
            found["max_num_seqs"] = self.max_num_seqs
        if self.trust_remote_code:
            found["trust_remote_code"] = True
        return found | dict(self.extra)


def options_for(config: dict[str, Any], name: str, **chosen: Any) -> ServeOptions:
    """The options for a checkpoint, by its ``config.json``.

    Args:
        config: The parsed file.
        name: The model, for messages.
        chosen: Options that were chosen.

    Raises:
        ConfigError: It is no vision-language model.
    """
    architectures = config.get("architectures") or []
    if "vision_config" not in config and not any("VL" in a for a in architectures):
        raise ConfigError(f"--model {name}: {architectures or 'unknown'} takes no pictures")
    return ServeOptions(native=NATIVE in architectures, **chosen)


def serve_command(program: str, model: str, port: int, options: ServeOptions) -> list[str]:
    """``vllm serve`` with these options, on this machine only."""
    command = [
        program,
        "serve",
        model,
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--enable-prompt-tokens-details",
    ]
    if options.served_name:
        command += ["--served-model-name", options.served_name]
    if options.chat_template:
        command += ["--chat-template", options.chat_template]
    for name, value in options.engine_arguments().items():
        flag = f"--{name.replace('_', '-')}"
        if value is True:
            command.append(flag)
        elif value is not False:
            text = json.dumps(value) if isinstance(value, dict) else str(value)
            command += [flag, text]
    return command
