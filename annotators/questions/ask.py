"""Which questions a degraded picture allows, worded.

Every draw is keyed by its purpose, so that one question more or less moves no other.

Source: dataset rules, sections 2, 6 and 7.
"""

import dataclasses
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Literal, get_args

from annotators.facts import Ask, OrderQuery, PictureFacts
from annotators.questions.most_least import (
    Pick,
    Polarity,
    pick_hybrid,
    pick_single,
    single_families,
)
from annotators.questions.order import OrderItem, order_items
from annotators.questions.places import place_is_clear
from annotators.questions.pools import Pools, count_word
from annotators.questions.tasks import BUILT_IN, Asking, task_family
from annotators.questions.thinning import thinned
from schemas.records import DegradedRegion, SubTask, Task
from schemas.settings.config import GateConfig, QuestionConfig
from schemas.streams import Stream

POLARITIES: tuple[Polarity, ...] = get_args(Polarity)
# Share of pictures in which a clean region is described, too.
CLEAN_LOCAL_SHARE = 0.25


def ask_picture(
    facts: PictureFacts,
    config: QuestionConfig,
    gate: GateConfig,
    pools: Pools,
    order_profile: Mapping[str, frozenset[str]],
    stream_for: Callable[[str], Stream],
) -> tuple[list[Ask], Counter[str]]:
    """All questions about a picture.

    Args:
        facts: What is known of it.
        config: How much is asked.
        gate: Margins and thresholds.
        pools: The wordings.
        order_profile: First family to the families that may follow, for order questions.
        stream_for: A purpose to its stream.

    Returns:
        The questions, and a count of what was dropped by reason.
    """
    asking = _Asking(facts, pools, stream_for)
    if "global" in config.tasks:
        asking.whole(config)
    if "local" in config.tasks:
        asking.local(config)
    if "grounding" in config.tasks:
        asking.hybrid(config, gate)
        asking.single(config)
        asking.order(config, order_profile)
    if "referring" in config.tasks:
        asking.referring("short", config.short_per_image)
        asking.referring("long", config.long_per_image)
    asking.asks, left_out = thinned(asking.asks, facts, config, stream_for)
    asking.dropped.update(left_out)
    given = Asking(facts, config, gate, pools, order_profile, stream_for)
    for name in config.tasks:
        if name not in BUILT_IN:
            asks, dropped = task_family(name).ask(given)
            asking.asks += asks
            asking.dropped.update(dropped)
    return asking.asks, +asking.dropped


