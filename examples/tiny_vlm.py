"""A vision-language model of a million weights, random, saved as the real ones are.

It has Qwen3-VL's (or Qwen2.5-VL's) architecture, tokeniser class and processor, so everything that
loads, trains or serves the real models takes it. Nothing is downloaded:

    python examples/tiny_vlm.py OUT_DIR
"""

import json
import math
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers as t
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

SPECIAL = [
    "<|im_start|>",
    "<|im_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|image_pad|>",
    "<|video_pad|>",
]
TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n"
    "{% if message.content is string %}{{ message.content }}{% else %}"
    "{% for part in message.content %}{% if part.type == 'image' %}"
    "<|vision_start|><|image_pad|><|vision_end|>{% else %}{{ part.text }}{% endif %}{% endfor %}"
    "{% endif %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
TEXT = [
    "system user assistant\nTop left. Bottom right. Top right. Bottom left. top bottom left "
    "right upper lower The whole image. Severe noise, moderate blur, mild compression. "
    "Which region of the picture is degraded most?"
]


def make_tokenizer(texts: Iterable[str] = (), size: int = 600) -> t.Qwen2Tokenizer:
    """A byte-level BPE in Qwen's form, trained on ``texts``."""
    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=size, initial_alphabet=alphabet, show_progress=False)
    raw.train_from_iterator([*texts, *(TEXT * 20)], trainer)
    model = json.loads(raw.to_str())["model"]
    merges = [tuple(m.split(" ")) if isinstance(m, str) else tuple(m) for m in model["merges"]]
    ends = {"eos_token": "<|im_end|>", "pad_token": "<|endoftext|>"}
    tokenizer = t.Qwen2Tokenizer(vocab=model["vocab"], merges=merges, **ends)
    tokenizer.add_tokens(["<|endoftext|>", *SPECIAL], special_tokens=True)
    return tokenizer


def build(
    out: Path,
    texts: Iterable[str] = (),
    kind: str = "qwen3_vl",
    seed: int = 0,
    width: int = 64,
    layers: int = 2,
    vision_width: int = 32,
    max_pixels: int = 128 * 128,
) -> Path:
    """Write model and processor to a folder.

    Args:
        out: Folder.
        texts: What the tokeniser is trained on.
        kind: ``qwen3_vl`` or ``qwen2_5_vl``.
        seed: Of the weights.
        width: Of the language model.
        layers: Of the language model and of the vision encoder.
        vision_width: Of the vision encoder.
        max_pixels: Larger pictures are scaled down by the processor.
    """
    tokenizer = make_tokenizer(texts)
    patch = 16 if kind == "qwen3_vl" else 14
    images = t.Qwen2VLImageProcessor(
        patch_size=patch,
        temporal_patch_size=2,
        merge_size=2,
        size={"shortest_edge": 4 * patch * patch, "longest_edge": max_pixels},
    )
    torch.manual_seed(seed)
    if kind == "qwen3_vl":
        model = t.Qwen3VLForConditionalGeneration(
            _config(t.Qwen3VLConfig, tokenizer, width, layers, vision_width, patch)
        )
        processor = t.Qwen3VLProcessor(
            image_processor=images,
            tokenizer=tokenizer,
            video_processor=t.Qwen3VLVideoProcessor(),
            chat_template=TEMPLATE,
        )
    else:
        model = t.Qwen2_5_VLForConditionalGeneration(
            _config(t.Qwen2_5_VLConfig, tokenizer, width, layers, vision_width, patch)
        )
        processor = t.Qwen2_5_VLProcessor(
            image_processor=images,
            tokenizer=tokenizer,
            video_processor=t.Qwen2VLVideoProcessor(),
            chat_template=TEMPLATE,
        )
    _spread(model, seed)
    model.generation_config.eos_token_id = tokenizer.convert_tokens_to_ids("<|im_end|>")
    model.generation_config.pad_token_id = tokenizer.convert_tokens_to_ids("<|endoftext|>")
    model.save_pretrained(out)
    processor.save_pretrained(out)
    return out


