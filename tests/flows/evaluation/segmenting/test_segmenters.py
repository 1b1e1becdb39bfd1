"""Text-prompted segmenters: real classes with tiny random weights, and a perfect stand-in."""

import io
import json
import sys
import types

import numpy as np
import pytest
from PIL import Image

from flows.evaluation.baselines import reference_answers
from flows.evaluation.intervals import Settings
from flows.evaluation.segmenting.segment import segmented
from flows.evaluation.segmenting.segmenter import Segmented, Wanted, make_text_segmenter
from flows.evaluation.systems import evaluate
from flows.evaluation.texts import regions_in
from flows.evaluation.truth import load_bench
from schemas import masks
from schemas.errors import ConfigError

pytestmark = pytest.mark.filterwarnings(
    "ignore::FutureWarning", "ignore::UserWarning", "ignore::DeprecationWarning"
)
PROMPTS = ("whole", "spatial", "semantic")
LONG = "Top left. " + "The dog sits on the table, where there is mild blur. " * 24


@pytest.fixture(scope="module")
def weights(train_extra, tmp_path_factory):
    """Name to weights of the tiny ones."""
    import torch

    from tests.doubles.tiny_text_segmenters import all_of_them

    torch.set_num_threads(1)  # so small that threads wait for each other
    return all_of_them(tmp_path_factory.mktemp("segmenters"))


@pytest.fixture(scope="module")
def bench(dataset, train_extra):
    """The rows to learn from, of which there are more."""
    return load_bench(dataset, "train")


class Perfect:
    """Knows every region of every picture by its name, and no place."""

    def __init__(self, bench):
        self.bench, self.asked = bench, []
        self.images = {decoded(data).tobytes(): name for name, data in bench.pictures().items()}

    def segment(self, image, text):
        self.asked.append(text)
        name = self.images[image.tobytes()]
        regions, phrases = self.bench.regions[name], self.bench.phrases().get(name, {})
        found = regions_in(text, regions, phrases)
        if not found:
            return Segmented(np.zeros(image.shape[:2], np.bool_))
        target = next(region for region in regions if region.region_id == found[0])
        return Segmented(masks.decode(target.mask, *image.shape[:2]))


def decoded(data):
    """The pixels of a stored picture."""
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def run(bench, out, make, given=None, prompts=PROMPTS):
    """Rows of the table by name."""
    made = segmented(bench, "train", given, (Wanted("sam3", "x"),), prompts, out, make)
    return {row.name: row for row in made}


def test_a_perfect_one(bench, tmp_path):
    """Who knows what is named is right with the words for it, and wrong with the place alone."""
    found = run(bench, tmp_path, lambda _: Perfect(bench))
    scores = {
        name: evaluate(name, bench, row.predictions, Settings(0, 0), texts=False)
        .metrics["grounding"]["average"]["giou"]
        .value
        for name, row in found.items()
    }
    assert scores["sam3, semantic"] == 1.0
    assert scores["sam3, spatial"] < 0.5
    assert found["sam3, spatial"].counts["empty"] > 0


