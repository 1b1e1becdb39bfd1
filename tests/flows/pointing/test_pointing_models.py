"""Pointing with every kind of model and segmenter that it says it takes."""

import numpy as np
import pytest

pytestmark = [
    pytest.mark.usefixtures("train_extra"),
    pytest.mark.filterwarnings(
        "ignore::FutureWarning", "ignore::UserWarning", "ignore::DeprecationWarning"
    ),
]


def asked(number):
    """A question about one of some pictures of different sizes."""
    from PIL import Image

    from flows.pointing.scoring import Asked

    pixels = np.random.default_rng(number).integers(0, 255, (64, 96 + 32 * (number % 2), 3))
    return Asked(Image.fromarray(pixels.astype(np.uint8)), "Which region?" + " Say." * number)


@pytest.mark.parametrize("kind", ["qwen2_5_vl", "internvl", "llava", "idefics3"])
def test_any_family_answers_and_scores_in_batches(tiny_vlm, tmp_path, kind):
    """Whatever a family's pictures become, a batch answers and scores as its rows do alone."""
    import torch

    from flows.pointing.scoring import LocalModel
    from flows.training.model_families import load_model
    from tests.doubles import tiny_pointing
    from tests.doubles.vllm_cpu import tiny_internvl

    torch.manual_seed(0)
    if kind == "internvl":
        tiny_internvl.build(tmp_path)
    elif kind == "qwen2_5_vl":
        tiny_vlm.build(tmp_path, kind=kind)
    else:
        getattr(tiny_pointing, kind)(tmp_path)
    loaded = load_model(str(tmp_path), torch.float32, trained=False)
    speaker = LocalModel(loaded, torch.device("cpu"))
    questions = [asked(number) for number in range(4)]
    assert speaker.answer(questions, 6) == [speaker.answer([one], 6)[0] for one in questions]
    said = ["top left", "bottom right", "the upper right side of it", "LOWER RIGHT"]
    for question, text, one in zip(questions, said, speaker.score(questions, said), strict=True):
        (alone,) = speaker.score([question], [text])
        assert one.horizontal == pytest.approx(alone.horizontal, abs=1e-4)
        assert one.vertical == pytest.approx(alone.vertical, abs=1e-4)


def test_only_known_families_are_trained(train_extra, tmp_path):
    """A family that pointing takes and training cannot take apart is refused for training."""
    import torch

    from flows.training.model_families import load_model
    from schemas.errors import ConfigError
    from tests.doubles import tiny_pointing

    tiny_pointing.llava(tmp_path)
    with pytest.raises(ConfigError, match="cannot take apart a model of type 'llava'"):
        load_model(str(tmp_path), torch.float32)


@pytest.mark.parametrize("multimask", ["best", "single"])
def test_checkpoint_of_segment_anything(monkeypatch, tmp_path, multimask):
    """A checkpoint file gives the masks of segment-anything's own predictor."""
    import segment_anything
    import torch

    from flows.pointing.segmenters import make_segmenter
    from schemas.settings.training import PointConfig
    from tests.doubles import tiny_models

    torch.manual_seed(7)
    model, path = tiny_models.sam().eval(), tmp_path / "tiny.pth"
    torch.save(model.state_dict(), path)
    # the published architectures take gigabytes; their place is taken by the small one
    monkeypatch.setitem(segment_anything.sam_model_registry, "vit_b", tiny_models.sam)
    config = PointConfig(segmenter=str(path), sam_type="vit_b", multimask=multimask)
    image = np.random.default_rng(0).integers(0, 255, (60, 90, 3)).astype(np.uint8)
    points = [(10.0, 20.0), (80.0, 5.0)]
    predictor = segment_anything.SamPredictor(model)
    predictor.set_image(image)
    found = make_segmenter(config, torch.device("cpu")).segment(image, points)
    for point, mask in zip(points, found, strict=True):
        masks, scores, _ = predictor.predict(
            np.array([point]), np.array([1]), multimask_output=multimask == "best"
        )
        assert mask.shape == (60, 90)
        assert (mask == masks[int(np.argmax(scores))]).all()


@pytest.mark.parametrize("kind", ["hf_sam_hq", "hf_sam2_video"])
def test_relatives_of_sam(tmp_path, kind):
    """SAM-HQ and the video form, in which SAM 2 is published, give masks of the picture's size."""
    import torch

    from flows.pointing.segmenters import make_segmenter
    from schemas.settings.training import PointConfig
    from tests.doubles import tiny_pointing

    torch.manual_seed(0)
    weights = getattr(tiny_pointing, kind)(tmp_path)
    segmenter = make_segmenter(PointConfig(segmenter=weights), torch.device("cpu"))
    image = np.random.default_rng(0).integers(0, 255, (60, 90, 3)).astype(np.uint8)
    masks = segmenter.segment(image, [(10.0, 20.0), (80.0, 5.0)])
    assert [mask.shape for mask in masks] == [(60, 90)] * 2
    assert all(mask.dtype == np.bool_ for mask in masks)


@pytest.mark.parametrize("kind", ["hf_sam", "hf_sam2"])
@pytest.mark.parametrize("multimask", ["best", "single"])
def test_segmenters(segmenters, kind, multimask):
    """Each kind gives one mask of the picture's size for each point, the same alone."""
    import torch

    from flows.pointing.segmenters import make_segmenter
    from schemas.settings.training import PointConfig

    config = PointConfig(segmenter=segmenters[kind], multimask=multimask)
    segmenter = make_segmenter(config, torch.device("cpu"))
    image = np.random.default_rng(0).integers(0, 255, (60, 90, 3)).astype(np.uint8)
    points = [(10.0, 20.0), (80.0, 5.0)]
    masks = segmenter.segment(image, points)
    assert [mask.shape for mask in masks] == [(60, 90)] * 2
    assert all(mask.dtype == np.bool_ for mask in masks)
    for point, mask in zip(points, masks, strict=True):
        alone = segmenter.segment(image, [point])[0]
        assert (alone == mask).mean() > 0.999
