"""The one configuration: ``RunConfig``, from a TOML file, flags on top.

Every setting has a default, so an empty file is a valid run. Unknown keys are errors. What can
change a row takes part in ``config_hash``; where and how fast the run goes (``[run]``) does not.
"""

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from schemas.settings.labelling import GateConfig as GateConfig
from schemas.settings.labelling import PlanConfig as PlanConfig
from schemas.settings.labelling import PlanWeights as PlanWeights
from schemas.settings.labelling import QuestionConfig as QuestionConfig
from schemas.settings.profiles import laid_under, taken_away
from schemas.settings.section import (
    Count,
    FrozenTable,
    Section,
    Share,
    thawed,
)
from schemas.settings.ssa import SsaConfig


class IngestConfig(Section):
    """Which files are pictures we can use."""

    max_pixels: Count = 50_000_000
    """Pictures with more pixels are rejected before they are decoded; JPEG 2000, WebP, AVIF and
    colour of 16 bits with more than half of it."""
    max_side: Count = 20_000
    """Pictures with a longer side are rejected."""
    min_side: Count = 224
    """Pictures with a shorter side are rejected."""
    max_long_side: int = Field(default=1024, ge=64)
    """Larger pictures are scaled down (area average) until their long side fits."""
    max_row_group_mb: Count = 192
    """Rows of a Parquet file are rejected where the pictures of their row group take more
    megabytes; reading takes more than twice as much memory."""
    near_duplicate_bits: int = Field(default=4, ge=0, le=16)
    """Pictures whose perceptual hashes differ in at most this many of 64 bits share a split."""
    drop_near_duplicates: bool = False
    """Reject near duplicates instead of keeping them in one split."""
    licence: str = ""
    """Licence to record for sources that state none."""


class SourcesConfig(Section):
    """What lies beside the photographs."""

    depth: str = ""
    """Folder of depth maps, 16-bit PNG with the photographs' names, which haze follows; where one
    is missing, distance grows from the bottom of the picture to its top."""
    depth_near: Literal["dark", "bright"] = "dark"
    """What near things are in the maps: dark, as in a distance, or bright, as in inverse depth."""


class ScreenConfig(Section):
    """No-reference thresholds below which a picture is no good source."""

    enabled: bool = True
    """Whether pictures are screened; scores are recorded either way."""
    min_sharpness: float = 1.26
    """Reject as blurred below this sharpness."""
    max_noise: float = 8.5
    """Reject as noisy above this estimated standard deviation, grey levels."""
    max_blockiness: float = 1.5
    """Reject as over-compressed above this blockiness."""
    min_detail: float = 3.0
    """Reject as near-uniform below this entropy, bits."""
    max_clipped: Share = 0.4
    """Reject as clipped above this share of black or white pixels."""
    min_steadiness: float = 1.25
    """Reject as shaken below this sharpness in the least sharp direction."""
    min_texture: float = 0.055
    """Reject as smeared below this share of fine detail beside sharp steps."""
    max_blown: Share = 0.12
    """Reject as blown out above this share of burnt-out pixels."""
    max_veil: float = 85.0
    """Reject as hazy where the darkest twentieth of the picture is lighter than this level."""


class RegionConfig(Section):
    """Where regions come from and which are eligible."""

    source: str = "segments"
    """``segments`` (weight-free), ``coco:FILE`` (instances or panoptic JSON), ``ssa`` or
    ``stored:DIR`` (what ``segment`` made)."""
    min_area: Share = 0.01
    """Smallest share of the picture's area."""
    max_area: Share = 0.6
    """Largest share of the picture's area."""
    min_side: Count = 32
    """Shortest side of the bounding box, pixels."""
    min_largest_part: Share = 0.8
    """The largest connected part must be at least this share of the region."""
    max_iou: Share = 0.1
    """After the partition, a region that overlaps a kept one by more is dropped."""
    ssa: SsaConfig = SsaConfig()
    """Models and thresholds of ``ssa``."""


class AnswerConfig(Section):
    """Who writes the answers and what happens to those that fail the fact check."""

    writer: str = "template"
    """template (deterministic), vllm (endpoints of a served model), vllm-offline (a model in this
    process), or the name of a writer that a plugin brings."""
    endpoints: tuple[str, ...] = ()
    """Addresses of OpenAI-compatible servers; with none and ``vllm``, one is started."""
    model: str = ""
    """Name the servers know the model by; or the folder or hub name to start one with."""
    api_key_env: str = ""
    """Environment variable that holds the key; the key itself is never stored."""
    mode: Literal["facts", "paraphrase"] = "facts"
    """Whether the model writes from a fact sheet or rewords the template's text."""
    refine_labels: bool = True
    """Whether the model corrects the regions' names first."""
    temperature: float = Field(default=0.0, ge=0.0, le=2.0)
    """Of the sampling; 0 gives the most likely text."""
    max_tokens: Count = 400
    """Longest text of a turn, tokens."""
    in_flight: Count = 128
    """Most requests at once for each endpoint, over all workers."""
    timeout: float = Field(default=120.0, gt=0)
    """Seconds until a request counts as lost, its answer as a whole included."""
    retries: int = Field(default=5, ge=0)
    """Times a request is sent again where that can help."""
    probe: bool = True
    """Whether every endpoint is asked once, before the run, to obey a JSON schema."""
    wait_seconds: float = Field(default=0.0, ge=0)
    """Seconds that an endpoint which is not there yet is waited for at the start."""
    trust_remote_code: bool = False
    """Whether a started engine may run code that comes with the checkpoint."""
    vllm: str = "vllm"
    """Program that starts a server."""
    servers: int = Field(default=1, ge=1, le=64)
    """Servers that are started where no endpoint is given, each on GPUs of its own."""
    chat_template: str = ""
    """File of a chat template that a started server is pinned to."""
    engine: FrozenTable = FrozenTable()
    """Further arguments of a started engine, e.g. ``max_model_len``; no keys or passwords."""
    attempts: Count = 3
    """Texts tried before the answer counts as failed."""
    on_failure: Literal["template", "reject"] = "template"
    """What becomes of an answer that never passed."""


