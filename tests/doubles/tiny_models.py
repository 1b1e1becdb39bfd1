"""Tiny models with random weights, saved as real ones are, so that the real code loads them."""

import json
from functools import partial

WORDS = "a photo of a cat sitting on a table the task is semantic person car sky tree wall dog"
CLASSES = ["wall", "sky-other-merged", "person, individual", "tree", "water", "building", "cat"]


def clip_tokenizer():
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers
    from transformers import CLIPTokenizer

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
    return CLIPTokenizer(vocab=vocabulary, merges=merges, model_max_length=77)


def bert_tokenizer():
    from transformers import BertTokenizer

    vocabulary = dict.fromkeys(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS.split()])
    return BertTokenizer(vocab={word: number for number, word in enumerate(vocabulary)})


def _save(folder, model, processor):
    model.eval().save_pretrained(folder)
    processor.save_pretrained(folder)
    return str(folder)


def oneformer(folder, classes=CLASSES):
    import transformers as t

    folder.mkdir(parents=True, exist_ok=True)
    info = {str(n): {"isthing": 1, "name": name} for n, name in enumerate(classes)}
    (folder / "class_info.json").write_text(json.dumps(info))
    tokenizer = clip_tokenizer()
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
    return _save(folder, t.OneFormerForUniversalSegmentation(config), processor)


def segformer(folder, classes=CLASSES):
    import transformers as t

    config = t.SegformerConfig(
        hidden_sizes=[8, 16, 24, 32],
        depths=[1] * 4,
        decoder_hidden_size=32,
        num_attention_heads=[1] * 4,
        num_labels=len(classes),
        id2label=dict(enumerate(classes)),
    )
    processor = t.SegformerImageProcessor(size={"height": 64, "width": 64})
    return _save(folder, t.SegformerForSemanticSegmentation(config), processor)


def _towers(tokenizer, size=64, layers=2, width=32):
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


def clip(folder, size=64, layers=2, width=32):
    import transformers as t

    tokenizer = clip_tokenizer()
    square = {"height": size, "width": size}
    images = t.CLIPImageProcessor(size={"shortest_edge": size}, crop_size=square)
    model = t.CLIPModel(t.CLIPConfig(**_towers(tokenizer, size, layers, width)))
    return _save(folder, model, t.CLIPProcessor(image_processor=images, tokenizer=tokenizer))


def clipseg(folder, size=64, layers=3, width=32):
    import transformers as t

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
    return _save(folder, t.CLIPSegForImageSegmentation(config), processor)


def blip(folder, size=64, layers=2, width=32):
    import transformers as t

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
    return _save(folder, t.BlipForConditionalGeneration(config), processor)


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


def hf_sam(folder):
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
    return _save(folder, t.SamModel(config), images)


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
    return _save(folder, t.Sam2Model(config), images)
