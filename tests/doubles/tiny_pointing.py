"""Tiny models that only pointing takes, saved as real ones are."""

import importlib.util

from tests.conftest import ROOT
from tests.doubles import tiny_models

SIDE = 32
_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n"
    "{% for part in message.content %}{% if part.type == 'image' %}<image>{% else %}"
    "{{ part.text }}{% endif %}{% endfor %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def _tokenizer(*more):
    spec = importlib.util.spec_from_file_location("tiny", ROOT / "examples" / "tiny_vlm.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    tokenizer = module.make_tokenizer()
    tokenizer.add_tokens(["<image>", *more], special_tokens=True)
    return tokenizer


def _text(tokenizer):
    return {
        "hidden_size": 64,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "num_key_value_heads": 2,
        "vocab_size": len(tokenizer),
        "pad_token_id": tokenizer.pad_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "bos_token_id": None,
    }


_VISION = {
    "hidden_size": 32,
    "intermediate_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "image_size": SIDE,
    "patch_size": 16,
}


def llava(folder):
    """One square picture, always as many tokens."""
    import transformers as t

    tokenizer = _tokenizer()
    square = {"height": SIDE, "width": SIDE}
    images = t.CLIPImageProcessor(size={"shortest_edge": SIDE}, crop_size=square)
    config = t.LlavaConfig(
        vision_config=t.CLIPVisionConfig(**_VISION),
        text_config=t.LlamaConfig(**_text(tokenizer)),
        image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
    )
    processor = t.LlavaProcessor(
        images,
        tokenizer,
        patch_size=16,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
        chat_template=_TEMPLATE,
    )
    return _saved(folder, t.LlavaForConditionalGeneration(config), processor)


def idefics3(folder):
    """Pictures are cut into tiles, of which each picture has its own number."""
    import transformers as t

    tokenizer = _tokenizer("<fake_token_around_image>", "<global-img>", "<end_of_utterance>")
    images = t.Idefics3ImageProcessor(
        size={"longest_edge": 4 * SIDE}, max_image_size={"longest_edge": SIDE}
    )
    config = t.Idefics3Config(
        vision_config=_VISION,
        text_config=t.LlamaConfig(**_text(tokenizer)),
        scale_factor=2,
        image_token_id=tokenizer.convert_tokens_to_ids("<image>"),
        pad_token_id=tokenizer.pad_token_id,
    )
    processor = t.Idefics3Processor(images, tokenizer, image_seq_len=1, chat_template=_TEMPLATE)
    return _saved(folder, t.Idefics3ForConditionalGeneration(config), processor)


def _saved(folder, model, processor):
    import torch

    for weight in model.parameters():
        if weight.ndim > 1:
            torch.nn.init.normal_(weight, 0, weight.shape[-1] ** -0.5)
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


def hf_sam_hq(folder):
    """SAM-HQ."""
    import transformers as t

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
    decoder = {
        "hidden_size": 32,
        "mlp_dim": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "iou_head_hidden_dim": 64,
        "vit_dim": 32,
    }
    config = t.SamHQConfig(
        vision_config=vision,
        mask_decoder_config=decoder,
        prompt_encoder_config={
            "hidden_size": 32,
            "image_size": 128,
            "patch_size": 16,
            "mask_input_channels": 16,
        },
    )
    images = t.SamImageProcessor(
        size={"longest_edge": 128},
        pad_size={"height": 128, "width": 128},
        mask_size={"longest_edge": 32},
        mask_pad_size={"height": 32, "width": 32},
    )
    t.SamHQModel(config).save_pretrained(folder)
    t.SamHQProcessor(images).save_pretrained(folder)
    return str(folder)


def hf_sam2_video(folder):
    """SAM 2 with the memory that videos need, as its published folders are."""
    import transformers as t

    small = t.Sam2Model.from_pretrained(tiny_models.hf_sam2(folder / "plain")).config.to_dict()
    parts = ("vision_config", "prompt_encoder_config", "mask_decoder_config")
    config = t.Sam2VideoConfig(**{part: small[part] for part in parts})
    t.Sam2VideoModel(config).save_pretrained(folder)
    images = t.Sam2ImageProcessor.from_pretrained(folder / "plain")
    t.Sam2VideoProcessor(images, t.Sam2VideoVideoProcessor()).save_pretrained(folder)
    return str(folder)
