"""Configuration of fine-tuning, of the mixture it reads and of pointing."""

from typing import Literal, Self

from pydantic import Field, model_validator

from schemas.settings.section import Count, FrozenTable, Section, Share


class AugmentConfig(Section):
    """One ``[[source.augment]]``: what may change of rows while training; labels stay true."""

    tasks: tuple[str, ...] = ()
    """Tasks it speaks of (``vida_grounding`` or ``vida_grounding.region``); empty means all. The
    first rule that speaks of a task is its rule."""
    mirror: Share = 0.0
    """Share of rows whose picture is mirrored, with words and boxes."""
    wording: bool = False
    """Whether questions are asked in another wording of their pool."""
    options: bool = False
    """Whether options of choices are put in a drawn order."""
    classes: Literal["canonical", "redrawn"] = "canonical"
    """Order of the classes in answers that list distortions."""
    jitter: Share = 0.0
    """Share of questions about a box whose box moves a little; the answer is worked out anew."""
    turns: Count = 1
    """Most questions of one conversation; earlier ones are about the same picture."""


class SourceConfig(Section):
    """One ``[[source]]`` of a mixture."""

    path: str
    """Dataset folder, or the file of records."""
    kind: Literal["iqa-spider", "llava", "dq495k", "vida"] = "iqa-spider"
    """``iqa-spider``: a folder that ``build`` made; ``llava``: conversations with an ``image``,
    as LLaVA, Q-Instruct, Q-Pathway and Qwen-VL have them; ``dq495k``: DataDepictQA's records;
    ``vida``: those of ViDA-UGC, whose boxes are understood."""
    name: str = ""
    """What logs call it; empty means the last part of ``path``."""
    split: Literal["train", "test"] = "train"
    """Of a dataset folder."""
    images: str = ""
    """Folder that picture paths are relative to; empty means the folder of ``path``."""
    tasks: tuple[str, ...] = ()
    """Tasks to keep (``grounding`` or ``grounding.hybrid_intensity``); empty means all."""
    cap: int | None = Field(default=None, ge=1)
    """Most different rows, a keyed sample."""
    repeat: float = Field(default=1.0, gt=0)
    """Times each row is seen in an epoch; 1.5 shows every row once and half of them twice."""
    weight: float | None = Field(default=None, gt=0)
    """Share of ``total`` relative to the other sources; then ``repeat`` is what comes out."""
    temperature: float = Field(default=1.0, gt=0)
    """Tasks are drawn with probability proportional to ``count ** (1 / temperature)``: 1 leaves
    them as they are, larger values even them out."""
    boxes: str = "grid20"
    """How boxes in texts of ``giqa`` rows are written: grid20, grid40, float3, qwen2vl, qwen25vl,
    internvl, names (without boxes) or permuted (those of other pictures)."""
    flip: Share = 0.0
    """Share of rows whose picture is mirrored, ``left`` and ``right`` swapped in their text."""
    shuffle_options: bool = False
    """Whether options of multiple-choice questions are put in a keyed order."""
    augment: tuple[AugmentConfig, ...] = ()
    """Augmentation while training, by task."""

    @model_validator(mode="after")
    def _one_mirror(self) -> Self:
        if self.flip and any(rule.mirror for rule in self.augment):
            raise ValueError("flip and augment.mirror both mirror; give one of them")
        if self.shuffle_options and any(rule.options for rule in self.augment):
            raise ValueError("shuffle_options and augment.options are the same; give one of them")
        return self


class OfflineConfig(Section):
    """Augmentation before training: ``augment.toml``.

    Each number is how many new rows (mirror and crop: new pictures) an operation makes of one; 0
    leaves it out, 0.5 takes every second one.
    """

    seed: int = Field(default=0, ge=0, lt=2**63)
    """Seed of every keyed draw."""
    mirror: float = Field(default=1.0, ge=0, le=1)
    """The picture mirrored, with the words and boxes of all its rows."""
    crop: float = Field(default=0.5, ge=0, le=1)
    """A window of it that cuts no region in two; grounding is asked anew."""
    jitter: float = Field(default=1.0, ge=0)
    """Questions about a box with the box moved a little."""
    subset: float = Field(default=1.0, ge=0)
    """The boxes of one class instead of all."""
    negative: float = Field(default=0.5, ge=0)
    """The boxes of a class that is not there."""
    options: float = Field(default=1.0, ge=0)
    """Options of a choice in another order."""
    open: float = Field(default=1.0, ge=0)
    """A choice as an open question."""
    wording: float = Field(default=0.5, ge=0)
    """The same question in other words."""
    cap: int | None = Field(default=None, ge=1)
    """Most new rows that one operation makes of one picture."""


class StageConfig(Section):
    """One ``[[stage]]`` of a curriculum."""

    until: float = Field(gt=0, le=1)
    """Share of the epoch at which it ends; the last one ends at 1."""
    tasks: tuple[str, ...] = ()
    """Tasks it draws from; empty means all."""
    weights: FrozenTable = FrozenTable()
    """Source name to weight; sources without one give nothing. Empty means as in ``[[source]]``."""


