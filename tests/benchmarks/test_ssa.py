"""Masks and labels per second beside the reference's order of work, on random models.

Run with ``pytest tests/benchmarks/test_ssa.py -m benchmark -s``; needs the extra ``ssa``.
The reference (Semantic-Segment-Anything) names one mask after another, each by batches of one,
and embeds every candidate name anew.
"""

import time

import numpy as np
import pytest

pytestmark = [pytest.mark.benchmark, pytest.mark.filterwarnings("default")]

SIZES = {"tiny": {"size": 64, "width": 32}, "mid": {"size": 224, "width": 256, "layers": 6}}
NAMES = [f"{colour} {thing}" for colour in ("red", "green") for thing in ("wall", "tree", "cat")]


@pytest.fixture(scope="module", autouse=True)
def torch():
    """Skip without the extra; one thread."""
    from tests.doubles import torchvision_cpu

    module = pytest.importorskip("torch")
    torchvision_cpu.make_importable()
    module.set_num_threads(1)
    return module


def boxes(image, number):
    """``number`` box masks of different sizes."""
    rng, found = np.random.default_rng(0), []
    height, width = image.shape[:2]
    for _ in range(number):
        mask = np.zeros((height, width), np.bool_)
        y, x = rng.integers(0, height - 60), rng.integers(0, width - 60)
        mask[y : y + rng.integers(40, 200), x : x + rng.integers(40, 200)] = True
        found.append(mask)
    return found


def one_at_a_time(folders, image, masks, torch):
    """The reference's order: caption, CLIP, CLIPSeg for each mask, all names each time."""
    import transformers as t

    from annotators.regions.ssa.batches import crop, scaled_box
    from annotators.regions.ssa.names import candidates, chunk
    from schemas.masks import bounding_box

    def load(kind, name):
        return (
            getattr(t, f"{kind}Processor").from_pretrained(folders[name]),
            getattr(t, MODELS[kind]).from_pretrained(folders[name]).eval(),
        )

    (blip_in, blip), (clip_in, clip), (seg_in, seg) = (
        load("Blip", "blip"),
        load("CLIP", "clip"),
        load("CLIPSeg", "clipseg"),
    )
    start = time.perf_counter()
    with torch.inference_mode():
        for mask in masks:
            box = bounding_box(mask)
            small, large = (scaled_box(box, scale, *mask.shape) for scale in (1.2, 1.6))
            pixels = blip_in(images=[crop(image, large)], return_tensors="pt")["pixel_values"]
            said = blip.generate(pixel_values=pixels, max_new_tokens=20)
            names = candidates(chunk(blip_in.decode(said[0], skip_special_tokens=True)), NAMES)
            given = clip_in(
                text=names, images=[crop(image, small)], return_tensors="pt", padding=True
            )
            top = clip(**given).logits_per_image[0].topk(3).indices.tolist()
            given = seg_in(
                text=[names[n] for n in top],
                images=[crop(image, large)] * 3,
                return_tensors="pt",
                padding=True,
            )
            logits = torch.nn.functional.interpolate(
                seg(**given).logits[None], size=(large.height, large.width), mode="bilinear"
            )
            np.bincount(logits[0].argmax(0).numpy()[crop(mask, large)])
    return time.perf_counter() - start


MODELS = {
    "Blip": "BlipForConditionalGeneration",
    "CLIP": "CLIPModel",
    "CLIPSeg": "CLIPSegForImageSegmentation",
}


@pytest.mark.parametrize("size", SIZES)
def test_labels_per_second(tmp_path, astronaut, size, torch):
    """Prints labels per second of both orders and where ours spends its time."""
    from torch.profiler import profile

    from annotators.regions.ssa.engine import LabelEngine
    from annotators.regions.ssa.loading import choose_place
    from schemas.settings.ssa import SsaConfig
    from tests.doubles import tiny_models

    torch.manual_seed(0)
    folders = {
        k: getattr(tiny_models, k)(tmp_path / k, **SIZES[size]) for k in ("blip", "clip", "clipseg")
    }
    config = SsaConfig(
        device="cpu",
        label_models=["caption", "clip", "clipseg"],
        vocabulary="given",
        caption_model=folders["blip"],
        clip_model=folders["clip"],
        clipseg_model=folders["clipseg"],
    )
    engine = LabelEngine(config, NAMES, choose_place("cpu", True))
    masks = boxes(astronaut, 24)
    engine.name([astronaut], [masks[:2]])
    start = time.perf_counter()
    engine.name([astronaut], [masks])
    ours = time.perf_counter() - start
    theirs = one_at_a_time(folders, astronaut, masks, torch)
    print(
        f"\n{size}: {24 / ours:.1f} labels/s, one at a time {24 / theirs:.1f}/s: "
        f"{theirs / ours:.1f}x"
    )
    with profile() as found:
        engine.name([astronaut], [masks])
    print(
        found.key_averages().table(
            sort_by="self_cpu_time_total", row_limit=6, max_name_column_width=40
        )
    )


def test_masks_per_second(astronaut, torch):
    """Prints masks per second of our early filter and of the library's own generator."""
    from segment_anything import SamAutomaticMaskGenerator

    from annotators.regions.ssa.sam import _generator
    from schemas.settings.ssa import SsaConfig
    from tests.doubles import tiny_models

    torch.manual_seed(0)
    model = tiny_models.sam(size=256)
    image = np.ascontiguousarray(astronaut)
    with torch.inference_mode():
        found = SamAutomaticMaskGenerator(
            model,
            points_per_side=4,
            pred_iou_thresh=-1e9,
            stability_score_thresh=-1.0,
            box_nms_thresh=1.0,
        )
        scores = [record["predicted_iou"] for record in found.generate(image)]
    # as with real weights, about a third of the masks pass the first threshold
    least = float(np.quantile(scores, 2 / 3))
    thresholds = {"pred_iou_thresh": least, "stability_score_thresh": -1.0, "box_nms_thresh": 0.99}
    config = SsaConfig(points_per_side=16, **thresholds)
    ours = _generator(model, config)
    theirs = SamAutomaticMaskGenerator(
        model,
        points_per_side=16,
        min_mask_region_area=100,
        output_mode="uncompressed_rle",
        **thresholds,
    )
    seconds = {}
    for name, generator in (("ours", ours), ("library", theirs)):
        generator.generate(image)
        start = time.perf_counter()
        number = len(generator.generate(image))
        seconds[name] = time.perf_counter() - start
        print(f"\n{name}: {number} masks of 768 prompts' in {seconds[name]:.2f} s")
    print(f"ratio {seconds['library'] / seconds['ours']:.1f}x")
