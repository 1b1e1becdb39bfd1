"""Fine-tuning through the command line and its parts, on tiny models with random weights."""

import json

import pyarrow.parquet as pq
import pytest

pytestmark = [
    pytest.mark.usefixtures("train_extra"),
    pytest.mark.filterwarnings(
        "ignore::FutureWarning", "ignore::UserWarning", "ignore::DeprecationWarning"
    ),
]

SETTINGS = """
batch = 4
accumulate = 1
checkpointing = {checkpointing}
log_steps = 2
save_steps = 4
schedule = "constant"
warmup = 0.0
[tune]
rank = 4
alpha = 8
dropout = 0.0
language_rate = 4e-3
vision_rate = 2e-3
projector_rate = 2e-3
"""


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    path = tmp_path_factory.mktemp("settings") / "sft.toml"
    path.write_text(SETTINGS.format(checkpointing="true"))
    return path


@pytest.fixture(scope="module")
def train(spider, shim, qwen, dataset, settings):
    """Run the command with the settings of this file."""

    def run(out, steps=12, *flags, model=qwen):
        given = ("--model", model, "--data", dataset, "--config", settings, "--steps", steps)
        return spider("sft", *given, "--out", out, *flags, **shim)

    return run


@pytest.fixture(scope="module")
def trained(train, tmp_path_factory):
    """A short run through the command line."""
    out = tmp_path_factory.mktemp("sft") / "run"
    done = train(out, 12, "--merge")
    assert done.returncode == 0, done.stderr[-2000:]
    return out


def test_it_trains_what_it_says(trained, qwen):
    """Loss falls; adapters, encoder and projector move and nothing else does."""
    from safetensors.torch import load_file

    report = json.loads((trained / "sft.json").read_text())
    losses = [loss for _, loss in report["losses"]]
    assert losses[-1] < 0.8 * losses[0]
    assert set(report["trained_parameters"]) == {"language", "vision", "projector"}
    before, after = (
        load_file(qwen / "model.safetensors"),
        load_file(trained / "merged" / "model.safetensors"),
    )
    moved = {name for name in before if not before[name].equal(after[name])}
    assert {name for name in before if ".visual." in name} <= moved
    language = moved - {name for name in before if ".visual." in name}
    assert language
    assert all("_proj" in name for name in language)


def test_mix_is_counted(trained, dataset):
    """What was trained on is counted to the row."""
    counts = json.loads((trained / "mix.json").read_text())
    files = (dataset / "data").glob("train-*.parquet")
    (source,) = counts["sources"].values()
    assert counts["rows"] == source["used"] == sum(source["tasks"].values())
    assert source["used"] == sum(pq.read_metadata(file).num_rows for file in files)


def test_same_settings_go_on_others_are_refused(trained, train):
    """The same command changes nothing once done; other settings are one clear line."""
    before = (trained / "adapter_model.safetensors").read_bytes()
    done = train(trained)
    assert done.returncode == 0, done.stderr[-2000:]
    assert (trained / "adapter_model.safetensors").read_bytes() == before
    done = train(trained, 13)
    assert done.returncode == 2
    assert "sft.steps" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_what_never_trained_claims_nothing(train, qwen, tmp_path):
    """A model that cannot be loaded, or a wrong argument, leaves the folder to the next command."""
    for model, more in ((tmp_path / "nowhere", ()), (qwen, ("--set", "trainer.speed=1"))):
        done = train(tmp_path / "o", 2, *more, model=model)
        assert done.returncode == 2, done.stderr[-2000:]
        assert not (tmp_path / "o" / "settings.json").exists()
    done = train(tmp_path / "o", 1)
    assert done.returncode == 0, done.stderr[-2000:]


def test_resumed_is_uninterrupted(train, trained, tmp_path):
    """A run that is cut short, even in a checkpoint, ends with the weights of one that was not."""
    import shutil

    from safetensors.torch import load_file

    out = tmp_path / "cut"
    shutil.copytree(trained, out)
    for name in ("adapter_model.safetensors", "sft.json"):
        (out / name).unlink()
    finished = shutil.copytree(out, tmp_path / "finished")
    (out / "checkpoints" / "checkpoint-12" / "trainer_state.json").unlink()
    for folder, checkpoint in ((out, "checkpoint-8"), (finished, "checkpoint-12")):
        done = train(folder)
        assert done.returncode == 0, done.stderr[-2000:]
        report = json.loads((folder / "sft.json").read_text())
        assert (report["resumed_from"], report["steps"]) == (checkpoint, 12)
        one, other = (load_file(f / "adapter_model.safetensors") for f in (trained, folder))
        assert one.keys() == other.keys()
        assert all(one[name].allclose(other[name], atol=1e-6) for name in one)


