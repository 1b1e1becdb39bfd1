"""Gates: a label stands only if the eye can see what it says, in the picture as it ends up.

A chain passes if every step does what its name says (``rules``) and if the finished region would
look different without it: noise that a later blur wiped out is not there any more, whatever the
log says. A tone alone (brighter, paler, ...) must set the region off from what surrounds it more
than before: without a reference nothing else tells it. Cheap refusals come first; nothing is
rendered that a refusal before it makes needless.

Source: dataset rules, section 6; thresholds in ``[gate]``.
"""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

import cv2
import numpy as np

from distortions.chain import Link
from distortions.measure import Effect, Fidelity, OrderEffect, compare, compare_orders, fidelity
from distortions.perception import Damage, Planes, orders_differ, visible
from distortions.region import Patch, degrade_region
from distortions.rules import RULES, general_rule
from distortions.view import View
from schemas.arrays import Image, Mask
from schemas.settings.config import GateConfig


class Order(NamedTuple):
    """How the two orders of a chain of two differ on the region.

    Args:
        effect: Measures pixel by pixel.
        damage: Visible difference of the result against the other order.
        visible: Whether somebody who has no reference beside it sees the difference.
    """

    effect: OrderEffect
    damage: float
    visible: bool


class Judged(NamedTuple):
    """A patch with all that was measured, and why it was refused, if it was.

    Args:
        chain: What was laid on.
        patch: The region after its chain.
        effects: One per step that was judged, against the stage before it.
        refusal: Why it was refused, else empty: ``family:slug`` where a step failed its rule or
            cannot be seen (``unseen``) or told (``blends_in``), ``family>family:hidden`` where the
            second hides the first.
        damages: One per step, the finished region against itself without the step; empty when
            refused.
        damage: Of the finished region against its pristine self; ``None`` when refused.
        order: Of a chain of two that passed.
    """

    chain: tuple[Link, ...]
    patch: Patch
    effects: tuple[Effect, ...]
    refusal: str = ""
    damages: tuple[Damage, ...] = ()
    damage: Damage | None = None
    order: Order | None = None


def judge(
    picture: Image,
    mask: Mask,
    chain: Sequence[Link],
    gate: GateConfig,
    view: View | None = None,
) -> Judged:
    """Run a chain on a region and ask of every step whether it can be seen.

    Args:
        picture: uint8 RGB ``(height, width, 3)``, pristine.
        mask: bool ``(height, width)``, not empty.
        chain: Links in the order they are applied.
        gate: Thresholds.
        view: The region, where it is there already: several chains may be tried on one.

    Raises:
        ContractError: Arrays that break their contract, or a type that returns another shape.
    """
    patch = degrade_region(picture, mask, chain)
    effects: list[Effect] = []
    for link, before, after in zip(chain, patch.stages, patch.stages[1:], strict=False):
        effects.append(compare(before, after, patch.mask))
        slug = RULES.get(link.type.family, general_rule)(effects[-1], gate)
        if slug:
            return Judged(tuple(chain), patch, tuple(effects), f"{link.type.family}:{slug}")
    sight = _Sight(picture, mask, patch, chain, view or View(picture, mask, gate.pixels_per_degree))
    return sight.judged(Judged(tuple(chain), patch, tuple(effects)), gate)


TONES: Mapping[str, str] = MappingProxyType(
    {
        "brighten": "lightness",
        "darken": "lightness",
        "contrast_strengthen": "spread",
        "contrast_weaken": "spread",
        "saturate_strengthen": "chroma",
        "saturate_weaken": "chroma",
    }
)
"""Families that nobody can know from one picture unless the region breaks with what surrounds it,
and by what it does; contrast and colour give themselves away where they are strong."""
WEAK = 2
ALWAYS = ("brighten", "darken")


def _blends_in(link: Link, view: View, result: Planes, gate: GateConfig) -> bool:
    """Whether a tone that is all there is makes its region stand out no more than it did."""
    family = link.type.family
    if family not in TONES or not (family in ALWAYS or link.severity <= WEAK):
        return False
    before, after = view.contrast(view.pristine), view.contrast(result)
    if before is None or after is None:
        return False
    grown: float = getattr(after, TONES[family]) - getattr(before, TONES[family])
    return grown < gate.min_break


class _Sight:
    """Compares the finished region with what it would be without one step."""

    def __init__(
        self, picture: Image, mask: Mask, patch: Patch, chain: Sequence[Link], view: View
    ) -> None:
        self.picture, self.mask, self.patch = picture, mask, patch
        self.chain, self.view = chain, view
        self.result = view.of(patch.stages[-1]) if chain else view.pristine

    def judged(self, so_far: Judged, gate: GateConfig) -> Judged:
        if len(self.chain) == 1 and _blends_in(self.chain[0], self.view, self.result, gate):
            return so_far._replace(refusal=f"{self.chain[0].type.family}:blends_in")
        damages: list[Damage] = []
        reverse: Patch | None = None
        for step, without, rendered in self._without_each():
            damage = self.view.compare(without, self.result)
            if not _seen(damage, gate):
                return so_far._replace(refusal=self._refusal(step))
            damages.insert(0, damage)
            reverse = rendered or reverse
        return so_far._replace(
            damages=tuple(damages),
            damage=self._whole(damages),
            order=self._order(reverse, gate) if len(self.chain) == 2 and reverse else None,
        )

    def _without_each(self) -> Iterator[tuple[int, Planes, Patch | None]]:
        """The region without each step, the last first: that one needs no rendering.

        In a chain of two the second alone is the first stage of the reverse order, which is
        wanted afterwards in any case.
        """
        for step in reversed(range(len(self.chain))):
            if step == len(self.chain) - 1:
                before = self.patch.stages[-2]
                yield step, self.view.of(before) if step else self.view.pristine, None
            elif len(self.chain) == 2:
                reverse = degrade_region(self.picture, self.mask, self.chain[::-1])
                yield step, self.view.of(reverse.stages[1]), reverse
            else:
                rest = [link for place, link in enumerate(self.chain) if place != step]
                other = degrade_region(self.picture, self.mask, rest)
                yield step, self.view.of(other.stages[-1]), None

    def _refusal(self, step: int) -> str:
        families = [link.type.family for link in self.chain]
        if step == len(families) - 1:
            return f"{families[step]}:unseen"
        return f"{'>'.join(families[step:])}:hidden"

    def _whole(self, damages: Sequence[Damage]) -> Damage:
        if len(damages) == 1:
            return damages[0]
        return self.view.compare(self.view.pristine, self.result)

    def _order(self, reverse: Patch, gate: GateConfig) -> Order:
        found = self.view.compare(self.view.of(reverse.stages[-1]), self.result)
        effect = compare_orders(reverse.stages[-1], self.patch.stages[-1], self.patch.mask)
        limits = {"delta_e": gate.seen_delta_e, "structure": gate.seen_structure}
        return Order(effect, found.damage, orders_differ(found, **limits))


def _seen(damage: Damage, gate: GateConfig) -> bool:
    return visible(damage, delta_e=gate.seen_delta_e, structure=gate.seen_structure)


def overall(patch: Patch) -> Fidelity:
    """The region's result against its pristine pixels.

    Pixels outside the mask are pristine on both sides, as in the degraded picture.
    """
    result = patch.stages[0].copy()
    cv2.copyTo(patch.stages[-1], np.ascontiguousarray(patch.mask).view(np.uint8), result)
    return fidelity(patch.stages[0], result, patch.mask)