class _Asking:
    def __init__(
        self, facts: PictureFacts, pools: Pools, stream_for: Callable[[str], Stream]
    ) -> None:
        self.facts, self.pools, self.stream_for = facts, pools, stream_for
        self.asks: list[Ask] = []
        self.dropped: Counter[str] = Counter()

    def _named(self, regions: Sequence[DegradedRegion]) -> list[DegradedRegion]:
        return [region for region in regions if region.region_id in self.facts.references]

    def _wording(self, pool: str, purpose: str, **slots: str) -> tuple[str, str]:
        return self.pools.pick(pool, self.stream_for(f"wording {purpose}"), 0, **slots)

    def whole(self, config: QuestionConfig) -> None:
        """The picture as a whole."""
        for number in range(config.global_per_image):
            # One stream and a turn each: no wording comes twice before all have come.
            stream = self.stream_for("wording global")
            question, pool = self.pools.pick("global_description", stream, number)
            self.asks.append(Ask("global_description", "", "", question, pool, None))

    def local(self, config: QuestionConfig) -> None:
        """Single regions, now and then a clean one."""
        local = [region for region in self.facts.regions if region.role != "whole"]
        degraded = [region for region in self._named(local) if region.chain]
        clean = [region for region in self._named(local) if not region.chain]
        self.dropped["local_no_reference"] += len(local) - len(degraded) - len(clean)
        stream = self.stream_for("local")
        chosen = stream.shuffled(degraded)[: config.local_per_image]
        if clean and stream.chance(CLEAN_LOCAL_SHARE if degraded else 1.0):
            chosen = [*chosen, stream.choice(clean)][-config.local_per_image :]
        for region in chosen if config.local_per_image else []:
            self._about("local_description", "", "", region, "local_description")

    def _about(
        self, task: Task, sub_task: SubTask, form: str, region: DegradedRegion, pool: str
    ) -> None:
        slots = {"region": self.facts.references[region.region_id]}
        if form == "multi":
            slots["count"] = count_word(len(region.chain))
        question, origin = self._wording(pool, f"{pool} {region.region_id}", **slots)
        self.asks.append(Ask(task, sub_task, form, question, origin, region))

    def hybrid(self, config: QuestionConfig, gate: GateConfig) -> None:
        """The most and the least degraded region."""
        wanted, asked, facts = POLARITIES, 0, self.facts
        if not self.stream_for("least clean").chance(config.clean_least_share):
            facts = dataclasses.replace(facts, regions=facts.degraded)
        if config.hybrid_per_image == 1:
            wanted = tuple(self.stream_for("hybrid").shuffled(POLARITIES))
        for polarity in wanted:
            if asked < config.hybrid_per_image:
                among = facts if polarity == "least" else self.facts
                pick = pick_hybrid(among, polarity, config, gate)
                asked += self._point("hybrid_intensity", polarity, pick, config)

    def single(self, config: QuestionConfig) -> None:
        """The region with the most or least of one distortion."""
        wanted = [(f, p) for f in single_families(self.facts) for p in POLARITIES]
        asked = 0
        for family, polarity in self.stream_for("single").shuffled(wanted):
            if asked < config.single_per_image:
                pick = pick_single(self.facts, family, polarity, config)
                asked += self._point("single_intensity", polarity, pick, config)

    def _point(
        self, sub_task: SubTask, polarity: Polarity, pick: Pick, config: QuestionConfig
    ) -> bool:
        """Ask for a region that was picked; whether it could be asked."""
        if pick.region is None or not self._named([pick.region]):
            self.dropped[pick.dropped or f"{sub_task}_no_reference"] += 1
            return False
        if not place_is_clear(pick.region, self.facts, config):
            self.dropped[f"{sub_task}_place_unclear"] += 1
            return False
        slots = {"distortion": self.facts.families[pick.family].noun} if pick.family else {}
        question, pool = self._wording(pick.pool, f"{pick.pool} {pick.family}", **slots)
        ask = Ask("grounding", sub_task, polarity, question, pool, pick.region, pick.family)
        self.asks.append(ask)
        return True

    def order(self, config: QuestionConfig, profile: Mapping[str, frozenset[str]]) -> None:
        """Order questions, hard ones first."""
        items, dropped = order_items(self.facts, profile, config.order_needs_rival)
        self.dropped.update(dropped)
        named = [item for item in items if self._named([item.region])]
        self.dropped["accumulation_order_no_reference"] += len(items) - len(named)
        clear = [item for item in named if place_is_clear(item.region, self.facts, config)]
        self.dropped["accumulation_order_place_unclear"] += len(named) - len(clear)
        drawn = self.stream_for("order").shuffled(clear)
        for item in sorted(drawn, key=lambda item: -item.hard)[: config.order_per_image]:
            self._order(item)

    def _order(self, item: OrderItem) -> None:
        query: OrderQuery = item.query
        noun = {name: self.facts.families[name].noun for name in (query.first, query.last) if name}
        slots = {
            "pair": lambda: {"first": noun[query.first], "second": noun[query.last]},
            "first": lambda: {"first": noun[query.first]},
            "last": lambda: {"last": noun[query.last]},
        }[query.form]()
        purpose = f"order {query.form} {query.first} {query.last}"
        question, pool = self._wording(f"order_{query.form}", purpose, **slots)
        ask = Ask(
            "grounding", "accumulation_order", query.form, question, pool, item.region, "", query
        )
        self.asks.append(ask)

    def referring(self, length: Literal["short", "long"], limit: int) -> None:
        """Which distortions a region has, in short or with their effects."""
        named = self._named(self.facts.degraded)
        self.dropped[f"{length}_no_reference"] += len(self.facts.degraded) - len(named)
        if length == "short":
            named = self._graded(named)
        for region in self.stream_for(f"referring {length}").shuffled(named)[:limit]:
            form = "single" if len(region.chain) == 1 else "multi"
            unordered = form == "multi" and self.facts.origin == "human"
            pool = f"{length}_set" if unordered else f"{length}_{form}"
            self._about("referring", length, form, region, pool)

    def _graded(self, regions: Sequence[DegradedRegion]) -> list[DegradedRegion]:
        """Those whose every step has a word for its strength, which a short answer gives.

        People's silence is kept: their answers name what they named.
        """
        if self.facts.origin == "human":
            return list(regions)
        certain = [region for region in regions if all(step.grade for step in region.chain)]
        self.dropped["short_grade_uncertain"] += len(regions) - len(certain)
        return certain