def test_finished_epochs_train_no_more(qwen, tmp_path):
    """A run by epochs that ends in its last checkpoint does not step beyond it when resumed."""
    import cv2
    import numpy as np

    from flows.training.sft.finetune import sft
    from schemas.settings.training import MixConfig, SftConfig

    cv2.imwrite(str(tmp_path / "p.png"), np.full((64, 64, 3), 99, np.uint8))
    said = [{"from": "human", "value": "<image>Where?"}, {"from": "gpt", "value": "Top left."}]
    rows = [{"id": str(number), "image": "p.png", "conversations": said} for number in range(4)]
    (tmp_path / "r.json").write_text(json.dumps(rows))
    mix = MixConfig(source=[{"path": str(tmp_path / "r.json"), "kind": "llava"}])
    config = SftConfig(
        model=str(qwen),
        epochs=1.5,
        batch=2,
        accumulate=1,
        precision="fp32",
        save_steps=1,
        trainer={"report_to": [], "disable_tqdm": True},
    )
    assert sft(config, mix, tmp_path / "o")["steps"] == 3
    (tmp_path / "o" / "sft.json").unlink()
    again = sft(config, mix, tmp_path / "o")
    assert (again["steps"], again["resumed_from"]) == (3, "checkpoint-3")


def test_merging_later_trains_nothing(trained, train, tmp_path):
    """``--merge`` for a finished run reads what is there, be the checkpoints kept or not."""
    import shutil

    from safetensors.torch import load_file

    out = tmp_path / "run"
    shutil.copytree(trained, out)
    shutil.rmtree(out / "merged")
    shutil.rmtree(out / "checkpoints")
    done = train(out, 12, "--merge")
    assert done.returncode == 0, done.stderr[-2000:]
    assert not (out / "checkpoints").exists()
    one, other = (load_file(f / "merged" / "model.safetensors") for f in (trained, out))
    assert all(one[name].equal(other[name]) for name in one)


def test_changed_data_is_not_gone_on_with(trained, train, tmp_path):
    """A run that was cut short and whose rows are others now is one clear line."""
    import shutil

    out = tmp_path / "run"
    shutil.copytree(trained, out)
    (out / "sft.json").unlink()
    counts = json.loads((out / "mix.json").read_text())
    (out / "mix.json").write_text(json.dumps(counts | {"digest": "of other rows"}))
    done = train(out)
    assert done.returncode == 2
    assert "the data has changed since this run began" in done.stderr


def test_adapter_loads_as_the_merged_model(trained, dataset):
    """The folder with adapters and the merged one answer with the same logits."""
    import torch

    from flows.training.data.dataset import DatasetSource
    from flows.training.model_families import load_model

    source = DatasetSource(dataset, "train", [], "d")
    image, question = source.images(0)[0], source.example(0).turns[0][0]
    logits = []
    for folder in (trained, trained / "merged"):
        loaded = load_model(str(folder), torch.float32)
        said = [
            {"role": "user", "content": [{"type": "image"}, {"type": "text", "text": question}]}
        ]
        prompt = loaded.processor.apply_chat_template(said, add_generation_prompt=True)
        inputs = loaded.processor(text=[prompt], images=[[image]], return_tensors="pt")
        with torch.inference_mode():
            logits.append(loaded.model.eval()(**inputs).logits)
    assert torch.allclose(*logits, atol=1e-4)


def test_second_stage_stands_on_the_first(trained, tmp_path):
    """Adapters made on top of a finished run load on top of it, not of what it began with."""
    import peft
    import torch

    from flows.training.model_families import load_model
    from flows.training.sft.groups import adapters
    from schemas.settings.training import TuneConfig

    first = load_model(str(trained), torch.float32)
    weights = {name: value.clone() for name, value in first.model.state_dict().items()}
    lora = adapters(first.model, first.family, TuneConfig(rank=2, alpha=2))
    peft.get_peft_model(first.model, lora).save_pretrained(tmp_path)
    first.processor.save_pretrained(tmp_path)
    again = load_model(str(tmp_path), torch.float32).model.state_dict()
    assert again.keys() == weights.keys()
    assert all(again[name].equal(weights[name]) for name in weights)  # new adapters add nothing
