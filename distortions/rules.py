"""What a step has to do to deserve its name: one rule for each family.

Blur must soften, noise must roughen, weakening must weaken: a step that does nothing, or the
opposite, is refused. A family brought by a plugin has to pass the general rule.

Source: dataset rules, section 6; thresholds in ``[gate]``, direction limits below.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeAlias

from distortions.measure import Effect
from distortions.registry import Distortion
from schemas.settings.config import GateConfig

Rule: TypeAlias = Callable[[Effect, GateConfig], str]
"""Effect of a step and thresholds in; a refusal slug out, empty when it passes."""

# A ratio nearer to 1 than this is no visible change of contrast or colourfulness, and a mean
# gradient within this log ratio is no visible change of sharpness.
RATIO_LIMIT = 0.06
GRADIENT_LIMIT = 0.04
LIGHTNESS_LIMIT = 1.0
# Ratio of chroma and mean shift (CIEDE2000, lightness) by which a codec may not move a region.
DISCOLOURED = 0.5
DISPLACED = 8.0
# Share of the steep gradients that must stay, and of a region that must be without structure.
EDGES_KEPT = 0.7
SMOOTH_SHARE = 0.3


def _seen_in_structure(effect: Effect, gate: GateConfig) -> str:
    return "" if 1 - effect.ssim >= gate.min_structure else "invisible"


def _seen_in_tone(effect: Effect, gate: GateConfig) -> str:
    return "" if effect.delta_e >= gate.min_delta_e else "invisible"


def general_rule(effect: Effect, gate: GateConfig) -> str:
    """Seen in structure or in tone; the rule of families without one of their own."""
    seen = not _seen_in_structure(effect, gate) or not _seen_in_tone(effect, gate)
    return "" if seen else "invisible"


def _blur(effect: Effect, gate: GateConfig) -> str:
    softer = effect.gradient_log_ratio <= -GRADIENT_LIMIT
    return _seen_in_structure(effect, gate) or ("" if softer else "not_softer")


def _noise(effect: Effect, gate: GateConfig) -> str:
    rougher = effect.gradient_log_ratio >= GRADIENT_LIMIT
    return _seen_in_structure(effect, gate) or ("" if rougher else "not_rougher")


def _compression(effect: Effect, gate: GateConfig) -> str:
    """Codecs at their limit drop what is smooth to one colour: nobody calls that compression."""
    other = not DISCOLOURED < effect.chroma_ratio < 1 / DISCOLOURED
    moved = abs(effect.lightness_shift) >= DISPLACED
    lost = moved or (other and effect.delta_e >= DISPLACED)
    return _seen_in_structure(effect, gate) or ("discoloured" if lost else "")


def _oversharpen(effect: Effect, gate: GateConfig) -> str:
    sharper = effect.gradient_log_ratio >= GRADIENT_LIMIT
    return _seen_in_structure(effect, gate) or ("" if sharper else "not_sharper")


def _brighten(effect: Effect, gate: GateConfig) -> str:
    brighter = effect.lightness_shift >= LIGHTNESS_LIMIT
    return _seen_in_tone(effect, gate) or ("" if brighter else "not_brighter")


def _darken(effect: Effect, gate: GateConfig) -> str:
    darker = effect.lightness_shift <= -LIGHTNESS_LIMIT
    return _seen_in_tone(effect, gate) or ("" if darker else "not_darker")


def _contrast_strengthen(effect: Effect, gate: GateConfig) -> str:
    stronger = effect.contrast_ratio >= 1 + RATIO_LIMIT
    return _seen_in_tone(effect, gate) or ("" if stronger else "inverted")


def _contrast_weaken(effect: Effect, gate: GateConfig) -> str:
    weaker = effect.contrast_ratio <= 1 - RATIO_LIMIT
    return _seen_in_tone(effect, gate) or ("" if weaker else "inverted")


def _saturate_strengthen(effect: Effect, gate: GateConfig) -> str:
    stronger = effect.chroma_ratio >= 1 + RATIO_LIMIT
    return _seen_in_tone(effect, gate) or ("" if stronger else "inverted")


def _saturate_weaken(effect: Effect, gate: GateConfig) -> str:
    weaker = effect.chroma_ratio <= 1 - RATIO_LIMIT
    return _seen_in_tone(effect, gate) or ("" if weaker else "inverted")


def _haze(effect: Effect, gate: GateConfig) -> str:
    fainter = effect.gradient_log_ratio <= -GRADIENT_LIMIT
    return _seen_in_tone(effect, gate) or ("" if fainter else "not_fainter")


def _oversmoothing(effect: Effect, gate: GateConfig) -> str:
    """Texture goes and contours stay; where they go, too, a viewer says blur."""
    softer = effect.gradient_log_ratio <= -GRADIENT_LIMIT
    kept = effect.edges_kept >= EDGES_KEPT
    slug = "" if softer else "not_softer"
    return _seen_in_structure(effect, gate) or slug or ("" if kept else "edges_lost")


def _banding(effect: Effect, gate: GateConfig) -> str:
    """Only where there is a gradient to break."""
    smooth = effect.smooth >= SMOOTH_SHARE
    return general_rule(effect, gate) or ("" if smooth else "no_smooth_part")


def _moved(effect: Effect, gate: GateConfig) -> str:
    """Anything at all: what is sparse, or of colour alone, is judged by what is seen of it."""
    return "invisible" if effect.delta_e == 0 and effect.ssim == 1 else ""


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "blur": _blur,
        "noise": _noise,
        "compression": _compression,
        "pixelate": _seen_in_structure,
        "oversharpen": _oversharpen,
        "brighten": _brighten,
        "darken": _darken,
        "contrast_strengthen": _contrast_strengthen,
        "contrast_weaken": _contrast_weaken,
        "saturate_strengthen": _saturate_strengthen,
        "saturate_weaken": _saturate_weaken,
        "quantization": general_rule,
        "haze": _haze,
        "vignetting": _darken,
        "flare": _brighten,
        "color_cast": _seen_in_tone,
        "ringing": _seen_in_structure,
        "aliasing": _seen_in_structure,
        "moire": _seen_in_structure,
        "demosaicing": _seen_in_structure,
        "banding": _banding,
        "sensor_pattern": _noise,
        "low_light": _darken,
        "ghosting": _seen_in_structure,
        "interlacing": _seen_in_structure,
        "oversmoothing": _oversmoothing,
    }
)
_DETAILED = ("oversmoothing", "banding")


def rule_of(entry: Distortion) -> Rule:
    """The rule of a type: its family's, unless means over all pixels hide what it does."""
    return RULES.get(entry.family, general_rule) if entry.shows == "any" else _moved


def needs_detail(entry: Distortion) -> bool:
    """Whether the rule of a type asks for ``edges_kept`` or ``smooth`` of an ``Effect``."""
    return entry.family in _DETAILED