def _config(
    kind: Any, tokenizer: Any, width: int, layers: int, vision_width: int, patch: int
) -> Any:
    number = tokenizer.convert_tokens_to_ids
    head = 32
    text = {
        "vocab_size": len(tokenizer),
        "hidden_size": width,
        "intermediate_size": 2 * width,
        "num_hidden_layers": layers,
        "num_attention_heads": width // head,
        "num_key_value_heads": width // head,
        "max_position_embeddings": 2048,
        "tie_word_embeddings": False,
        "bos_token_id": None,
        "eos_token_id": number("<|im_end|>"),
        "pad_token_id": number("<|endoftext|>"),
        "rope_parameters": {
            "rope_type": "default",
            "rope_theta": 10000.0,
            "mrope_section": [head // 4, head // 8, head // 8],
        },
    }
    vision = {
        "depth": layers,
        "hidden_size": vision_width,
        "intermediate_size": 2 * vision_width,
        "num_heads": max(1, vision_width // 32),
        "patch_size": patch,
        "spatial_merge_size": 2,
        "temporal_patch_size": 2,
        "out_hidden_size": width,
    }
    if kind is t.Qwen3VLConfig:
        text["head_dim"] = head
        vision |= {"num_position_embeddings": 64, "deepstack_visual_indexes": [0]}
    else:
        vision |= {"window_size": 4 * patch, "fullatt_block_indexes": [layers - 1]}
    return kind(
        text_config=text,
        vision_config=vision,
        tie_word_embeddings=False,
        image_token_id=number("<|image_pad|>"),
        video_token_id=number("<|video_pad|>"),
        vision_start_token_id=number("<|vision_start|>"),
        vision_end_token_id=number("<|vision_end|>"),
    )


@torch.no_grad()
def _spread(model: Any, seed: int) -> None:
    """Random weights at scales at which signals neither die nor explode.

    The library's 0.02 suits thousands of channels; with a hundred, pictures would not be heard. The
    patch filters are random within frequency bands and as loud as photographs are faint there, as
    trained encoders' come to be: a flat mix would see shades and no noise.
    """
    draw = torch.Generator().manual_seed(seed)
    for name, weight in model.named_parameters():
        if weight.ndim == 2 and "pos_embed" not in name:
            weight.normal_(0, 1 / math.sqrt(weight.shape[1]), generator=draw)
    if hasattr(model.model.visual, "pos_embed"):
        model.model.visual.pos_embed.weight.normal_(0, 0.5, generator=draw)
    model.get_input_embeddings().weight.normal_(0, 1.0, generator=draw)
    model.lm_head.weight.normal_(0, 4 / math.sqrt(model.lm_head.weight.shape[1]), generator=draw)
    filters = model.model.visual.patch_embed.proj.weight
    filters.copy_(torch.from_numpy(_filters(tuple(filters.shape), seed)))


# Root mean square of a photograph's cosine coefficients by frequency band, pixels in [-1, 1].
# Measured on 64 photographs of 160 pixels; differences of colours are about 5.5 times fainter.
LOUDNESS = (3.77, 0.69, 0.39, 0.235, 0.162, 0.12, 0.086, 0.058)
COLOURS = ((1, 1, 1), (1, 1, 1), (1, -1, 0), (1, 1, -2))


def _filters(shape: tuple[int, ...], seed: int) -> np.ndarray:
    """Filters ``(channels, 3, time, side, side)``, each random within one frequency band."""
    count, _, time, side, _ = shape
    rng = np.random.default_rng(seed)
    place = np.arange(side)
    cosines = np.cos(np.pi * (2 * place[:, None] + 1) * place / (2 * side))
    cosines /= np.linalg.norm(cosines, axis=0)
    radius = np.hypot(place[:, None], place) / side
    out = np.zeros(shape, np.float32)
    for number in range(count):
        band, mix = number % 8, np.array(COLOURS[number // 8 % 4], np.float64)
        inside = (radius >= 0.15 * band) & (radius < 0.15 * band + 0.2)
        pattern = cosines @ (rng.normal(size=(side, side)) * inside) @ cosines.T
        loudness = LOUDNESS[band] / (1 if mix.sum() else 5.5)
        pattern /= np.linalg.norm(pattern) * np.linalg.norm(mix) * loudness * time
        out[number] = (mix[:, None, None] * pattern)[:, None]
    return out


if __name__ == "__main__":
    print(build(Path(sys.argv[1])))