class MixConfig(Section):
    """A mixture of datasets: ``mix.toml``."""

    seed: int = Field(default=0, ge=0, lt=2**63)
    """Seed of every keyed draw."""
    total: int | None = Field(default=None, ge=1)
    """Rows of an epoch where sources have weights."""
    temperature: float = Field(default=1.0, gt=0)
    """Sources are drawn with probability proportional to ``rows ** (1 / temperature)``, as many
    rows as there are or as ``total`` says; 1 leaves them as they are."""
    evaluation: tuple[str, ...] = ()
    """What must not be trained on: dataset folders (their test split), record files, folders of
    pictures, or lists of names and hashes, one a line."""
    leaks: Literal["drop", "error"] = "drop"
    """What becomes of rows whose picture is in an evaluation set."""
    source: tuple[SourceConfig, ...] = Field(min_length=1)
    """What is mixed."""
    stage: tuple[StageConfig, ...] = ()
    """A curriculum; empty means that everything is mixed from the beginning."""

    @model_validator(mode="after")
    def _stages(self) -> Self:
        ends = [stage.until for stage in self.stage]
        if ends and (ends != sorted(set(ends)) or ends[-1] != 1):
            raise ValueError(f"stages must end one after the other, the last at 1; got {ends}")
        return self

    @model_validator(mode="after")
    def _weights(self) -> Self:
        weighted = [source.weight is not None for source in self.source]
        if any(weighted) and not all(weighted):
            raise ValueError("give every source a weight, or none")
        if any(weighted) and self.temperature != 1:
            raise ValueError("weight and the temperature over sources exclude each other")
        if self.temperature == 1 and any(weighted) != (self.total is not None):
            raise ValueError("weight and total belong together")
        if any(source.weight and source.repeat != 1 for source in self.source):
            raise ValueError("a source with a weight has no repeat: that is what comes out")
        return self


class TuneConfig(Section):
    """What is trained."""

    language: Literal["lora", "full", "frozen"] = "lora"
    """The language model: low-rank adapters, every weight, or nothing."""
    vision: Literal["full", "frozen"] = "full"
    """The vision encoder."""
    projector: Literal["full", "frozen"] = "full"
    """What maps visual features into the language model."""
    rank: Count = 64
    """Rank of the adapters."""
    alpha: Count = 128
    """Their scale is ``alpha / rank``."""
    dropout: Share = 0.05
    """Dropout in front of the adapters."""
    language_rate: float = Field(default=1e-4, gt=0)
    """Learning rate of adapters, or of the language model in full."""
    projector_rate: float = Field(default=1e-5, gt=0)
    """Learning rate of the projector."""
    vision_rate: float = Field(default=2e-6, gt=0)
    """Learning rate of the vision encoder."""


class SftConfig(Section):
    """A fine-tuning run: ``[sft]`` flags and ``sft.toml``."""

    model: str = ""
    """Folder or hub name of a vision-language model."""
    tune: TuneConfig = TuneConfig()
    """What is trained, and at which rates."""
    epochs: float = Field(default=1.0, gt=0)
    """Times the mixture is seen."""
    steps: int | None = Field(default=None, ge=1)
    """Optimiser steps; overrides ``epochs``."""
    batch: Count = 4
    """Rows per device and forward pass."""
    accumulate: Count = 4
    """Forward passes per step."""
    schedule: str = "cosine"
    """Learning rate schedule, by transformers' names."""
    warmup: Share = 0.03
    """Share of steps in which the rate grows."""
    weight_decay: float = Field(default=0.0, ge=0)
    """Of matrices; biases and norms have none."""
    clip: float = Field(default=1.0, gt=0)
    """Largest norm of the gradient."""
    precision: Literal["auto", "bf16", "fp32"] = "auto"
    """``bf16`` computes in bfloat16 and keeps what is trained in float32; ``auto`` is ``bf16`` on
    a GPU that has it."""
    checkpointing: bool = True
    """Trade time for memory by computing activations again."""
    max_length: int | None = Field(default=None, ge=16)
    """Longest sequence, tokens; longer rows are cut, and refused where that leaves nothing of the
    answer."""
    save_steps: Count = 500
    """Steps between checkpoints."""
    keep: Count = 2
    """Checkpoints kept."""
    log_steps: Count = 10
    """Steps between lines of the log."""
    workers: int = Field(default=0, ge=0)
    """Processes that decode pictures."""
    seed: int = Field(default=0, ge=0, lt=2**31)
    """Of the order of rows and of new weights."""
    trust_remote_code: bool = False
    """Run Python code that comes with the model."""
    trainer: FrozenTable = FrozenTable()
    """Further arguments of TRL's ``SFTConfig``, e.g. ``fsdp``, ``deepspeed``, ``report_to``."""


class PointConfig(Section):
    """From words to a point to a mask."""

    temperature: float = Field(default=10.0, gt=0)
    """Of the softmax over the logits of two rival words; ``--calibrate`` finds a good one."""
    max_tokens: Count = 256
    """Longest answer."""
    batch: Count = 8
    """Rows at once."""
    segmenter: str = ""
    """SAM's weights: a checkpoint file of segment-anything, or a folder or hub name of SAM or
    SAM 2 in transformers; empty gives points without masks."""
    sam_type: str = "vit_h"
    """Architecture of a checkpoint file: vit_h, vit_l or vit_b."""
    multimask: Literal["best", "single"] = "best"
    """``best``: of SAM's three masks the one it scores highest, its authors' advice for a single
    point; ``single``: the one mask it gives when it may not choose."""
    device: str = "auto"
    """``cuda``, ``cpu``, ``mps``; ``auto`` takes a GPU where there is one."""
