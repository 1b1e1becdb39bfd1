"""What is trained and what is refused, on tiny models with random weights."""

import pytest

pytestmark = [
    pytest.mark.usefixtures("train_extra"),
    pytest.mark.filterwarnings(
        "ignore::FutureWarning", "ignore::UserWarning", "ignore::DeprecationWarning"
    ),
]


@pytest.mark.parametrize(
    ("tune", "groups"),
    [
        ({"language": "lora"}, {"language", "vision", "projector"}),
        ({"language": "lora", "vision": "frozen"}, {"language", "projector"}),
        ({"language": "lora", "projector": "frozen"}, {"language", "vision"}),
        ({"language": "frozen"}, {"vision", "projector"}),
        ({"language": "full", "vision": "frozen", "projector": "frozen"}, {"language"}),
    ],
)
@pytest.mark.parametrize("kind", ["qwen3_vl", "qwen2_5_vl", "internvl"])
def test_groups(tiny_vlm, tmp_path_factory, kind, tune, groups):
    """Every family trains the parts that were asked for, each at its rate, in float32."""
    import peft
    import torch

    from flows.training.model_families import load_model
    from flows.training.sft.groups import adapters, prepare, rate_groups
    from schemas.settings.training import TuneConfig

    folder = tmp_path_factory.getbasetemp() / f"groups-{kind}"
    if not folder.is_dir():
        if kind == "internvl":
            from tests.doubles.vllm_cpu.tiny_internvl import build

            build(folder)
        else:
            tiny_vlm.build(folder, kind=kind)
    loaded = load_model(str(folder), torch.bfloat16)
    config = TuneConfig(**tune, language_rate=1e-1, projector_rate=1e-2, vision_rate=1e-3)
    lora, model = adapters(loaded.model, loaded.family, config), loaded.model
    model = peft.get_peft_model(model, lora) if lora else model
    counts = prepare(model, loaded.family, config)
    assert set(counts) == groups
    training = [p for p in model.parameters() if p.requires_grad]
    assert {p.dtype for p in training} == {torch.float32}
    made = rate_groups(model, loaded.family, config, set(), 0.0)
    rates = {"language": 1e-1, "projector": 1e-2, "vision": 1e-3}
    assert {group["lr"] for group in made} == {rates[part] for part in groups}
    assert sum(len(group["params"]) for group in made) == len(training)


def test_nothing_to_train_is_refused(qwen):
    """Three frozen parts are one clear line."""
    import torch

    from flows.training.model_families import load_model
    from flows.training.sft.groups import adapters
    from schemas.errors import ConfigError
    from schemas.settings.training import TuneConfig

    loaded = load_model(str(qwen), torch.float32)
    frozen = TuneConfig(language="frozen", vision="frozen", projector="frozen")
    with pytest.raises(ConfigError, match="nothing to train"):
        adapters(loaded.model, loaded.family, frozen)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("[trainer]\nnum_epochs = 3\n", "num_epochs"),
        ("max_length = 16\n", "no token of the answer is left"),
        ("stepz = 3\n", "stepz"),
    ],
)
def test_mistakes_are_one_line(spider, shim, qwen, dataset, tmp_path, table, said):
    """A wrong argument, a cut that leaves no answer and a wrong key end before or at the row."""
    (tmp_path / "c.toml").write_text(table)
    done = spider(
        "sft",
        "--model",
        qwen,
        "--data",
        dataset,
        "--out",
        tmp_path / "o",
        "--config",
        tmp_path / "c.toml",
        "--steps",
        1,
        **shim,
    )
    assert done.returncode == 2, done.stderr[-2000:]
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("iqa-spider: ")
    assert said in last


def test_template_that_masks_nothing_is_refused(qwen):
    """A template whose prompt is empty, and one that learns the question, name the row."""
    import numpy as np
    from PIL import Image

    from flows.training.model_families import load_processor
    from flows.training.sft.collate import make_collator
    from schemas.errors import ConfigError

    row = {
        "images": [Image.fromarray(np.zeros((64, 64, 3), np.uint8))],
        "row_id": "row7",
        "prompt": [{"role": "user", "content": "Which region?"}],
        "completion": [{"role": "assistant", "content": "Top left."}],
    }
    processor = load_processor(str(qwen))
    batch = make_collator(processor, None)([dict(row)])
    kept = batch["labels"][0][batch["labels"][0] != -100]
    assert processor.tokenizer.decode(kept) == "Top left.<|im_end|>\n"
    for change, said in (
        ({"completion": [{"role": "assistant", "content": " "}]}, "answer is empty"),
        ({"prompt": [{"role": "user", "content": "<image>\nWhich?"}]}, "literal <image>"),
    ):
        with pytest.raises(ConfigError, match=f"row7: .*{said}"):
            make_collator(processor, None)([row | change])
    upper = processor.chat_template.replace("{{ part.text }}", "{{ part.text | upper }}")
    processor.chat_template = upper
    with pytest.raises(ConfigError, match="row7: the chat template supervises 'TOP LEFT"):
        make_collator(processor, None)([dict(row)])


@pytest.mark.parametrize("trained", [True, False])
@pytest.mark.parametrize("remote", [True, False])
def test_phi_is_refused_before_its_code_runs(train_extra, tmp_path, trained, remote):
    """Phi-3.5-Vision is refused with the reason, and not a line of its code runs."""
    import json

    import torch

    from flows.training.model_families import load_model
    from schemas.errors import ConfigError

    classes = {"AutoConfig": "phi.Config", "AutoModelForCausalLM": "phi.Model"}
    told = {"model_type": "phi3_v", "auto_map": classes}
    (tmp_path / "config.json").write_text(json.dumps(told))
    (tmp_path / "phi.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w').close()\n")
    with pytest.raises(ConfigError, match=r"neither trained nor run here.*--format llava"):
        load_model(str(tmp_path), torch.float32, remote, trained)
    assert not (tmp_path / "ran").exists()