class EstimateConfig(Section):
    """What ``--dry-run`` counts with; nothing here changes a row."""

    characters_per_token: float = Field(default=4.0, gt=0)
    """Of English prose in the model's tokenizer."""
    tile_side: Count = 448
    """Pixels of a tile that a picture is cut into."""
    tile_tokens: Count = 256
    """Tokens of a tile."""
    max_tiles: Count = 6
    """Tiles at most, thumbnail left out; a server of ours has 6, InternVL alone takes 12."""


class ExportConfig(Section):
    """How the dataset lies on disk."""

    test_share: Share = 0.10
    """Share of source pictures in the test split."""
    exclude: str = ""
    """File with picture names or hashes, one a line, that must not be used."""
    row_group_rows: Count = 100
    """Rows per row group, at most."""
    row_group_mb: Count = 64
    """Megabytes of pictures per row group, about."""
    png: Literal["zlib", "isal"] = "zlib"
    """What compresses pictures; ``isal`` (extra) takes a fifth of the time and makes other files of
    the same pixels."""


class RunSection(Section):
    """Where and how fast; nothing here changes a row."""

    workers: Count = 1
    """Shards worked on at once."""
    engine: Literal["local", "threads", "dask", "ray"] = "local"
    """Who runs the shards: processes of this machine, threads of this process, or a cluster of Dask
    or Ray (extras of these names); Prefect's task runners in any case."""
    address: str = ""
    """Of a running Dask scheduler or Ray head; empty: a cluster of this machine, for the run."""
    prefect: Literal["auto", "always"] = "auto"
    """auto: a run that one worker does alone goes without a server; always: every run is a flow."""
    retries: int = Field(default=2, ge=0)
    """Times a shard is tried again after an infrastructure error."""
    retry_refused: bool = False
    """Ask a model's server again what it refused for good (HTTP 400) before the run was stopped."""
    on_plugin_error: Literal["raise", "reject"] = "raise"
    """raise: a plugin that fails on a picture ends the run; reject: the picture is left out, its
    reject row holds the plugin's file and line."""
    verify: bool = False
    """Read every finished file again before it is left alone, also where size and time say that
    nobody touched it."""
    look: bool = True
    """Write ``look.html``, a small gallery of the dataset."""


class RunConfig(Section):
    """Everything a run needs to know."""

    seed: int = Field(default=0, ge=0, lt=2**63)
    """Seed of every keyed draw."""
    variants: Count = 1
    """Degraded pictures per source picture."""
    limit: int | None = Field(default=None, ge=1)
    """Use only the first so many source files."""
    rows: int | None = Field(default=None, ge=1)
    """Make only the first so many rows, in the order of shards and pictures; a larger number goes
    on from there."""
    shard_size: Count = 256
    """Source pictures per shard: the unit of work, resume and file."""
    annotations: str = ""
    """Folder that ``import`` made: its photographs keep their flaws and get people's facts."""
    plugins: tuple[str, ...] = ()
    """Python files that register more distortions."""
    run: RunSection = RunSection()
    ingest: IngestConfig = IngestConfig()
    sources: SourcesConfig = SourcesConfig()
    screen: ScreenConfig = ScreenConfig()
    regions: RegionConfig = RegionConfig()
    plan: PlanConfig = PlanConfig()
    gate: GateConfig = GateConfig()
    questions: QuestionConfig = QuestionConfig()
    answers: AnswerConfig = AnswerConfig()
    export: ExportConfig = ExportConfig()
    estimate: EstimateConfig = EstimateConfig()

    @model_validator(mode="before")
    @classmethod
    def _profiled(cls, values: Any) -> Any:
        return laid_under(values) if isinstance(values, Mapping) else values

    def changed(self, overrides: Mapping[str, Any]) -> Self:
        """See ``Section``; another profile takes what the former one brought with it."""
        values = thawed(self.model_dump(exclude_unset=True))
        if overrides.get("plan.profile"):
            values = taken_away(values)
        return self._overlaid(values, overrides, "configuration")
