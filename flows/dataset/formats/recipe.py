"""One recipe of fine-tuning in the words of other trainers: the defaults of our own ``sft``.

Where a trainer has one learning rate, it trains the adapters alone: at their rate, encoder and
projector in full would be spoilt. So only ms-swift and our ``sft`` have the whole regime.

Source: the documentation of each trainer's options; LLaVA's script for fine-tuning on one's own
task.
"""

from schemas.settings.training import SftConfig

_RUN = SftConfig()
_TUNE = _RUN.tune
LAYERS = r".*language_model\.layers\.\d+\.(self_attn|mlp)\.(q|k|v|o|gate|up|down)_proj"
"""Layers that get adapters, as a pattern of their names in Qwen-VL and InternVL."""
_TRAINING = (
    f"--num_train_epochs {_RUN.epochs:g} --per_device_train_batch_size {_RUN.batch} "
    f"--gradient_accumulation_steps {_RUN.accumulate} --learning_rate {_TUNE.language_rate:g} "
    f"--lr_scheduler_type {_RUN.schedule} --weight_decay {_RUN.weight_decay:g}"
)
_ALONE = "The adapters alone: with one rate for all, encoder and projector stay as they are."


def swift(records: str) -> str:
    """A script for ms-swift.

    Args:
        records: File of the training part.
    """
    return _script(
        "MODEL [OPTION ...]",
        "LoRA on the language model, vision tower and projector in full, a rate for each.",
        f'model="$1" && shift && exec swift sft --model "$model" --dataset {records} '
        "--tuner_type lora_llm "
        f"--lora_rank {_TUNE.rank} --lora_alpha {_TUNE.alpha} --lora_dropout {_TUNE.dropout:g} "
        f"--vit_lr {_TUNE.vision_rate:g} --aligner_lr {_TUNE.projector_rate:g} "
        f'{_TRAINING} --warmup_ratio {_RUN.warmup:g} --output_dir run "$@"',
    )


def trl() -> str:
    """``sft.yaml`` for TRL."""
    return f"""# trl sft --config sft.yaml --model_name_or_path MODEL, in this folder.
# {_ALONE}
datasets:
- path: parquet
  data_files: train.parquet
output_dir: run
use_peft: true
lora_r: {_TUNE.rank}
lora_alpha: {_TUNE.alpha}
lora_dropout: {_TUNE.dropout:g}
lora_target_modules: ['{LAYERS}']
max_length: null  # tokens of pictures must not be cut
assistant_only_loss: true  # needs a chat template that TRL knows, as Qwen-VL's
{_yaml("warmup_steps")}
"""


def llava() -> str:
    """A script for LLaVA, whose vision encoder is always frozen."""
    return _script(
        "MODEL LLAVA",
        "LoRA on the language model, the projector in full; LLaVA's encoder is always frozen.\n"
        "# LLAVA is a checkout of its repository; another model may want another --vision_tower.",
        'here="$PWD" && cd "$2" && exec deepspeed llava/train/train_mem.py '
        f"--lora_enable True --lora_r {_TUNE.rank} --lora_alpha {_TUNE.alpha} "
        f"--lora_dropout {_TUNE.dropout:g} --mm_projector_lr {_TUNE.projector_rate:g} "
        '--deepspeed scripts/zero3.json --model_name_or_path "$1" --version v1 '
        '--data_path "$here/train.json" --image_folder "$here" '
        "--vision_tower openai/clip-vit-large-patch14-336 --mm_projector_type mlp2x_gelu "
        "--mm_vision_select_layer -2 --mm_use_im_start_end False --mm_use_im_patch_token False "
        f"--image_aspect_ratio pad --bf16 True {_TRAINING} --warmup_ratio {_RUN.warmup:g} "
        "--model_max_length 2048 --gradient_checkpointing True --lazy_preprocess True "
        '--save_strategy steps --save_steps 500 --output_dir "$here/run"',
    )


def llama_factory(dataset: str) -> str:
    """``sft.yaml`` for LLaMA-Factory.

    Args:
        dataset: Its name in ``dataset_info.json``.
    """
    return f"""# llamafactory-cli train sft.yaml, in this folder; the loss covers answers only.
# {_ALONE}
model_name_or_path: Qwen/Qwen2.5-VL-7B-Instruct
template: qwen2_vl  # of the model above; others have their own
stage: sft
do_train: true
finetuning_type: lora
lora_target: all
lora_rank: {_TUNE.rank}
lora_alpha: {_TUNE.alpha}
lora_dropout: {_TUNE.dropout:g}
freeze_vision_tower: true
freeze_multi_modal_projector: true
dataset_dir: .
media_dir: .
dataset: {dataset}
cutoff_len: 4096
output_dir: run
{_yaml("warmup_ratio")}
bf16: true
logging_steps: {_RUN.log_steps}
save_steps: {_RUN.save_steps}
report_to: none
"""


def _yaml(warmup: str) -> str:
    """Options that TRL and LLaMA-Factory have from transformers.

    Args:
        warmup: Name of the share of steps in which the rate grows; newer versions renamed it.
    """
    return f"""num_train_epochs: {_RUN.epochs}
per_device_train_batch_size: {_RUN.batch}
gradient_accumulation_steps: {_RUN.accumulate}
learning_rate: {_TUNE.language_rate:f}
lr_scheduler_type: {_RUN.schedule}
{warmup}: {_RUN.warmup:g}
weight_decay: {_RUN.weight_decay}"""


def _script(takes: str, about: str, command: str) -> str:
    return f'#!/bin/sh\n# sft.sh {takes}\n# {about}\nset -e\ncd "$(dirname "$0")"\n{command}\n'
