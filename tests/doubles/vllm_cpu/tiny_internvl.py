"""Build a tiny, randomly initialised InternVL (Hugging Face format) on disk.

Everything is made here: no download.  The folder that results loads in
transformers (`InternVLForConditionalGeneration`) and in vLLM.

    python build_tiny_internvl.py OUT_DIR [--seed 0]
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import torch
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import (
    GenerationConfig,
    GotOcr2ImageProcessor,
    InternVLConfig,
    InternVLForConditionalGeneration,
    InternVLProcessor,
    InternVLVideoProcessor,
    Qwen2Tokenizer,
)

# Words that must each be ONE token both at the start of a text ("left") and
# after a space (" left"), so that their probability can be read at one position.
ONE_TOKEN_WORDS = [
    "left",
    "right",
    "top",
    "bottom",
    "yes",
    "no",
    "first",
    "second",
    "image",
    "better",
    "worse",
    "same",
    "quality",
    "question",
    "answer",
    "reason",
]
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
MODEL_SPECIAL = {
    "start_image_token": "<img>",
    "end_image_token": "</img>",
    "context_image_token": "<IMG_CONTEXT>",
    "video_token": "<video>",
}
# Same turn structure as the InternVL3 HF template; one image placeholder per image part.
CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\n' }}"
    "{% if message['content'] is string %}{{ message['content'] }}"
    "{% else %}{% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}{{ '<IMG_CONTEXT>\n' }}"
    "{% elif part['type'] == 'video' %}{{ '<video>\n' }}"
    "{% elif part['type'] == 'text' %}{{ part['text'] }}{% endif %}"
    "{% endfor %}{% endif %}"
    "{{ '<|im_end|>\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def build_tokenizer(texts: Sequence[str] = (), vocab_size: int = 1000) -> Qwen2Tokenizer:
    """A byte-level BPE with Qwen2's own splitting rule, trained on a few sentences or on texts."""
    raw = Tokenizer(models.BPE())
    raw.normalizer = normalizers.NFC()
    raw.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(SPLIT), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    raw.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        min_frequency=1,
        show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    corpus = [w for w in ONE_TOKEN_WORDS] * 20 + [" " + w for w in ONE_TOKEN_WORDS] * 20
    corpus += ['{"answer": "left", "reason": "the first image is better"}'] * 5
    raw.train_from_iterator([*corpus, *texts], trainer)
    data = json.loads(raw.to_str())["model"]
    merges = [tuple(m) if not isinstance(m, str) else tuple(m.split(" ")) for m in data["merges"]]
    tokenizer = Qwen2Tokenizer(
        vocab=data["vocab"],
        merges=merges,
        unk_token="<|endoftext|>",
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        extra_special_tokens=dict(MODEL_SPECIAL),
        model_max_length=16384,
    )
    tokenizer.add_tokens(SPECIAL, special_tokens=True)
    tokenizer.chat_template = CHAT_TEMPLATE
    for word in ONE_TOKEN_WORDS if not texts else ():
        for text in (word, " " + word):
            assert len(tokenizer.encode(text)) == 1, (text, tokenizer.tokenize(text))
    return tokenizer


def build(
    out: Path,
    seed: int = 0,
    image_size: int = 56,
    patch_size: int = 14,
    max_patches: int = 4,
    max_position_embeddings: int = 16384,
    tokenizer: Qwen2Tokenizer | None = None,
    width: int = 64,
    spread: float = 0.15,
) -> Path:
    out.mkdir(parents=True, exist_ok=True)
    tokenizer = tokenizer or build_tokenizer()
    image_seq_length = int((image_size // patch_size) ** 2 * 0.5**2)
    vocab_size = -(-len(tokenizer) // 64) * 64
    config = InternVLConfig(
        text_config=dict(
            model_type="qwen2",
            vocab_size=vocab_size,
            hidden_size=width,
            intermediate_size=2 * width,
            num_hidden_layers=2,
            num_attention_heads=width // 32,
            num_key_value_heads=width // 64,
            head_dim=32,
            max_position_embeddings=max_position_embeddings,
            max_window_layers=2,
            tie_word_embeddings=False,
            bos_token_id=None,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        ),
        vision_config=dict(
            hidden_size=64,
            intermediate_size=128,
            num_hidden_layers=2,
            num_attention_heads=2,
            image_size=(image_size, image_size),
            patch_size=(patch_size, patch_size),
        ),
        image_token_id=tokenizer.convert_tokens_to_ids("<IMG_CONTEXT>"),
        image_seq_length=image_seq_length,
        tie_word_embeddings=False,
        dtype="float32",
    )
    torch.manual_seed(seed)
    model = InternVLForConditionalGeneration(config).eval()
    # The default initialisation (std 0.02) makes every logit nearly equal;
    # widen it so that outputs depend visibly on the prompt and on the image.
    with torch.no_grad():
        for name, p in model.named_parameters():
            if p.ndim > 1:
                p.normal_(0.0, spread, generator=torch.Generator().manual_seed(seed + len(name)))
    model.generation_config = GenerationConfig(
        eos_token_id=[tokenizer.eos_token_id], pad_token_id=tokenizer.pad_token_id, do_sample=False
    )
    size = {"height": image_size, "width": image_size}
    processor = InternVLProcessor(
        image_processor=GotOcr2ImageProcessor(
            size=size,
            crop_to_patches=True,
            min_patches=1,
            max_patches=max_patches,
            image_mean=[0.485, 0.456, 0.406],
            image_std=[0.229, 0.224, 0.225],
        ),
        video_processor=InternVLVideoProcessor(size=size),
        tokenizer=tokenizer,
        image_seq_length=image_seq_length,
        chat_template=CHAT_TEMPLATE,
    )
    model.save_pretrained(out)
    processor.save_pretrained(out)
    return out


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    print(build(args.out, args.seed))
