"""Tiny models with random weights, saved as real ones are, so that the real code loads them."""

import importlib.util
import json
from functools import cache, partial

from tests.conftest import ROOT

CLASSES = ["wall", "sky-other-merged", "person, individual", "tree", "water", "building", "cat"]


@cache
def _example():
    """What the recipe needs, too, stands among the examples."""
    spec = importlib.util.spec_from_file_location("tiny_ssa", ROOT / "examples" / "tiny_ssa.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def __getattr__(name):
    if name not in ("clip_tokenizer", "segformer", "clip", "clipseg", "blip", "hf_sam"):
        raise AttributeError(name)
    return getattr(_example(), name)


def oneformer(folder, classes=CLASSES):
    import transformers as t

    folder.mkdir(parents=True, exist_ok=True)
    info = {str(n): {"isthing": 1, "name": name} for n, name in enumerate(classes)}
    (folder / "class_info.json").write_text(json.dumps(info))
    tokenizer = _example().clip_tokenizer()
    images = t.OneFormerImageProcessor(
        repo_path=str(folder),
        class_info_file="class_info.json",
        num_labels=len(classes),
        size={"shortest_edge": 64, "longest_edge": 96},
    )
    backbone = t.SwinConfig(
        image_size=64,
        embed_dim=16,
        depths=[1] * 4,
        num_heads=[1, 2, 4, 8],
        window_size=4,
        out_features=["stage1", "stage2", "stage3", "stage4"],
    )
    config = t.OneFormerConfig(
        backbone_config=backbone,
        num_queries=10,
        hidden_dim=32,
        mask_dim=32,
        conv_dim=32,
        encoder_feedforward_dim=32,
        encoder_layers=2,
        decoder_layers=2,
        num_attention_heads=2,
        dim_feedforward=32,
        text_encoder_width=32,
        text_encoder_num_layers=1,
        text_encoder_vocab_size=len(tokenizer),
        text_encoder_context_length=77,
        is_training=False,
        id2label=dict(enumerate(classes)),
        label2id={n: i for i, n in enumerate(classes)},
    )
    processor = t.OneFormerProcessor(image_processor=images, tokenizer=tokenizer)
    return _example().save(folder, t.OneFormerForUniversalSegmentation(config), processor)


def sam(size=128, patch=16, width=32, depth=2):
    """segment-anything's own architecture, small."""
    import torch
    from segment_anything.modeling import (
        ImageEncoderViT,
        MaskDecoder,
        PromptEncoder,
        Sam,
        TwoWayTransformer,
    )

    return Sam(
        image_encoder=ImageEncoderViT(
            img_size=size,
            patch_size=patch,
            embed_dim=width,
            depth=depth,
            num_heads=2,
            mlp_ratio=4,
            out_chans=width,
            qkv_bias=True,
            norm_layer=partial(torch.nn.LayerNorm, eps=1e-6),
            use_rel_pos=True,
            window_size=7,
            global_attn_indexes=(depth - 1,),
        ),
        prompt_encoder=PromptEncoder(
            embed_dim=width,
            image_embedding_size=(size // patch, size // patch),
            input_image_size=(size, size),
            mask_in_chans=16,
        ),
        mask_decoder=MaskDecoder(
            num_multimask_outputs=3,
            transformer_dim=width,
            iou_head_depth=3,
            iou_head_hidden_dim=64,
            transformer=TwoWayTransformer(depth=2, embedding_dim=width, mlp_dim=64, num_heads=4),
        ),
    ).eval()


def hf_sam2(folder):
    import transformers as t
    from transformers.models.sam2.configuration_sam2 import Sam2HieraDetConfig, Sam2VisionConfig

    backbone = Sam2HieraDetConfig(
        hidden_size=16,
        num_attention_heads=1,
        image_size=[128, 128],
        blocks_per_stage=[1, 1, 2, 1],
        embed_dim_per_stage=[16, 32, 64, 128],
        num_attention_heads_per_stage=[1, 2, 4, 8],
        window_size_per_stage=[8, 4, 4, 4],
        global_attention_blocks=[3],
    )
    vision = Sam2VisionConfig(
        backbone_config=backbone,
        backbone_channel_list=[128, 64, 32, 16],
        backbone_feature_sizes=[[32, 32], [16, 16], [8, 8]],
        fpn_hidden_size=32,
    )
    config = t.Sam2Config(
        vision_config=vision.to_dict(),
        prompt_encoder_config={"hidden_size": 32, "image_size": 128, "patch_size": 16},
        mask_decoder_config={
            "hidden_size": 32,
            "mlp_dim": 64,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "iou_head_hidden_dim": 64,
        },
    )
    images = t.Sam2ImageProcessor(
        size={"height": 128, "width": 128}, mask_size={"height": 32, "width": 32}
    )
    return _example().save(folder, t.Sam2Model(config), images)
