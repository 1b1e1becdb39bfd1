"""Settings of Semantic-Segment-Anything: which masks, which models name them."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from schemas.settings.section import Count, Section, Share

LabelModel = Literal["segmenters", "caption", "clip", "clipseg"]
Scale = Annotated[float, Field(ge=1.0, le=4.0)]


class SsaConfig(Section):
    """SAM masks, named by the votes of several models.

    Source: thresholds, scales and models of the Semantic-Segment-Anything engine.
    """

    device: str = "auto"
    """``auto`` (a GPU when there is one), ``cpu``, ``cuda``, ``cuda:1``, or several as
    ``cuda:0-7`` or ``cuda:0,cuda:2``: one process each holds the models."""
    half: bool = True
    """Half precision on a GPU; never on a CPU."""
    sam_checkpoint: str = ""
    """A segment-anything ``.pth`` file, or a folder or hub name of a transformers model (SAM,
    SAM-HQ, SAM 2, SAM 3 tracker)."""
    sam_type: Literal["vit_h", "vit_l", "vit_b"] = "vit_h"
    """Architecture of a ``.pth`` file."""
    sam_sha256: str = ""
    """Expected SHA-256 of the ``.pth`` file; empty means the published one of its name."""
    masks: str = ""
    """Ready-made masks instead of SAM: a folder of SA-1B files (``NAME.json`` for ``NAME.jpg``)
    or a COCO file, whose categories are not looked at."""
    points_per_side: Count = 32
    """Side of the grid of point prompts."""
    points_per_batch: Count = 64
    """Point prompts decoded at once; halved when memory runs out."""
    pred_iou_thresh: float = 0.86
    """Masks whose predicted IoU is lower are dropped."""
    stability_score_thresh: float = 0.92
    """Masks less stable under a moved threshold are dropped."""
    box_nms_thresh: Share = 0.7
    """Of masks whose boxes overlap by more, the best is kept."""
    crop_n_layers: int = Field(default=0, ge=0, le=3)
    """Further passes over crops of the picture."""
    min_mask_region_area: int = Field(default=100, ge=0)
    """Holes and islands of fewer pixels are closed or removed."""
    label_models: tuple[LabelModel, ...] = ("segmenters", "caption", "clip", "clipseg")
    """Who takes part in naming; ``["segmenters"]`` is the closed-set mode."""
    segmenters: tuple[str, ...] = (
        "shi-labs/oneformer_coco_swin_large",
        "shi-labs/oneformer_ade20k_swin_large",
    )
    """Semantic segmenters that vote inside each mask; folders or hub names."""
    caption_model: str = "Salesforce/blip-image-captioning-large"
    """BLIP; its captions' noun phrases are candidates."""
    clip_model: str = "openai/clip-vit-large-patch14"
    """CLIP; ranks the candidates."""
    clipseg_model: str = "CIDAS/clipseg-rd64-refined"
    """CLIPSeg; votes inside the mask between the best candidates."""
    vocabulary: str = ""
    """Text file of names, one a line, that are candidates for every mask."""
    clip_scale: Scale = 1.2
    """Crop for CLIP: the mask's box, enlarged about its centre."""
    caption_scale: Scale = 1.6
    """Crop for the caption."""
    clipseg_scale: Scale = 1.6
    """Crop for CLIPSeg."""
    top: Count = 3
    """Candidates that CLIP hands to CLIPSeg, and that the record keeps."""
    crops_per_batch: Count = 16
    """Crops per forward pass; halved when memory runs out."""
    pictures_per_batch: Count = 4
    """Pictures whose crops share batches, in the region stage."""

    @model_validator(mode="after")
    def _somebody_names(self) -> Self:
        sources = {"segmenters", "caption"} & set(self.label_models)
        if not sources and not self.vocabulary:
            raise ValueError("label_models needs segmenters, caption or a vocabulary to name from")
        if "segmenters" in self.label_models and not self.segmenters:
            raise ValueError("segmenters must name at least one model")
        return self
