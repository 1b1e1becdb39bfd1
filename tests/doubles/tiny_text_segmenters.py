"""Tiny text-prompted segmenters of the real classes with random weights, saved as real ones are."""

from pathlib import Path

from tests.doubles import tiny_detector, tiny_models


def sam3(folder):
    """SAM 3, a few hundred thousand parameters; reads 32 tokens as the real one does."""
    import transformers as t

    tokenizer = tiny_models.clip_tokenizer()
    vision = {
        "backbone_config": {
            "model_type": "sam3_vit_model",
            "hidden_size": 32,
            "intermediate_size": 64,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "image_size": 112,
            "patch_size": 14,
            "pretrain_image_size": 56,
            "window_size": 4,
            "global_attn_indexes": [1],
        },
        "fpn_hidden_size": 32,
        "backbone_feature_sizes": [[32, 32], [16, 16], [8, 8]],
    }
    text = {
        "model_type": "clip_text_model",
        "vocab_size": len(tokenizer),
        "hidden_size": 32,
        "intermediate_size": 64,
        "projection_dim": 16,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "max_position_embeddings": 32,
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": 0,
    }
    part = {"hidden_size": 32, "num_attention_heads": 2}
    layers = part | {"num_layers": 1, "intermediate_size": 64}
    config = t.Sam3Config(
        vision_config=vision,
        text_config=text,
        geometry_encoder_config=layers,
        detr_encoder_config=layers,
        detr_decoder_config=layers | {"num_queries": 8},
        mask_decoder_config=part,
    )
    images = t.Sam3ImageProcessor(
        size={"height": 112, "width": 112}, mask_size={"height": 32, "width": 32}
    )
    model = t.Sam3Model(config).eval()
    # as sure that something is there as a trained one is, else no instance passes the threshold
    model.detr_decoder.presence_head.layer3.bias.data.fill_(4)
    model.dot_product_scoring.text_proj.bias.data.fill_(1)
    model.dot_product_scoring.query_proj.bias.data.fill_(1)
    model.save_pretrained(folder)
    t.Sam3Processor(images, tokenizer).save_pretrained(folder)
    return str(folder)


def all_of_them(root: Path):
    """Name to weights, as ``--segmenter-text`` takes them."""
    import torch

    torch.manual_seed(0)
    detector = tiny_detector.grounding_dino(root / "dino")
    return {
        "sam3": sam3(root / "sam3"),
        "clipseg": tiny_models.clipseg(root / "clipseg"),
        "grounding-dino+sam": f"{detector},{tiny_models.hf_sam(root / 'sam')}",
    }
