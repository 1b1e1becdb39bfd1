"""Gates: a label stands only if the eye can see what it says, in the picture as it ends up.

A chain passes if every step does what its name says (``rules``) and if the finished region would
look different without it: noise that a later blur wiped out is not there any more, whatever the
log says. A tone alone (brighter, paler, ...) must set the region off from what surrounds it more
than before: without a reference nothing else tells it. Cheap refusals come first; nothing is
rendered that a refusal before it makes needless.

Source: dataset rules, section 6; thresholds in ``[gate]``.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple

from distortions.chain import Link
from distortions.measure import Effect, Fidelity, Look, OrderEffect
from distortions.perception import (
    Comparison,
    Damage,
    Planes,
    colour_visible,
    orders_differ,
    specks_visible,
    visible,
)
from distortions.region import Patch, Steps
from distortions.registry import Distortion
from distortions.rules import needs_detail, rule_of
from distortions.site import Depth
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
        fidelity: The region's result against its pristine pixels, both among pristine
            surroundings; ``None`` when refused.
    """

    chain: tuple[Link, ...]
    patch: Patch
    effects: tuple[Effect, ...]
    refusal: str = ""
    damages: tuple[Damage, ...] = ()
    damage: Damage | None = None
    order: Order | None = None
    fidelity: Fidelity | None = None


def judge(
    picture: Image,
    mask: Mask,
    chain: Sequence[Link],
    gate: GateConfig,
    view: View | None = None,
    depth: Depth | None = None,
) -> Judged:
    """Run a chain on a region and ask of every step whether it can be seen.

    Args:
        picture: uint8 RGB ``(height, width, 3)``, pristine.
        mask: bool ``(height, width)``, not empty.
        chain: Links in the order they are applied.
        gate: Thresholds.
        view: The region, where it is there already: several chains may be tried on one.
        depth: How far away the picture's pixels are, where that is known.

    Raises:
        ContractError: Arrays that break their contract, or a type that returns another shape.
    """
    view = view or View(picture, mask, gate.pixels_per_degree)
    steps, looks = Steps(picture, mask, chain, depth), [view.untouched]
    effects: list[Effect] = []
    for place, link in enumerate(chain):
        # No step is rendered before the one below it has passed.
        looks.append(view.looker.look(steps.stage(place + 1)))
        detail = needs_detail(link.type)
        effects.append(view.looker.effect(looks[place], looks[place + 1], detail=detail))
        slug = rule_of(link.type)(effects[-1], gate)
        if slug:
            refusal = f"{link.type.family}:{slug}"
            return Judged(tuple(chain), steps.so_far(), tuple(effects), refusal)
    sight = _Sight(picture, mask, looks, chain, view, depth)
    return sight.judged(Judged(tuple(chain), steps.patch(), tuple(effects)), gate)


TONES: Mapping[str, str] = MappingProxyType(
    {
        "brighten": "lightness",
        "darken": "lightness",
        "contrast_strengthen": "spread",
        "contrast_weaken": "spread",
        "saturate_strengthen": "chroma",
        "saturate_weaken": "chroma",
        "color_cast": "cast",
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
        self,
        picture: Image,
        mask: Mask,
        looks: Sequence[Look],
        chain: Sequence[Link],
        view: View,
        depth: Depth | None,
    ) -> None:
        self.depth = depth
        self.picture, self.mask, self.looks = picture, mask, looks
        self.chain, self.view = chain, view
        self.result = view.of(looks[-1].image) if chain else view.pristine

    @cached_property
    def reverse(self) -> Steps:
        """The other order."""
        return Steps(self.picture, self.mask, self.chain[::-1], self.depth)

    def judged(self, so_far: Judged, gate: GateConfig) -> Judged:
        if len(self.chain) == 1 and _blends_in(self.chain[0], self.view, self.result, gate):
            return so_far._replace(refusal=f"{self.chain[0].type.family}:blends_in")
        compared: list[Comparison] = []
        for step, without in self._without_each():
            compared.insert(0, self.view.beside(without, self.result))
            if not _seen(self.chain[step].type, compared[0], gate):
                return so_far._replace(refusal=self._refusal(step))
        damages = [comparison.damage() for comparison in compared]
        return so_far._replace(
            damages=tuple(damages),
            damage=self._whole(damages),
            order=self._order(gate) if len(self.chain) == 2 else None,
            fidelity=self._fidelity(),
        )

    def _without_each(self) -> Iterator[tuple[int, Planes]]:
        """The region without each step, the last first: that one needs no rendering.

        In a chain of two the second alone is the first stage of the reverse order, whose second
        is rendered only where both steps are seen.
        """
        for step in reversed(range(len(self.chain))):
            if step == len(self.chain) - 1:
                before = self.looks[-2].image
                yield step, self.view.of(before) if step else self.view.pristine
            elif len(self.chain) == 2:
                yield step, self.view.of(self.reverse.stage(1))
            else:
                rest = [link for place, link in enumerate(self.chain) if place != step]
                alone = Steps(self.picture, self.mask, rest, self.depth)
                yield step, self.view.of(alone.stage(len(rest)))

    def _refusal(self, step: int) -> str:
        families = [link.type.family for link in self.chain]
        if step == len(families) - 1:
            return f"{families[step]}:unseen"
        return f"{'>'.join(families[step:])}:hidden"

    def _whole(self, damages: Sequence[Damage]) -> Damage:
        if len(damages) == 1:
            return damages[0]
        return self.view.compare(self.view.pristine, self.result)

    def _order(self, gate: GateConfig) -> Order:
        other = self.reverse.stage(2)
        found = self.view.compare(self.view.of(other), self.result)
        effect = self.view.looker.orders(self.view.looker.look(other), self.looks[-1])
        limits = {"delta_e": gate.seen_delta_e, "structure": gate.seen_structure}
        return Order(effect, found.damage, orders_differ(found, **limits))

    def _fidelity(self) -> Fidelity:
        pristine = self.view.untouched
        return self.view.looker.fidelity(pristine, self.looks[-1].among(pristine))


def _seen(entry: Distortion, compared: Comparison, gate: GateConfig) -> bool:
    """Whether a step is seen, by what its family shows itself in."""
    if entry.shows == "chroma":
        limits = {"delta_e": gate.seen_delta_e, "structure": gate.min_chroma_structure}
        return colour_visible(compared.damage(), **limits)
    if entry.shows == "sparse":
        limits = {"share": gate.min_share_visible, "peak": gate.min_peak}
        return specks_visible(compared.damage(), **limits)
    return visible(compared.glance(), delta_e=gate.seen_delta_e, structure=gate.seen_structure)
