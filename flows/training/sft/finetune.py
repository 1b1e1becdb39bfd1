"""``sft``: fine-tune a vision-language model on a mixture, resumable, with a report.

What lands in the output folder: ``adapter_model.safetensors`` (adapters and the whole tower) or
``model.safetensors``, the processor, ``merged/`` on request, ``checkpoints/`` with TensorBoard
logs, ``mix.json`` (exact counts) and ``sft.json`` (configuration, losses, versions).
"""

import importlib.metadata
import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

from flows.store.layout import TEMPORARY, storage_errors, write_text
from flows.training.data.mixture import Mixture
from flows.training.extras import require
from flows.training.model_families import load_model
from flows.training.sft.trainer import is_bf16, is_sharded, make_trainer
from schemas.errors import ConfigError
from schemas.settings.section import FrozenTable
from schemas.settings.training import MixConfig, SftConfig

REPORT, SETTINGS, MERGED = "sft.json", "settings.json", "merged"
FIRST = 8
"""Rows that are put into a batch and checked before anything is trained."""
LIBRARIES = ("torch", "transformers", "trl", "peft", "accelerate", "datasets")


def sft(config: SftConfig, mix: MixConfig, out: Path, merge: bool = False) -> dict[str, Any]:
    """Train, or go on with training; returns what ``sft.json`` holds.

    Args:
        config: The run.
        mix: What is trained on.
        out: Folder; a run with other settings in it is refused.
        merge: Also write the model with its adapters merged in, for servers.

    Raises:
        ConfigError: A mistake in settings or data; each names the row or the key.
    """
    if not config.model:
        raise ConfigError("no model given; name a folder or a hub model with --model")
    torch, transformers = require("torch"), require("transformers")
    require("trl")
    transformers.set_seed(config.seed)
    settings = {"sft": config.model_dump(mode="json"), "mix": mix.model_dump(mode="json")}
    _refuse_another(out, settings)
    base = torch.bfloat16 if is_bf16(config) and not is_sharded(config) else torch.float32
    if (out / REPORT).is_file():
        done: dict[str, Any] = json.loads((out / REPORT).read_text(encoding="utf-8"))
        if merge and _is_first() and not (out / MERGED).is_dir():
            _merge(out, base, config.trust_remote_code)
        return done
    mixture = Mixture.load(mix)
    if mix.stage:  # a curriculum keeps its order
        order = {"train_sampling_strategy": "sequential"}
        config = config.model_copy(update={"trainer": FrozenTable({**order, **config.trainer})})
    loaded = load_model(config.model, base, config.trust_remote_code)
    rows = mixture.as_dataset()
    trainer, trained = make_trainer(loaded, rows, config, out)
    trainer.data_collator([rows[place] for place in range(min(FIRST, len(rows)))])
    _claim(out, settings)  # whatever can be mistaken has been found by now
    last = _last_checkpoint(out / "checkpoints")
    _count(mixture, out, last)
    seconds = _train(trainer, last)
    trainer.save_model(str(out))
    report = {
        **settings,
        "rows": mixture.counts["rows"],
        "trained_parameters": trained,
        "steps": int(trainer.state.global_step),
        "seconds": round(seconds, 1),
        "resumed_from": Path(last).name if last else None,
        "losses": [
            [entry["step"], round(entry["loss"], 5)]
            for entry in trainer.state.log_history
            if "loss" in entry
        ],
        "versions": {name: importlib.metadata.version(name) for name in LIBRARIES},
    }
    if trainer.is_world_process_zero():
        loaded.processor.save_pretrained(str(out))
        write_text(out / REPORT, json.dumps(report, indent=1) + "\n")
        if merge:
            _merge(out, base, config.trust_remote_code)
    return report


def _is_first() -> bool:
    """Whether this is the process, of those that accelerate starts, that writes files."""
    return int(os.environ.get("RANK", "0")) == 0


def _last_checkpoint(folder: Path) -> str | None:
    """The last one that is whole: its state is what the trainer writes at the end."""
    whole = {
        int(file.parent.name.rpartition("-")[2]): str(file.parent)
        for file in folder.glob("checkpoint-*/trainer_state.json")
    }
    return whole[max(whole)] if whole else None


def _count(mixture: Mixture, out: Path, last: str | None) -> None:
    """Write what is trained on; a run is not gone on with on other rows than it began with."""
    file = out / "mix.json"
    if last and file.is_file():
        before = json.loads(file.read_text(encoding="utf-8")).get("digest")
        if before != mixture.counts["digest"]:
            raise ConfigError(
                f"--out {out}: the data has changed since this run began, so it cannot go on where "
                "it was; choose a new folder or the same data"
            )
    elif _is_first():
        write_text(file, json.dumps(mixture.counts, indent=1) + "\n")


def _train(trainer: Any, last: str | None) -> float:
    """Train from the last checkpoint; seconds it took, 0 where nothing was left to do."""
    if last:
        state = json.loads((Path(last) / "trainer_state.json").read_text(encoding="utf-8"))
        if state["global_step"] >= state["max_steps"]:  # the trainer would do one step too many
            trainer._load_from_checkpoint(last)
            trainer.state = type(trainer.state).load_from_json(
                str(Path(last) / "trainer_state.json")
            )
            return 0.0
    try:
        result = trainer.train(resume_from_checkpoint=last)
    except ConfigError:
        sys.stderr.write("\n")  # below the progress bar
        raise
    return float(result.metrics["train_runtime"])


def _refuse_another(out: Path, settings: dict[str, Any]) -> None:
    """Raise ``ConfigError`` for a folder that holds something else, or a run of other settings."""
    if not _is_first():
        return
    marker = out / SETTINGS
    with storage_errors(out):
        out.mkdir(parents=True, exist_ok=True)
    if marker.is_file():
        before = json.loads(marker.read_text(encoding="utf-8"))
        if before != settings:
            changed = sorted(
                f"{part}.{key}"
                for part in settings
                for key in settings[part]
                if before.get(part, {}).get(key) != settings[part][key]
            )
            raise ConfigError(
                f"--out {out} holds a run with other settings ({', '.join(changed)}); "
                "choose a new folder or the same settings"
            )
    elif any(not _is_empty(path) for path in out.iterdir()):
        raise ConfigError(f"--out {out} is not empty and holds no run of sft; choose a new folder")


def _is_empty(path: Path) -> bool:
    """A folder with nothing in it: the trainer makes one for checkpoints before it trains."""
    return path.is_dir() and not any(path.iterdir())


def _claim(out: Path, settings: dict[str, Any]) -> None:
    """Make the folder this run's own."""
    if _is_first():
        write_text(out / SETTINGS, json.dumps(settings, indent=1) + "\n")


def _merge(out: Path, dtype: Any, remote: bool) -> None:
    """Write the finished model whole; read from the disk, since what trained it may be sharded."""
    merged, part = out / MERGED, out / (MERGED + TEMPORARY)
    shutil.rmtree(part, ignore_errors=True)
    loaded = load_model(str(out), dtype, remote)
    with storage_errors(merged):
        loaded.model.save_pretrained(str(part))
        loaded.processor.save_pretrained(str(part))
        shutil.rmtree(merged, ignore_errors=True)
        part.rename(merged)
