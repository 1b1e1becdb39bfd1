"""``evaluate`` with a model: everything is asked, stored and scored in one go."""

import json

import pytest

from flows.pointing.scoring import Asked

pytestmark = pytest.mark.filterwarnings(
    "ignore::FutureWarning", "ignore::UserWarning", "ignore::DeprecationWarning"
)


def test_in_one_go(qwen, dataset, photos, spider, shim, tmp_path):
    """Rows, multiple-choice questions and opinion scores are answered by the model and scored."""
    names = sorted(path.name for path in photos.iterdir())
    (tmp_path / "bench.json").write_text(
        json.dumps(
            [
                {
                    "img_path": name,
                    "question": "How sharp is it?",
                    "candidates": ["Low", "High"],
                    "correct_ans": "High",
                    "type": 2,
                    "concern": 0,
                }
                for name in names[:3]
            ]
        )
    )
    rows = [f"{name},{number % 5}.{number}" for number, name in enumerate(names)]
    (tmp_path / "mos.csv").write_text("\n".join(["image_name,MOS", *rows]) + "\n")
    out = tmp_path / "out"
    command = [
        "evaluate",
        dataset,
        "--split",
        "train",
        "--model",
        qwen,
        "--out",
        out,
        "--qbench",
        tmp_path / "bench.json",
        "--scores",
        tmp_path / "mos.csv",
        "--images",
        photos,
        "--max-tokens",
        6,
        "--no-plots",
        "--bootstrap",
        20,
    ]
    done = spider(*command, **shim)
    assert done.returncode == 0, done.stderr[-1500:]
    found = json.loads((out / "results.json").read_text())
    assert found["benchmark"]["counts"]["missing"] == 0
    assert {"benchmark", "qbench", "scores"} <= set(found)
    stored = {
        name: (out / name).read_bytes()
        for name in ("predictions.jsonl", "qbench.jsonl", "scores.csv")
    }
    again = spider(*command, **shim)
    assert again.returncode == 0, again.stderr[-1500:]
    assert all((out / name).read_bytes() == data for name, data in stored.items())


def test_scores_are_the_logits(qwen, train_extra):
    """A score is the logit of good less that of poor behind the stem."""
    import numpy as np
    import torch
    from PIL import Image

    from flows.pointing.scoring import LocalModel
    from flows.training.model_families import load_model

    speaker = LocalModel(load_model(str(qwen), torch.float32), torch.device("cpu"))
    pixels = np.random.default_rng(0).integers(0, 255, (2, 64, 64, 3)).astype(np.uint8)
    asked = [Asked(Image.fromarray(one), "Rate it.") for one in pixels]
    one, other = speaker.contrast(asked, "It is bad", "It is top")
    assert one != other
    tokenizer, prompt = speaker._tokenizer, speaker._prompt("Rate it.")
    bad, top = (tokenizer("It is" + word)["input_ids"] for word in (" bad", " top"))
    common = next(n for n in range(9) if bad[: n + 1] != top[: n + 1])

    def log_probability(ids):
        inputs = speaker._processor(text=[prompt], images=[[asked[0].image]], return_tensors="pt")
        inputs = {k: v for k, v in inputs.items() if hasattr(v, "shape")}
        length = inputs["input_ids"].shape[1]
        tail = torch.tensor([ids])
        for key in ("input_ids", "attention_mask", "mm_token_type_ids"):
            more = tail if key == "input_ids" else torch.full_like(tail, key == "attention_mask")
            inputs[key] = torch.cat([inputs[key], more], 1)
        with torch.inference_mode():
            logs = speaker._model(**inputs).logits[0].log_softmax(-1)
        return sum(float(logs[length - 1 + n, ids[n]]) for n in range(common, len(ids)))

    assert one == pytest.approx(log_probability(bad) - log_probability(top), abs=1e-3)


def test_mistakes(qwen, photos, spider, shim, tmp_path):
    """Pictures that are not given, and paths that leave their folder, are one line."""
    (tmp_path / "mos.csv").write_text("image_name,MOS\n../x.png,3.5\ny.png,2\n")
    command = [
        "evaluate",
        "--model",
        qwen,
        "--out",
        tmp_path / "o",
        "--scores",
        tmp_path / "mos.csv",
    ]
    for more, said in (([], "--images DIR is missing"), (["--images", photos], "No such file")):
        done = spider(*command, *more, **shim)
        assert done.returncode == 2
        assert said in done.stderr or "cannot read" in done.stderr
        assert done.stderr.strip().splitlines()[-1].startswith("iqa-spider: ")
