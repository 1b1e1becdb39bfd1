"""Which region has A then B, begins with A, ends with B: order questions that can be answered.

Exactly one region may match, the pair must be in the order profile, and the two orders must have
been measured to look different on the region. A region whose own order cannot be seen and that
would match the other way round makes the question unanswerable, too. Where no other region holds
all the families that are named, knowing who has what is enough and no order has to be seen: with
``order_needs_rival`` that is not asked.

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
        hard: 2 where another region holds all the families asked for, 1 where it holds one of
            them, else 0.
    """

    query: OrderQuery
    region: DegradedRegion
    hard: int


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
    facts: PictureFacts, profile: Mapping[str, frozenset[str]], needs_rival: bool
) -> tuple[list[OrderItem], list[str]]:
    """All order questions this picture allows, and a slug for each that was dropped.

    Args:
        facts: The picture.
        profile: First family to the families that may follow.
        needs_rival: Whether another region must hold all the families that are asked for.
    """
    items, dropped = [], []
    for region in facts.degraded:
        for query in _queries(chain_of(region)):
            hard = _hardness(query, region, facts)
            reason = _refusal(query, region, facts, profile, 2 if needs_rival else 0, hard)
            if reason:
                dropped.append(reason)
            else:
                items.append(OrderItem(query, region, hard))
    return items, dropped


def _queries(chain: Sequence[str]) -> list[OrderQuery]:
    pairs = [OrderQuery("pair", first, second) for first, second in itertools.pairwise(chain)]
    return [*pairs, OrderQuery("first", chain[0], ""), OrderQuery("last", "", chain[-1])]


def _refusal(
    query: OrderQuery,
    region: DegradedRegion,
    facts: PictureFacts,
    profile: Mapping[str, frozenset[str]],
    wanted: int,
    hard: int,
) -> str:
    chain = chain_of(region)
    if sum(matches(query, chain_of(other)) for other in facts.degraded) != 1:
        return "order_not_unique"
    if any(_might_match(query, other) for other in facts.degraded if other is not region):
        return "order_rival_invisible"
    if len(chain) == 1 and not hard:
        return "order_trivial"
    if len(chain) > 2 or any(b not in profile.get(a, ()) for a, b in itertools.pairwise(chain)):
        return "order_not_in_profile"
    if len(chain) == 2 and region.order_visible is None:
        return "order_not_measured"
    if len(chain) == 2 and not region.order_visible:
        return "order_invisible"
    return "order_no_rival" if hard < wanted else ""


def _might_match(query: OrderQuery, other: DegradedRegion) -> bool:
    """Whether a region would match the other way round, and its order cannot be seen."""
    chain = chain_of(other)
    return len(chain) > 1 and matches(query, chain[::-1]) and not other.order_visible


def _hardness(query: OrderQuery, region: DegradedRegion, facts: PictureFacts) -> int:
    """How much of what is asked for another region holds: all (2), some (1) or nothing (0)."""
    asked = {query.first, query.last} - {""}
    others = [set(chain_of(r)) for r in facts.degraded if r.region_id != region.region_id]
    if any(asked <= families for families in others):
        return 2
    return 1 if any(asked & families for families in others) else 0
