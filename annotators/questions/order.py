"""Which region has A then B, begins with A, ends with B: order questions that can be answered.

Exactly one region may match, the pair must be in the order profile, and the two orders must have
been measured to look different on the region. A region whose own order cannot be seen and that
would match the other way round makes the question unanswerable, too. Where another region holds
the reverse or a shared member, the question is worth more and comes first.

Source: dataset rules, section 6 (DAO-G).
"""

import itertools
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from annotators.facts import OrderQuery, PictureFacts
from schemas.records import DegradedRegion


class OrderItem(NamedTuple):
    """An order question with its answer.

    Args:
        query: What is asked.
        region: The one region that matches.
        hard: Whether another region is a hard negative.
    """

    query: OrderQuery
    region: DegradedRegion
    hard: bool


def chain_of(region: DegradedRegion) -> list[str]:
    """Families of a chain in order."""
    return [step.family for step in region.chain]


def matches(query: OrderQuery, chain: Sequence[str]) -> bool:
    """Whether a chain is what the query asks for; chains of one begin and end with it."""
    if query.form == "first":
        return chain[:1] == [query.first]
    if query.form == "last":
        return chain[-1:] == [query.last]
    return (query.first, query.last) in set(itertools.pairwise(chain))


def order_items(
    facts: PictureFacts, profile: Mapping[str, frozenset[str]]
) -> tuple[list[OrderItem], list[str]]:
    """All order questions this picture allows, and a slug for each that was dropped."""
    items, dropped = [], []
    for region in facts.degraded:
        for query in _queries(chain_of(region)):
            reason = _refusal(query, region, facts, profile)
            if reason:
                dropped.append(reason)
            else:
                items.append(OrderItem(query, region, _has_hard_negative(query, region, facts)))
    return items, dropped


def _queries(chain: Sequence[str]) -> list[OrderQuery]:
    pairs = [OrderQuery("pair", first, second) for first, second in itertools.pairwise(chain)]
    return [*pairs, OrderQuery("first", chain[0], ""), OrderQuery("last", "", chain[-1])]


def _refusal(
    query: OrderQuery,
    region: DegradedRegion,
    facts: PictureFacts,
    profile: Mapping[str, frozenset[str]],
) -> str:
    chain = chain_of(region)
    if sum(matches(query, chain_of(other)) for other in facts.degraded) != 1:
        return "order_not_unique"
    if any(_might_match(query, other) for other in facts.degraded if other is not region):
        return "order_rival_invisible"
    if len(chain) == 1:
        return "" if _has_hard_negative(query, region, facts) else "order_trivial"
    if len(chain) > 2 or any(b not in profile.get(a, ()) for a, b in itertools.pairwise(chain)):
        return "order_not_in_profile"
    if region.order_visible is None:
        return "order_not_measured"
    return "" if region.order_visible else "order_invisible"


def _might_match(query: OrderQuery, other: DegradedRegion) -> bool:
    """Whether a region would match the other way round, and its order cannot be seen."""
    chain = chain_of(other)
    return len(chain) > 1 and matches(query, chain[::-1]) and not other.order_visible


def _has_hard_negative(query: OrderQuery, region: DegradedRegion, facts: PictureFacts) -> bool:
    """Another region holds a family that is asked for, but not as asked."""
    asked = {query.first, query.last} - {""}
    return any(
        asked & set(chain_of(other))
        for other in facts.degraded
        if other.region_id != region.region_id
    )
