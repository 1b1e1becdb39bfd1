"""The models of Semantic-Segment-Anything with random weights, saved as the real ones are.

A segmenter, a captioner, CLIP, CLIPSeg and SAM of some thousand weights each, so that everything
that loads the real models takes them. Their names and masks mean nothing. Nothing is downloaded:

    python examples/tiny_ssa.py OUT_DIR
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
import transformers as t
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

WORDS = "a photo of a cat sitting on a table the task is semantic person car sky tree wall dog"
CLASSES = ("wall", "sky-other-merged", "person, individual", "tree", "water", "building", "cat")


def clip_tokenizer() -> t.CLIPTokenizer:
    """A byte-level BPE in CLIP's form, trained on a dozen words."""
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    raw = Tokenizer(models.BPE(end_of_word_suffix="</w>"))
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=400, initial_alphabet=alphabet, end_of_word_suffix="</w>", show_progress=False
    )
    raw.train_from_iterator([WORDS] * 50, trainer)
    model = json.loads(raw.to_str())["model"]
    vocabulary = dict(model["vocab"])
    for symbol in [*(c + "</w>" for c in sorted(alphabet)), "<|startoftext|>", "<|endoftext|>"]:
        vocabulary.setdefault(symbol, len(vocabulary))
    merges = [tuple(m.split(" ")) if isinstance(m, str) else tuple(m) for m in model["merges"]]
    return t.CLIPTokenizer(vocab=vocabulary, merges=merges, model_max_length=77)


def bert_tokenizer() -> t.BertTokenizer:
    """Whole words in BERT's form."""
    vocabulary = dict.fromkeys(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS.split()])
    return t.BertTokenizer(vocab={word: number for number, word in enumerate(vocabulary)})


def save(folder: Path, model: Any, processor: Any) -> str:
    """Write a model and its processor; returns the folder's name."""
    model.eval().save_pretrained(folder)
    processor.save_pretrained(folder)
    return str(folder)


def segformer(folder: Path, classes: Sequence[str] = CLASSES) -> str:
    """A semantic segmenter."""
    config = t.SegformerConfig(
        hidden_sizes=[8, 16, 24, 32],
        depths=[1] * 4,
        decoder_hidden_size=32,
        num_attention_heads=[1] * 4,
        num_labels=len(classes),
        id2label=dict(enumerate(classes)),
    )
    processor = t.SegformerImageProcessor(size={"height": 64, "width": 64})
    return save(folder, t.SegformerForSemanticSegmentation(config), processor)


def _towers(tokenizer: Any, size: int = 64, layers: int = 2, width: int = 32) -> dict[str, Any]:
    """Settings of CLIP's two encoders."""
    text = {
        "vocab_size": len(tokenizer),
        "hidden_size": width,
        "intermediate_size": 2 * width,
        "num_hidden_layers": layers,
        "num_attention_heads": 2,
        "projection_dim": 32,
        "eos_token_id": tokenizer.eos_token_id,
        "bos_token_id": tokenizer.bos_token_id,
        "pad_token_id": 0,
    }
    vision = {
        "hidden_size": width,
        "intermediate_size": 2 * width,
        "num_hidden_layers": layers,
        "num_attention_heads": 2,
        "image_size": size,
        "patch_size": 16,
        "projection_dim": 32,
    }
    return {"text_config": text, "vision_config": vision, "projection_dim": 32}


def clip(folder: Path, size: int = 64, layers: int = 2, width: int = 32) -> str:
    """CLIP."""
    tokenizer = clip_tokenizer()
    square = {"height": size, "width": size}
    images = t.CLIPImageProcessor(size={"shortest_edge": size}, crop_size=square)
    model = t.CLIPModel(t.CLIPConfig(**_towers(tokenizer, size, layers, width)))
    return save(folder, model, t.CLIPProcessor(image_processor=images, tokenizer=tokenizer))


def clipseg(folder: Path, size: int = 64, layers: int = 3, width: int = 32) -> str:
    """CLIPSeg."""
    tokenizer = clip_tokenizer()
    images = t.ViTImageProcessor(size={"height": size, "width": size})
    config = t.CLIPSegConfig(
        **_towers(tokenizer, size, layers, width),
        extract_layers=[0, 1, 2],
        reduce_dim=16,
        decoder_num_attention_heads=2,
        decoder_intermediate_size=32,
    )
    processor = t.CLIPSegProcessor(image_processor=images, tokenizer=tokenizer)
    return save(folder, t.CLIPSegForImageSegmentation(config), processor)


def blip(folder: Path, size: int = 64, layers: int = 2, width: int = 32) -> str:
    """BLIP, which writes captions."""
    tokenizer = bert_tokenizer()
    shape = {
        "hidden_size": width,
        "intermediate_size": 2 * width,
        "num_hidden_layers": layers,
        "num_attention_heads": 2,
        "projection_dim": 32,
    }
    config = t.BlipConfig(
        text_config=shape
        | {
            "vocab_size": len(tokenizer),
            "encoder_hidden_size": width,
            "bos_token_id": 2,
            "eos_token_id": 3,
            "sep_token_id": 3,
            "pad_token_id": 0,
        },
        vision_config=shape | {"image_size": size, "patch_size": 16},
        projection_dim=32,
    )
    images = t.BlipImageProcessor(size={"height": size, "width": size})
    processor = t.BlipProcessor(image_processor=images, tokenizer=tokenizer)
    return save(folder, t.BlipForConditionalGeneration(config), processor)


def hf_sam(folder: Path) -> str:
    """SAM, as transformers has it."""
    vision = {
        "hidden_size": 32,
        "output_channels": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "image_size": 128,
        "patch_size": 16,
        "window_size": 7,
        "global_attn_indexes": [1],
        "num_pos_feats": 16,
        "mlp_dim": 64,
    }
    prompt = {"hidden_size": 32, "image_size": 128, "patch_size": 16, "mask_input_channels": 16}
    decoder = {
        "hidden_size": 32,
        "mlp_dim": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "iou_head_hidden_dim": 64,
    }
    config = t.SamConfig(
        vision_config=vision, prompt_encoder_config=prompt, mask_decoder_config=decoder
    )
    images = t.SamImageProcessor(
        size={"longest_edge": 128},
        pad_size={"height": 128, "width": 128},
        mask_size={"longest_edge": 32},
        mask_pad_size={"height": 32, "width": 32},
    )
    return save(folder, t.SamModel(config), images)


MODELS = (segformer, blip, clip, clipseg, hf_sam)


def build(out: Path, seed: int = 0) -> dict[str, str]:
    """Write all of them; returns kind to folder."""
    torch.manual_seed(seed)
    return {make.__name__: make(out / make.__name__) for make in MODELS}


if __name__ == "__main__":
    print(build(Path(sys.argv[1])))
