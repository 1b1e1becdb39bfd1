"""A stored answer against the stored facts: positions, chains, and the fact check once more."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from annotators.check.fact_check import check_answer
from annotators.facts import Answer, Ask, OrderQuery, PictureFacts
from annotators.language.mentions import named_in
from annotators.language.phrases import references, short_answer, spatial_part
from annotators.questions.most_least import worst_region
from annotators.questions.tasks import TaskFamily, family_of
from schemas.families import Family
from schemas.records import DegradedRegion, RowBox, Sample


def check_stored(
    sample: Sample,
    regions: Sequence[DegradedRegion],
    families: Mapping[str, Family],
    clear: bool = False,
    boxes: Sequence[RowBox] = (),
) -> Iterator[tuple[str, str]]:
    """(rule, detail) for whatever is wrong with the words of a row.

    Args:
        sample: The row.
        regions: What is recorded of its degraded picture.
        families: Family name to its words.
        clear: Whether the source's scores are well inside the limits; see
            annotators/screening.
        boxes: What the row's texts cite.
    """
    family = family_of(sample.task)
    if family is not None:
        return _check_family(sample, regions, families, clear, boxes, family)
    return _check_stored(sample, regions, families, clear)


def _check_family(
    sample: Sample,
    regions: Sequence[DegradedRegion],
    families: Mapping[str, Family],
    clear: bool,
    boxes: Sequence[RowBox],
    family: TaskFamily,
) -> Iterator[tuple[str, str]]:
    """A row of a further family: its boxes made again, its answer checked again."""
    facts = replace(_facts(sample, regions, families), clear=clear)
    named = {box.region_id: f"the {box.name}" for box in boxes if box.region_id}
    others = {
        region_id: phrase
        for region_id, phrase in facts.references.items()
        if phrase not in named.values()
    }
    facts = replace(facts, references=others | named)
    target = next((r for r in regions if r.region_id == sample.region_id), None)
    ask = _ask(sample, target, families)
    try:
        again = family.boxes(sample.row_id, ask, Answer(sample.answer), facts)
    except ValueError as error:
        yield "boxes", str(error)
        return
    if again != list(boxes):
        yield "boxes", "not those of the regions that its texts cite"
    for violation in check_answer(sample.answer, ask, facts):
        if not (sample.sub_task in family.described and _hangs_on_names(violation.rule, facts)):
            yield violation.rule, violation.detail


def _check_stored(
    sample: Sample,
    regions: Sequence[DegradedRegion],
    families: Mapping[str, Family],
    clear: bool,
) -> Iterator[tuple[str, str]]:
    target = next((r for r in regions if r.region_id == sample.region_id), None)
    if sample.task != "global_description":
        if target is None:
            yield "region", f"region {sample.region_id!r} is not recorded for this picture"
            return
        if (sample.mask, sample.box, sample.chain) != (target.mask, target.box, target.chain):
            yield "region", "mask, box or chain differ from the record of the region"
    facts = replace(_facts(sample, regions, families), clear=clear)
    ask = _ask(sample, target, families)
    if sample.task == "grounding" and target is not None:
        if sample.spatial_answer != spatial_part(target, facts):
            yield "position", f"{sample.spatial_answer!r} contradicts the box"
        if sample.answer != f"{sample.spatial_answer} {sample.semantic_answer}":
            yield "answer", "not the spatial and the semantic part"
    if sample.sub_task == "short" and sample.answer != short_answer(sample.chain, facts):
        yield "answer", f"expected {short_answer(sample.chain, facts)!r}"
    for violation in check_answer(sample.answer, ask, facts):
        if sample.task != "global_description" or not _hangs_on_names(violation.rule, facts):
            yield violation.rule, violation.detail


def _hangs_on_names(rule: str, facts: PictureFacts) -> bool:
    """Whether a rule cannot be asked again of a text about the whole picture.

    How its regions were called is not recorded: their phrases hung on everything that had a name
    then. So whether all are told of cannot be seen any more, nor which of them is called the
    worst (that there is a worst one can), nor which words of place belong to a name.
    """
    if rule == "unfounded_comparison":
        return worst_region(facts.degraded) is not None
    return rule in ("unfounded_rest", "unfounded_place")


def _facts(
    sample: Sample, regions: Sequence[DegradedRegion], families: Mapping[str, Family]
) -> PictureFacts:
    """The facts as far as the records hold them; the row's own phrase is the stored one."""
    named = references(regions, sample.width, sample.height)
    if sample.region_id:
        named[sample.region_id] = sample.reference
    return PictureFacts(
        image_id=sample.image_id,
        width=sample.width,
        height=sample.height,
        regions=tuple(regions),
        references=named,
        families=families,
        origin=sample.origin,
    )


def _ask(sample: Sample, target: DegradedRegion | None, known: Mapping[str, Family]) -> Ask:
    families = [step.family for step in sample.chain]
    order = None
    if sample.sub_task == "accumulation_order":
        first = families[0] if sample.form in ("pair", "first") else ""
        last = families[-1] if sample.form in ("pair", "last") else ""
        order = OrderQuery(sample.form, first, last)
    family = ""
    if sample.sub_task == "single_intensity":
        # The question names the distortion.
        nouns = {known[name].noun: name for name in families}
        family = next((nouns[noun] for noun in named_in(sample.question, nouns)), "")
    return Ask(
        task=sample.task,
        sub_task=sample.sub_task,
        form=sample.form,
        question=sample.question,
        pool=sample.pool,
        target=target,
        family=family,
        order=order,
    )
