"""A pair as a distortion graph.

``objects`` are the regions of both pictures, the target's with the anchor's ids plus their number;
``attributes`` each object's class, severity and score; ``art`` the relation of each region to
itself in the other picture. All values are strings.

Source: the graphs that Panda (ICLR 2026) writes.
"""

from collections.abc import Sequence

from annotators.pairs.asking import Compared
from annotators.pairs.relation import Score
from flows.dataset.pairs.classes import SEVERITIES, class_of, severity_of, strongest
from schemas.records import DegradedRegion

Graph = dict[str, list[dict[str, str]]]


def graph_of(compared: Sequence[Compared], score: Score) -> Graph:
    """The graph of a pair.

    Args:
        compared: Its regions.
        score: Of a region.
    """
    number = len(compared)
    graph: Graph = {"objects": [], "attributes": [], "relationships": [], "art": []}
    for first, found in enumerate(compared):
        for image, region in enumerate(found.regions):
            at = {"object": str(first + image * number), "image": str(image + 1)}
            graph["objects"].append(
                {"id": at["object"], "name": region.label_refined, "image": at["image"]}
            )
            graph["attributes"] += [{"attribute": text, **at} for text in _told(region, score)]
        graph["art"].append(
            {"predicate": found.relation, "object": str(first), "subject": str(first + number)}
        )
    return graph


def _told(region: DegradedRegion, score: Score) -> tuple[str, str, str]:
    """Class, severity and score; a family that Panda has no word for keeps its own."""
    step = strongest(region)
    word = class_of(region) or (step.family if step else "")
    return word, SEVERITIES[severity_of(region)], str(round(score(region), 4))
