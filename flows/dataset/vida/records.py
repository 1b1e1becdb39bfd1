"""What ViDA-UGC's files say of a picture and of its rows, from our records.

Metadata has what theirs has, and says beside it that opinion score and significance are computed.

Source: ViDA-UGC (arXiv 2508.12605) and its challenge; detailed assessment rules, sections 2 and 8.
"""

from typing import Any

from annotators.questions.vida.item import GROUNDING, PERCEPTION
from annotators.questions.vida.perception import options_of
from annotators.questions.vida.scene import Flaw, Scene, scene
from annotators.questions.vida.syntax import read_groups
from annotators.questions.vida.vocabulary import read_vocabulary
from flows.dataset.formats import sink
from flows.dataset.vida.pictures import Told

FILES = {
    "detect": "ViDA-G/dist_detect.jsonl",
    "detect_one": "ViDA-G/dist_detect.jsonl",
    "refer": "ViDA-G/ref-grounding.jsonl",
    "region": "ViDA-G/reg-perception.jsonl",
    "choice": "ViDA-P/mcq.jsonl",
    "open": "ViDA-P/qa.jsonl",
    "score": "ViDA-P/score.jsonl",
    "assess": "ViDA-D/assess.jsonl",
    "brief": "ViDA-D/brief_assess.jsonl",
    "single": "ViDA-D/dist_assess.jsonl",
}
"""Sub-task to its file."""
SCORE_QUESTION = "How good is the quality of this image? Answer with one level."
CONCERNS = {
    "type_present": "type",
    "type_absent": "type",
    "position_where": "position",
    "position_what": "position",
    "position_free": "position",
}
"""Our forms that theirs have under one name; the others keep theirs."""
COMPUTED = "computed"


def scene_of(one: Told) -> Scene | None:
    """The picture in their words; ``None`` where it carries what they have no word for."""
    return scene(one.facts, read_vocabulary())


def metadata(one: Told, known: Scene) -> dict[str, Any]:
    """The record of a picture in ``train_metadata.json`` and ``bench_metadata.json``."""
    return {
        "image": one.name,
        "mos": known.level.mos,
        "mos_source": COMPUTED,
        "level": known.level.name,
        "width": one.facts.width,
        "height": one.facts.height,
        "distortions": [_marked(n, flaw, known) for n, flaw in enumerate(known.flaws, 1)],
    }


def _marked(number: int, flaw: Flaw, known: Scene) -> dict[str, Any]:
    importance = known.importance(flaw.region)
    return {
        "id": str(number),
        "distortion": flaw.name,
        "coordinates": list(flaw.box),
        "severity": flaw.severity,
        "significance_score": round(flaw.significance, 6),
        "significance_source": COMPUTED,
        "region_importance_score": f"This region is {importance} to the overall quality.",
        "position": known.facts.references.get(flaw.region.region_id, ""),
    }


def conversation(row: dict[str, Any], name: str) -> dict[str, Any]:
    """A row as one of their training records."""
    return {
        "id": row["row_id"],
        "image": name,
        "task": f"{row['task']}.{row['sub_task']}",
        "conversations": sink.conversation(row, "\n"),
    }


def score(one: Told, known: Scene) -> dict[str, Any]:
    """The level of a picture as a training record."""
    row = {
        "row_id": f"{one.facts.image_id}/score",
        "task": PERCEPTION,
        "sub_task": "score",
        "question": SCORE_QUESTION,
        "answer": known.level.name,
    }
    return conversation(row, one.name)


def choice(row: dict[str, Any], name: str, number: int, solved: bool) -> dict[str, Any]:
    """A choice of their benchmark, with its right option if ``solved``."""
    options = options_of(row["question"])
    first = row["question"].index("\nA. ")
    found = {
        "id": number,
        "concern": CONCERNS.get(row["form"], row["form"]),
        "question": row["question"][:first],
        "image": name,
        "candidates": list(options.values()),
    }
    right = options[row["answer"].removesuffix(".")]
    return {**found, "correct_ans": right} if solved else found


def region(row: dict[str, Any], one: Told, number: int, solved: bool) -> dict[str, Any]:
    """A question about a box, with its distortions if ``solved``."""
    found = {**_asked(row, one, number), "question_type": "region-perception"}
    if solved:
        groups = read_groups(row["answer"], read_vocabulary())
        found["distortions"] = [group.listed() for group in groups]
    return found


def benchmark(row: dict[str, Any], one: Told, number: int) -> dict[str, Any]:
    """A question for all boxes or for a description."""
    detection = row["task"] == GROUNDING
    kind = "distortion-detection" if detection else "description"
    return {**_asked(row, one, number), "question_type": kind}


def _asked(row: dict[str, Any], one: Told, number: int) -> dict[str, Any]:
    size = {"width": one.facts.width, "height": one.facts.height}
    return {"id": number, "image": one.name, **size, "question": row["question"]}
