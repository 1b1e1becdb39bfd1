"""What ``ground`` does: texts to shards, the stages, records for trainers, a manifest."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from annotators.chat.protocol import ChatModel
from annotators.language.grid import encoded
from flows.dataset.formats.sink import Sink, conversation
from flows.grounding.asking import endpoint_model
from flows.grounding.detectors import DETECTORS, Detector
from flows.grounding.grounding_dino import GroundingDino
from flows.grounding.pointing_model import EndpointDetector
from flows.grounding.road import Road, box_of
from flows.grounding.stages import Ran, ShardOf, run_stages
from flows.grounding.texts import Given, read_texts
from flows.ingest.single import read_picture
from flows.run.engines.engine import InProcess
from flows.store.identity import code_version
from flows.store.layout import MANIFEST, WORK, write_text
from flows.store.marked import mark_folder
from flows.store.run_folder import RunFolder
from flows.store.tables import write_table
from schemas.errors import ConfigError, UnknownNameError
from schemas.grounding import GroundedBox, GroundedRow, SourceText
from schemas.settings.grounding import GroundConfig

CLAIM = ".ground.json"


def ground(source: Path, out: Path, config: GroundConfig) -> dict[str, Any]:
    """From texts to descriptions and questions with boxes; returns the manifest.

    Args:
        source: File of texts; see ``texts.py``.
        out: New folder, or that of the same run, which goes on.
        config: Settings.

    Raises:
        ConfigError: A file, setting or folder that cannot be; a model that is not there.
    """
    if config.detect.detector not in DETECTORS:
        raise UnknownNameError("detector", config.detect.detector, DETECTORS)
    texts = read_texts(source)[: config.limit]
    writer = endpoint_model(config.language, "--endpoint and --model")
    config = config.model_copy(update={"vision": config.seeing()})
    eyes = endpoint_model(config.vision, "--vision-endpoint and --vision-model")
    finder = eyes.name if config.detect.detector == "endpoint" else config.detect.model
    road = Road(
        config,
        Path(config.images) if config.images else source.parent,
        writer,
        _detector(config, eyes),
        eyes if config.filter.enabled else None,
        (finder, eyes.name if config.filter.enabled else "none"),
    )
    try:
        return run_road(road, texts, out)
    finally:
        writer.close()
        eyes.close()


def run_road(road: Road, texts: Sequence[Given], out: Path) -> dict[str, Any]:
    """The same with a road that is made already."""
    config = road.config
    with RunFolder(out).locked():
        _claim(out, config, texts)
        missing = _write_texts(road.images, texts, out, config.shard_size)
        shards = -(-len(texts) // config.shard_size)
        engine = InProcess(config.run.retries)
        ran = run_stages(out, shards, road.stages(), engine, config.run.verify)
        rows = _write_records(out, shards)
        return _write_manifest(road, out, ran, rows, missing)


def _detector(config: GroundConfig, eyes: ChatModel) -> Callable[[], Detector]:
    """What makes the detector, once, when the first phrase is looked for."""

    @lru_cache(maxsize=1)
    def make() -> Detector:
        if config.detect.detector == "endpoint":
            return EndpointDetector(eyes, config.vision.in_flight)
        return GroundingDino(config.detect)

    return make


def _claim(out: Path, config: GroundConfig, texts: Sequence[Given]) -> None:
    """Texts and size of shards decide what a run is; anything else decides single stages."""
    mark = json.dumps({"shard_size": config.shard_size, "texts": texts}, sort_keys=True)
    mark_folder(out, CLAIM, mark, "run of these texts", aside=(WORK,))


def _write_texts(images: Path, texts: Sequence[Given], out: Path, size: int) -> int:
    """The tables of texts; returns how many have no picture that can be read."""
    lost = 0
    for number, start in enumerate(range(0, len(texts), size)):
        shard, part = ShardOf(out, number), texts[start : start + size]
        if shard.path("texts").is_file():
            rows = shard.read("texts", SourceText)
        else:
            rows = list(_readable(images, part))
            write_table(shard.path("texts"), SourceText.table(rows))
        lost += len(part) - len(rows)
    return lost


def _readable(images: Path, texts: Sequence[Given]) -> Iterator[SourceText]:
    root = images.resolve()
    for one in texts:
        path = images / one.image
        if not path.resolve().is_relative_to(root):
            raise ConfigError(f"{one.text_id}: its picture {one.image!r} lies outside {images}")
        try:
            height, width = read_picture(path).shape[:2]
        except ConfigError:
            continue
        yield SourceText(**one._asdict(), width=width, height=height)


def _write_records(out: Path, shards: int) -> dict[str, int]:
    """``des.json`` and ``vqa.json`` as LLaVA conversations, ``boxes.json`` with exact boxes."""
    sink = Sink(out)
    kept: dict[str, list[Any]] = {"des.json": [], "vqa.json": [], "boxes.json": []}
    for number in range(shards):
        shard = ShardOf(out, number)
        for row in shard.read("rows", GroundedRow):
            name = "des.json" if row.sub_task == "giqa_description" else "vqa.json"
            said = conversation({"question": row.question, "answer": row.answer}, "\n")
            kept[name].append({"id": row.row_id, "image": row.image, "conversations": said})
        kept["boxes.json"] += [
            {**box.model_dump(), "cells": list(encoded(box_of(box.box)))}
            for box in shard.read("boxes", GroundedBox)
        ]
    return {name: sink.json(name, records) for name, records in kept.items()}


def _write_manifest(
    road: Road, out: Path, ran: Ran, rows: Mapping[str, int], missing: int
) -> dict[str, Any]:
    """Settings, models, counts of every stage and what it dropped, checksums."""
    addresses = {"endpoints", "api_key_env"}
    manifest = {
        "kind": "grounding",
        "code": code_version(),
        "config": road.config.model_dump(
            mode="json", exclude={"language": addresses, "vision": addresses, "run": True}
        ),
        "models": {
            "language": road.writer.name,
            "detector": road.names[0],
            "filter": road.names[1],
        },
        "records": dict(rows),
        "pictures_not_readable": missing,
        "stages": {name: dict(sorted((+counts).items())) for name, counts in ran.counts.items()},
        "files": ran.files,
    }
    write_text(out / MANIFEST, json.dumps(manifest, indent=1, sort_keys=True) + "\n")
    return manifest
