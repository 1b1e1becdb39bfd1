"""What we write trains in TRL with nothing of ours in between."""

import pytest

from tests.doubles.trainers import trl_runs

pytestmark = [
    pytest.mark.usefixtures("train_extra"),
    pytest.mark.filterwarnings(
        "ignore::FutureWarning", "ignore::UserWarning", "ignore::DeprecationWarning"
    ),
]


@pytest.mark.parametrize("subset", ["instruct", "grounding"])
def test_dataset_trains_in_trl_without_glue(qwen, dataset, tmp_path, subset):
    """TRL's own trainer takes what ``datasets`` reads, with nothing of ours in between."""
    import datasets

    rows = datasets.load_dataset(str(dataset), subset, split="train", cache_dir=tmp_path / "c")
    trainer = trl_runs.sft(qwen, rows, tmp_path / "o")
    batch = trainer.data_collator([rows[0], rows[1]])
    text = trainer.processing_class.tokenizer.decode(batch["input_ids"][0])
    assert rows[0]["question"] in text
    assert rows[0]["answer"] in text
    assert "<|image_pad|>" in text
    trainer.train()
    assert trainer.state.global_step == 1


def test_exported_trl_file_trains(spider, qwen, dataset, tmp_path):
    """The file that ``export --format trl`` writes trains, too."""
    import datasets

    done = spider("export", dataset, "--format", "trl", "--out", tmp_path / "e")
    assert done.returncode == 0, done.stderr
    rows = datasets.load_dataset(
        "parquet",
        data_files=str(tmp_path / "e" / "train.parquet"),
        split="train",
        cache_dir=tmp_path / "c",
    )
    trainer = trl_runs.sft(qwen, rows, tmp_path / "o")
    trainer.train()
    assert trainer.state.global_step == 1


def test_exported_grpo_file_trains(spider, qwen, dataset, tmp_path):
    """TRL's GRPO trainer takes two steps on what ``export --format grpo`` writes."""
    import datasets

    from flows.training.rewards import REWARDS

    done = spider("export", dataset, "--format", "grpo", "--out", tmp_path / "e")
    assert done.returncode == 0, done.stderr
    file = str(tmp_path / "e" / "train.parquet")
    rows = datasets.load_dataset(
        "parquet", data_files=file, split="train", cache_dir=tmp_path / "c"
    )
    assert trl_runs.two_steps_of_grpo(qwen, rows, tmp_path / "o") == set(REWARDS)
    compile((tmp_path / "e" / "grpo.py").read_text(), "grpo.py", "exec")


def test_exported_run_trains(spider, shim, qwen, dataset, tmp_path):
    """The command in the exported ``sft.yaml`` trains adapters of the language model alone."""
    import json
    import os
    import subprocess
    import sys
    from pathlib import Path

    from safetensors import safe_open

    out = tmp_path / "e"
    done = spider("export", dataset, "--format", "trl", "--out", out)
    assert done.returncode == 0, done.stderr
    told = ["--config", "sft.yaml", "--model_name_or_path", str(qwen)]
    less = ["--max_steps=1", "--per_device_train_batch_size=1", "--use_cpu=true", "--bf16=false"]
    less += ["--assistant_only_loss=false"]  # the tiny model's template is no known one
    done = subprocess.run(
        [Path(sys.executable).with_name("trl"), "sft", *told, *less, "--report_to=none"],
        cwd=out,
        env=os.environ | shim | {"HF_HOME": str(tmp_path / "hf")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    adapter = json.loads((out / "run" / "adapter_config.json").read_text())
    assert (adapter["r"], adapter["lora_alpha"]) == (64, 128)
    with safe_open(out / "run" / "adapter_model.safetensors", "np") as held:
        names = list(held.keys())
    assert names
    assert all("language_model" in name for name in names)
