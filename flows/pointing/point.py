"""``point``: one picture drawn, a split predicted, or the temperature calibrated."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any, NamedTuple

from flows.ingest.single import read_picture
from flows.pointing.calibrate import Calibration, calibrate
from flows.pointing.drawing import draw_grounding
from flows.pointing.predict import AnsweringModel, Grounded, ground, predict
from flows.pointing.scoring import Asked, LocalModel
from flows.pointing.segmenters import make_segmenter
from flows.pointing.served import ServedSpeaker
from flows.store.cited import DEFAULT
from flows.store.layout import read_manifest, storage_errors, write_text
from flows.training.data.dataset import DatasetSource
from flows.training.extras import choose_device, require
from flows.training.model_families import load_model
from schemas import masks
from schemas.errors import ConfigError
from schemas.settings.training import PointConfig

SETTINGS = "point.json"
"""Beside a model's weights: the temperature ``--calibrate`` found."""


class ModelAddress(NamedTuple):
    """Where the model is.

    Args:
        model: Folder or hub name; with an endpoint, the name the server knows it by.
        endpoint: Address of a vLLM server; empty loads the model here.
        api_key_env: Environment variable with the server's key.
        trust_remote_code: Whether code that comes with the model may run.
    """

    model: str
    endpoint: str = ""
    api_key_env: str = ""
    trust_remote_code: bool = False


def make_speaker(where: ModelAddress, config: PointConfig) -> AnsweringModel:
    """Load the model, or connect to its server.

    Raises:
        ConfigError: It cannot be had.
    """
    if where.api_key_env and where.api_key_env not in os.environ:
        raise ConfigError(f"--api-key-env {where.api_key_env}: no such variable is set")
    if where.endpoint:
        key = os.environ.get(where.api_key_env, "") if where.api_key_env else ""
        return ServedSpeaker(where.endpoint, where.model, key)
    torch, device = require("torch"), choose_device(config.device)
    half = device.type == "cuda"
    loaded = load_model(
        where.model,
        torch.bfloat16 if half else torch.float32,
        where.trust_remote_code,
        trained=False,
    )
    return LocalModel(loaded, device)


def temperature_of(model: str, given: float | None, config: PointConfig) -> float:
    """The flag, else what was calibrated for this model, else the configuration's."""
    stored = Path(model) / SETTINGS
    if given is not None:
        return given
    if stored.is_file():
        return float(json.loads(stored.read_text(encoding="utf-8"))["temperature"])
    return config.temperature


def point_at(
    where: ModelAddress,
    config: PointConfig,
    temperature: float,
    image: Path,
    question: str,
    answer: str,
    out: Path,
) -> Grounded:
    """Answer a question about a picture and draw answer, point and mask to a PNG.

    Args:
        where: The model.
        config: Segmenter and limits.
        temperature: Of the point.
        image: Any picture the pipeline reads.
        question: What is asked.
        answer: What was answered elsewhere; empty asks the model.
        out: The drawing.
    """
    from PIL import Image as Pil

    pixels = read_picture(image)
    asked = Asked(Pil.fromarray(pixels), question)
    speaker = make_speaker(where, config)
    said = answer or speaker.answer([asked], config.max_tokens)[0]
    scored = speaker.score([asked], [said])[0]
    segmenter = make_segmenter(config, choose_device(config.device)) if config.segmenter else None
    found = ground(pixels, scored, temperature, segmenter)
    spot = found.point.pixels(pixels.shape[1], pixels.shape[0])
    drawn = draw_grounding(
        pixels, said, spot if found.point.status == "point" else None, found.mask
    )
    with storage_errors(out):
        out.parent.mkdir(parents=True, exist_ok=True)
        drawn.save(out, "PNG")
    return found


def predict_split(
    where: ModelAddress,
    config: PointConfig,
    temperature: float,
    data: Path,
    split: str,
    out: Path,
    tasks: list[str],
    limit: int | None = None,
    boxes: str = DEFAULT,
) -> int:
    """Predictions for a split of a dataset, see ``predict``; ``boxes``: notation of questions."""
    source = DatasetSource(data, split, tasks, data.name, boxes)
    segmenter = make_segmenter(config, choose_device(config.device)) if config.segmenter else None
    more = [boxes] if boxes != DEFAULT else []
    key = _key(where, config, temperature, data, split, tasks, limit, *more)
    return predict(
        source,
        make_speaker(where, config),
        out,
        temperature,
        segmenter,
        config.batch,
        config.max_tokens,
        limit,
        key,
    )


def _key(
    where: ModelAddress, config: PointConfig, temperature: float, data: Path, *more: Any
) -> str:
    """Of everything that decides predictions: settings, the data's and the weights' files."""
    weights = [
        (file.name, file.stat().st_size, file.stat().st_mtime_ns)
        for file in sorted(Path(where.model).glob("*.safetensors"))
    ]
    settings = config.model_dump(mode="json", exclude={"batch", "device", "temperature"})
    files = read_manifest(data).get("files")
    told = [where.model, where.endpoint, weights, settings, temperature, files, *more]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:8]


def calibrate_on(
    where: ModelAddress, config: PointConfig, data: Path, split: str, limit: int
) -> Calibration:
    """Find the temperature on grounding rows of a split and store it beside the model's weights.

    Calibrate on pictures that are neither trained on nor reported, e.g. the training split of a
    small dataset built from other photographs.

    Raises:
        ConfigError: No grounding rows, or no point of them that any temperature puts right.
    """
    source = DatasetSource(data, split, ["grounding"], data.name)
    speaker = make_speaker(where, config)
    scored, targets = [], []
    for start in range(0, min(len(source), limit), config.batch):
        rows = range(start, min(start + config.batch, len(source), limit))
        asked = [Asked(source.images(row)[0], source.example(row).turns[-1][0]) for row in rows]
        scored += speaker.score(asked, speaker.answer(asked, config.max_tokens))
        targets += [source.target(row) for row in rows]
    if not scored:
        raise ConfigError(f"{data}: no grounding rows in {split!r} to calibrate on")
    found = calibrate(scored, [masks.decode(*target) for target in targets])
    if not found.accuracy[found.temperature]:
        raise ConfigError(
            f"{where.model}: of {found.rows} answers none points into its target at any "
            "temperature; train it first, or choose one with --temperature"
        )
    if not where.endpoint and Path(where.model).is_dir():
        told: dict[str, Any] = {**found._asdict(), "data": data.name, "split": split}
        write_text(Path(where.model) / SETTINGS, json.dumps(told, indent=1) + "\n")
    return found