def test_what_is_made_is_not_made_again(bench, tmp_path):
    """A second start asks nothing, one that was cut off goes on, other words are asked anew."""
    one = Perfect(bench)
    first = run(bench, tmp_path, lambda _: one, prompts=("whole",))
    assert len(one.asked) == first["sam3, whole"].counts["rows"] > 1
    path = tmp_path / "segmented" / "sam3-whole.jsonl"
    data = path.read_bytes()

    def never(_):
        raise AssertionError("asked again")

    assert run(bench, tmp_path, never, prompts=("whole",)) == first
    path.unlink()
    path.with_name(path.name + ".part").write_bytes(data[: len(data) * 2 // 3])
    two = Perfect(bench)
    assert run(bench, tmp_path, lambda _: two, prompts=("whole",)) == first
    assert 0 < len(two.asked) < len(one.asked)
    assert path.read_bytes() == data
    assert not path.with_name(path.name + ".part").exists()
    three = Perfect(bench)
    other = {name: p._replace(answer="It is it.") for name, p in first["sam3, whole"][1].items()}
    run(bench, tmp_path, lambda _: three, given=other, prompts=("whole",))
    assert three.asked == ["It is it."] * len(one.asked)


@pytest.mark.parametrize("name", ["sam3", "clipseg", "grounding-dino+sam"])
def test_real_classes(weights, name, coffee):
    """Each gives a mask of the picture's size that depends on the words, and counts cut texts."""
    one = make_text_segmenter(Wanted(name, weights[name]), "cpu")
    small = np.ascontiguousarray(coffee[::3, ::3])
    short, long = one.segment(small, "the cat"), one.segment(small, LONG)
    assert short.mask.shape == long.mask.shape == small.shape[:2]
    assert short.mask.dtype == np.bool_
    assert not short.truncated
    assert long.truncated
    assert short.mask.any()
    found = [one.segment(small, text).mask for text in ("the cat", "sky", "a tower", "old man")]
    assert (found[0] == short.mask).all()
    assert any((mask != short.mask).any() for mask in (*found, long.mask))


def test_sam3_reads_32_tokens(weights, coffee):
    """What stands behind the 32nd token changes nothing; one token before it does."""
    from flows.evaluation.segmenting.sam3 import LENGTH, Sam3

    one = Sam3(weights["sam3"], "cpu", threshold=0.0)
    small = np.ascontiguousarray(coffee[::3, ::3])
    tokens = "a " * (LENGTH - 2)  # the first and the last are marks
    full = one.segment(small, tokens)
    assert not full.truncated
    more = one.segment(small, tokens + "x y z")
    assert more.truncated
    assert (more.mask == full.mask).all()


def test_nothing_found_is_an_empty_mask(weights, coffee):
    """Where no instance and no box is sure enough the mask is empty, and no error."""
    from flows.evaluation.segmenting.grounded_sam import GroundedSam
    from flows.evaluation.segmenting.sam3 import Sam3

    small = np.ascontiguousarray(coffee[::3, ::3])
    detector, _, sam = weights["grounding-dino+sam"].partition(",")
    for one in (Sam3(weights["sam3"], "cpu", 1.0), GroundedSam(detector, sam, "cpu", 1.0)):
        assert not one.segment(small, "the cat").mask.any()


def test_nine_rows(weights, dataset, spider, shim, tmp_path):
    """Three segmenters under three prompts are nine rows beside the model's own."""
    rows = reference_answers(load_bench(dataset, "test")).items()
    lines = [json.dumps({"row_id": row_id, "answer": p.answer}) for row_id, p in rows]
    (tmp_path / "said.jsonl").write_text("\n".join(lines))
    flags = [
        part for name, path in weights.items() for part in ("--segmenter-text", f"{name}={path}")
    ]
    out, one_thread = tmp_path / "out", shim | {"OMP_NUM_THREADS": "1"}
    command = ["evaluate", dataset, "--predictions", tmp_path / "said.jsonl", "--out", out, *flags]
    done = spider(*command, "--no-baselines", "--bootstrap", 20, "--side-by-side", 1, **one_thread)
    assert done.returncode == 0, done.stderr[-1500:]
    found = json.loads((out / "results.json").read_text())["benchmark"]
    names = [f"{name}, {prompt}" for name in weights for prompt in PROMPTS]
    assert list(found["segmenters"]) == names
    assert list(found["systems"]) == ["predictions", *names]
    for name in names:
        assert found["systems"][name]["grounding"]["average"]["giou"]["value"] is not None
    assert found["segmenters"]["sam3, semantic"]["wordless"] == 0
    report = (out / "report.md").read_text()
    table = report.partition("## Text-prompted segmenters")[2].partition("## ")[0]
    first = [line.split(" | ")[0].removeprefix("| ") for line in table.splitlines() if "|" in line]
    assert first[2:] == ["predictions", *names]
    assert (out / "side_by_side" / "page-1.png").is_file()


def test_evf_sam_without_its_package(train_extra):
    """A segmenter whose package is not there says in one line how to get it."""
    with pytest.raises(ConfigError, match="clone hustvl/EVF-SAM") as error:
        make_text_segmenter(Wanted("evf-sam", "x"), "cpu")
    assert "\n" not in str(error.value)


def test_evf_sam_with_its_package(train_extra, monkeypatch, coffee):
    """Its model gets the picture as its own script prepares it, and logits above 0 are the mask."""
    import torch
    from transformers import AutoTokenizer

    seen = {}

    class EvfSamModel(torch.nn.Module):
        dtype = torch.float32

        @classmethod
        def from_pretrained(cls, name, **_):
            return cls()

        def inference(self, images, images_evf, input_ids, resize_list, original_size_list):
            seen.update(sam=images, fusion=images_evf, ids=input_ids, shape=resize_list[0])
            logits = torch.full((1, *original_size_list[0]), -1.0)
            logits[0, :10] = 1
            return logits

    package = types.ModuleType("model.evf_sam")
    package.EvfSamModel = EvfSamModel
    monkeypatch.setitem(sys.modules, "model", types.ModuleType("model"))
    monkeypatch.setitem(sys.modules, "model.evf_sam", package)
    words = {"input_ids": torch.tensor([[0, 5, 2]])}
    monkeypatch.setattr(AutoTokenizer, "from_pretrained", lambda *_, **__: lambda *_, **__: words)
    found = make_text_segmenter(Wanted("evf-sam", "x"), "cpu").segment(coffee, "the cup")
    assert found.mask[:10].all()
    assert not found.mask[10:].any()
    assert seen["shape"] == (683, 1024)
    assert seen["sam"].shape == (1, 3, 1024, 1024)
    assert (seen["sam"][0, :, 683:] == 0).all()
    assert seen["fusion"].shape == (1, 3, 224, 224)
    assert -1.5 < seen["fusion"].min() < -0.5 < 0.5 < seen["fusion"].max() < 1.5  # cubic
    red = coffee[..., 0].mean()
    assert seen["sam"][0, 0, :683].mean().item() * 58.395 + 123.675 == pytest.approx(red, abs=0.5)
