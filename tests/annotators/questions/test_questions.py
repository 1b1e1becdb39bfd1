"""Which questions a picture allows: every rule derived again, independently, over random facts."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotators.questions.ask import ask_picture
from annotators.questions.most_least import least_region, worst_region
from annotators.questions.pools import builtin_pools
from schemas import masks
from schemas.settings.config import GateConfig, QuestionConfig
from schemas.streams import Stream
from tests.annotators.builders import FAMILIES, facts, region, step, whole

GRADES = ["mild", "moderate", "severe", "severe", "severe"]
NAMES = ("blur", "noise", "compression")
PROFILE = {"blur": frozenset({"noise", "compression"}), "noise": frozenset({"blur"})}
MANY = QuestionConfig(
    global_per_image=2,
    local_per_image=9,
    hybrid_per_image=2,
    clean_least_share=1.0,
    single_per_image=9,
    order_per_image=30,
    short_per_image=9,
    long_per_image=9,
)
GATE = GateConfig()
EASY = MANY.model_copy(update={"order_needs_rival": False})
CAT, CAR, BUS = (300, 20, 400, 120), (20, 250, 120, 350), (300, 250, 400, 350)


def ask(picture, config=MANY, gate=GATE, profile=PROFILE, seed=0):
    """Questions and dropped reasons."""
    return ask_picture(
        picture, config, gate, builtin_pools(), profile, lambda purpose: Stream(seed, purpose)
    )


def of(asks, sub_task, form=None):
    """The questions of one sub-task."""
    return [a for a in asks if a.sub_task == sub_task and form in (None, a.form)]


def near(value):
    """Losses that mostly, not always, agree with each other."""
    return st.tuples(*(st.sampled_from([value, value, value, 0.5 * value, 2 * value]),) * 3)


LOSSES = st.sampled_from([0.02, 0.1, 0.13, 0.4, 0.4, 0.9]).flatmap(near)


def steps():
    """A step of few families, types and values, so that ties and repeats are common."""
    return st.builds(
        lambda name, severity, kind, sure, losses: step(
            name, GRADES[severity - 1] if sure else "", severity, f"{name}_{kind}", losses=losses
        ),
        st.sampled_from(NAMES),
        st.integers(1, 5),
        st.sampled_from("aaab"),
        st.sampled_from([True, True, False]),
        LOSSES,
    )


CHAINS = st.lists(steps(), max_size=3, unique_by=lambda s: s.family)


@st.composite
def pictures(draw):
    """A picture with up to five regions, or one that is degraded uniformly."""
    if draw(st.integers(0, 9)) == 0:
        return facts(whole(draw(CHAINS.filter(bool))))
    made = []
    for number in range(draw(st.integers(0, 5))):
        x, y = 100 * draw(st.integers(0, 5)), 100 * draw(st.integers(0, 3))
        seen = draw(st.sampled_from([True, True, False]))
        label = draw(st.sampled_from(["dog", "person", "skis", "sky"]))
        made.append(
            region(
                number, draw(CHAINS), label, (x, y, x + 90, y + 90), 0.5, seen, losses=draw(LOSSES)
            )
        )
    return facts(*made)


def families(a_region):
    """Families of a chain in order."""
    return [s.family for s in a_region.chain]


def three(measured):
    """GMSD, 1 - HaarPSI and damage; zeros of a clean region."""
    if measured is None:
        return (0.0, 0.0, 0.0)
    return (measured.gmsd, 1 - measured.haarpsi, measured.damage)


def assert_singled_out(mine, theirs, sign):
    """GMSD and HaarPSI differ by 30 % of the greater, the right way; damage does not object."""
    for which in range(2):
        gap = sign * (mine[which] - theirs[which])
        assert gap > 0
        assert gap >= 0.3 * max(mine[which], theirs[which]) - 1e-9
    assert sign * (mine[2] - theirs[2]) >= 0


def hits(form, first, last, chain):
    """Whether a chain is what an order question describes."""
    if form == "pair":
        return any(chain[i : i + 2] == [first, last] for i in range(len(chain)))
    return bool(chain) and (chain[0] == first if form == "first" else chain[-1] == last)


def assert_order(question, picture):
    """Exactly one region matches, visibly, and no other could be taken for a match."""
    form, first, last = question.order
    target, degraded = question.target, picture.degraded
    assert [r for r in degraded if hits(form, first, last, families(r))] == [target]
    assert len(target.chain) < 3
    if len(target.chain) == 2:
        assert target.order_visible
        assert families(target)[1] in PROFILE.get(families(target)[0], ())
    asked = {first, last} - {""}
    assert any(asked <= set(families(r)) for r in degraded if r != target)
    for other in degraded:
        if other != target and len(other.chain) > 1 and not other.order_visible:
            assert not hits(form, first, last, families(other)[::-1])


def assert_hybrid(question, picture):
    """Both measures single out the target by their margin among those that compete."""
    only_clean = len(picture.clean) == 1
    rivals = list(picture.degraded)
    if question.form == "most" or only_clean:
        rivals += picture.clean
    elif question.form == "least":
        assert question.pool.startswith("hybrid_least_degraded:")
    sign = 1 if question.form == "most" else -1
    others = [r for r in rivals if r != question.target]
    assert len(others) == len(rivals) - 1 >= 1
    for other in others:
        assert_singled_out(three(question.target.scores), three(other.scores), sign)


def assert_single(question, picture):
    """The same type everywhere; severity and both measures of the step single out the target."""
    carried = {
        r.region_id: (r, s)
        for r in picture.degraded
        for s in r.chain
        if s.family == question.family
    }
    sign = 1 if question.form == "most" else -1
    _, mine = carried.pop(question.target.region_id)
    assert carried
    for _, other in carried.values():
        assert other.type == mine.type
        assert sign * (mine.severity - other.severity) > 0
        assert_singled_out(three(mine), three(other), sign)


RULES = {
    "accumulation_order": assert_order,
    "hybrid_intensity": assert_hybrid,
    "single_intensity": assert_single,
}


@settings(max_examples=400, deadline=None)
@given(pictures(), st.integers(0, 10**6))
def test_every_question_keeps_every_rule(picture, seed):
    """Whatever the facts: what is asked is certain, named, of the right form, and not doubled."""
    asks, dropped = ask(picture, seed=seed)
    assert all(count > 0 for count in dropped.values())
    for question in asks:
        assert "{" not in question.question
        assert "}" not in question.question
        if question.target is not None:
            assert question.target.region_id in picture.references
        if question.task == "grounding":
            RULES[question.sub_task](question, picture)
        if question.task in ("referring", "local_description"):
            phrase = picture.references[question.target.region_id]
            assert phrase.lower() in question.question.lower()
    keys = [
        (
            a.task,
            a.sub_task,
            a.target and a.target.region_id,
            a.family,
            a.order,
            "" if a.task == "referring" else a.form,
        )
        for a in asks
        if a.task != "global_description"
    ]
    assert max(Counter(keys).values(), default=1) == 1


@settings(max_examples=100, deadline=None)
@given(pictures(), st.integers(0, 10**6))
def test_the_same_key_asks_the_same(picture, seed):
    """Questions are a function of facts, settings and key."""
    assert ask(picture, seed=seed) == ask(picture, seed=seed)


@settings(max_examples=100, deadline=None)
@given(pictures())
def test_limits_hold_and_move_no_other_question(picture):
    """Limits bound each kind; leaving one kind out leaves every other word for word."""
    everything, _ = ask(picture)
    none = QuestionConfig(
        **dict.fromkeys(
            (
                "global_per_image",
                "local_per_image",
                "hybrid_per_image",
                "single_per_image",
                "order_per_image",
                "short_per_image",
                "long_per_image",
            ),
            0,
        )
    )
    assert ask(picture, none)[0] == []
    fewer = MANY.model_copy(update={"order_per_image": 1, "local_per_image": 0})
    some, _ = ask(picture, fewer)
    assert len(of(some, "accumulation_order")) <= 1
    kept = [
        a
        for a in everything
        if a.sub_task != "accumulation_order" and a.task != "local_description"
    ]
    assert [a for a in some if a.sub_task != "accumulation_order"] == kept


@settings(max_examples=100, deadline=None)
@given(pictures())
def test_referring_has_the_form_of_the_chain(picture):
    """Each named degraded region is asked about at length, the surely graded ones in short too."""
    asks, _ = ask(picture)
    named = {r.region_id: r for r in picture.degraded if r.region_id in picture.references}
    for length in ("short", "long"):
        found = of(asks, length)
        sure = {name for name, r in named.items() if all(s.grade for s in r.chain)}
        assert {a.target.region_id for a in found} == (sure if length == "short" else set(named))
        for question in found:
            many = len(question.target.chain) > 1
            assert question.form == ("multi" if many else "single")
            assert question.pool.startswith(f"{length}_{question.form}:")


def test_a_uniform_picture():
    """The whole image: no comparison, no local description; its one order may be asked for."""
    picture = facts(whole([step("blur"), step("noise")]))
    asks, dropped = ask(picture)
    assert dropped == {"hybrid_too_few_regions": 2, "order_no_rival": 3}
    assert not of(asks, "accumulation_order")
    asks, dropped = ask(picture, EASY)
    assert {(a.task, a.sub_task) for a in asks} == {
        ("global_description", ""),
        ("grounding", "accumulation_order"),
        ("referring", "short"),
        ("referring", "long"),
    }
    assert "the whole image" in of(asks, "short")[0].question
    assert dropped == {"hybrid_too_few_regions": 2}


def test_a_clean_picture():
    """A clean picture is described as a whole and in one clean region, and nothing else."""
    asks, _ = ask(facts(region("a"), region("b", (), "cat", CAT)))
    assert [a.task for a in asks] == ["global_description"] * 2 + ["local_description"]
    assert asks[0].question != asks[1].question


def test_unnamed_regions_are_never_asked_about():
    """Regions that cannot be told apart get no question, and each loss is counted."""
    same = [region(n, [step("blur")], "person", (0, 0, 90, 90)) for n in "ab"]
    asks, dropped = ask(facts(*same))
    assert {a.task for a in asks} == {"global_description"}
    assert dropped["local_no_reference"] == dropped["short_no_reference"] == 2


BY_SEVERITY = MANY.model_copy(update={"intensity": "severity"})


def hybrid(*regions, config=MANY, gate=GATE):
    """Forms of the hybrid questions and the reasons of those dropped."""
    asks, dropped = ask(facts(*regions), config, gate)
    found = {a.form: a.target.region_id for a in of(asks, "hybrid_intensity")}
    return found, {reason for reason in dropped if reason.startswith("hybrid")}


STRONG = region("strong", [step("noise", severity=4)], "cat", CAT, ssim=0.3)
WEAK = region("weak", [step("blur", severity=1)], ssim=0.9)
CLEAN = [region("c", (), "car", CAR), region("d", (), "bus", BUS)]


@pytest.mark.parametrize(
    ("rival", "reason"),
    [
        (region("r", [step("blur", severity=4)], ssim=0.9), "hybrid_sum_too_close"),
        (region("r", [step("blur", severity=5)], ssim=0.9), "hybrid_sum_and_score_disagree"),
        (region("r", [step("blur", severity=3)], ssim=0.32), "hybrid_score_too_close"),
        (region("r", [step("blur", severity=3)], ssim=float("nan")), "hybrid_score_too_close"),
    ],
)
def test_uncertain_sums_are_dropped(rival, reason):
    """A tie, a disagreement, a small margin or a broken score each drop the question."""
    found, reasons = hybrid(STRONG, rival, config=BY_SEVERITY)
    assert found == {}
    assert reason in reasons


@pytest.mark.parametrize(
    ("losses", "reason"),
    [
        ((0.5, 0.4, 2.0), "hybrid_measures_disagree"),
        ((0.3, 0.8, 2.0), "hybrid_measures_disagree"),
        ((0.3, 0.4, 2.6), "hybrid_measures_disagree"),
        ((0.3, 0.55, 2.0), "hybrid_too_close"),
        ((0.3, 0.4, 1.8), "hybrid_too_close"),
        ((0.3, 0.4, 1.7), ""),
        ((float("nan"), 0.4, 2.0), "hybrid_too_close"),
    ],
)
def test_two_measures_have_to_agree(losses, reason):
    """GMSD and HaarPSI agree by 30 %, the damage by .75 with them, or nobody is the worst."""
    rival = region("r", [step("blur")], losses=losses)
    strong = region("strong", [step("noise")], "cat", CAT, losses=(0.43, 0.7, 2.5))
    found, reasons = hybrid(strong, rival)
    assert found == ({} if reason else {"most": "pic/strong", "least": "pic/r"})
    assert reason in reasons if reason else not reasons
    assert worst_region([strong, rival]) == (None if reason else strong)
    assert least_region([strong, rival]) == (None if reason else rival)


def test_nobody_is_the_worst_of_one_or_of_what_nobody_measured():
    """A region alone, regions without scores, and clean regions alone have no worst."""
    unmeasured = STRONG.model_copy(update={"scores": None})
    assert worst_region([STRONG]) is None
    assert worst_region([STRONG, unmeasured]) is None
    assert worst_region(CLEAN) is None
    assert worst_region([STRONG, *CLEAN]) == STRONG


@pytest.mark.parametrize("config", [MANY, BY_SEVERITY])
def test_certain_comparisons_are_asked(config):
    """What compares agrees by its margins: both ends are asked for."""
    assert hybrid(STRONG, WEAK, config=config) == (
        {"most": "pic/strong", "least": "pic/weak"},
        set(),
    )


def test_who_competes_for_least():
    """One clean region is the least; of several none is; a lone degraded region is the most."""
    assert hybrid(STRONG, WEAK, CLEAN[0])[0]["least"] == "pic/c"
    assert hybrid(STRONG, WEAK, *CLEAN)[0]["least"] == "pic/weak"
    assert hybrid(STRONG, *CLEAN) == ({"most": "pic/strong"}, {"hybrid_least_not_unique"})


def test_a_clean_region_seldom_competes():
    """Else least would be asked more often than most, and the answer be whatever is clean."""
    asked = MANY.model_copy(update={"clean_least_share": 0.25})
    picture = facts(STRONG, WEAK, CLEAN[0])
    found = Counter(
        (a.form, a.target.region_id)
        for n in range(400)
        for a in of(ask(picture, asked, seed=n)[0], "hybrid_intensity")
    )
    assert found["most", "pic/strong"] == 400
    assert found["least", "pic/c"] == pytest.approx(100, abs=30)
    assert found["least", "pic/weak"] == 400 - found["least", "pic/c"]


def test_margins_hold_against_clean_regions_too():
    """A margin of three is not met by one severity against a clean region."""
    found = hybrid(WEAK, CLEAN[0], config=BY_SEVERITY, gate=GateConfig(sum_margin=3))
    assert found == ({}, {"hybrid_sum_too_close"})


def test_a_tie_never_passes_even_without_margin():
    """With a margin of zero, equal scores still single out nobody."""
    tied = region("r", [step("blur", severity=1)], ssim=0.3)
    assert hybrid(STRONG, tied, config=BY_SEVERITY, gate=GateConfig(score_margin=0.0))[0] == {}
    equal = region("r", [step("blur")], ssim=0.3)
    assert hybrid(STRONG, equal, config=MANY.model_copy(update={"intensity_margin": 0.0}))[0] == {}


def test_one_hybrid_question_is_of_either_kind():
    """With a limit of one, some keys ask for most and some for least, never both."""
    one = MANY.model_copy(update={"hybrid_per_image": 1})
    forms = [
        [a.form for a in of(ask(facts(STRONG, WEAK), one, seed=n)[0], "hybrid_intensity")]
        for n in range(20)
    ]
    assert {tuple(form) for form in forms} == {("most",), ("least",)}


def single(*chains, by="type", intensity="measures"):
    """Answers of single-intensity questions about noise, and reasons of those dropped."""
    places = [("dog", (20, 20, 120, 120)), ("cat", CAT), ("car", CAR)]
    made = [
        region(number, chain, label, box, ssim)
        for number, ((chain, ssim), (label, box)) in enumerate(zip(chains, places, strict=False))
    ]
    settings = {"single_intensity_by": by, "intensity": intensity}
    asks, dropped = ask(facts(*made), MANY.model_copy(update=settings))
    found = {a.form: a.target.region_id for a in of(asks, "single_intensity")}
    return found, {reason for reason in dropped if reason.startswith("single")}


def noise(severity, ssim, kind="noise_a"):
    """A step of noise."""
    return step("noise", severity=severity, kind=kind, ssim=ssim)


def test_single_intensity_compares_one_type():
    """Two regions of one type are compared; another type of the family makes it ambiguous."""
    two = ([noise(4, 0.2)], 0.2), ([noise(1, 0.8)], 0.8)
    assert single(*two)[0] == {"most": "pic/0", "least": "pic/1"}
    other = ([noise(2, 0.5, "noise_b")], 0.5)
    assert single(*two, other) == ({}, {"single_mixed_types"})
    assert single(*two, other, by="family")[0] == {"most": "pic/0", "least": "pic/1"}
    assert single(two[0], ([step("blur")], 0.5)) == ({}, set())


def test_single_intensity_needs_severity_and_measure():
    """Equal severities, or a measure that ranks the other way, drop the question."""
    assert single(([noise(3, 0.3)], 0.3), ([noise(3, 0.8)], 0.8))[1] == {"single_severity_tied"}
    assert single(([noise(4, 0.8)], 0.8), ([noise(1, 0.3)], 0.3))[1] == {"single_measure_disagrees"}


def test_single_intensity_by_severity():
    """By severity, noise that a blur took back is not the strongest, however severe it was."""
    hidden, other = [noise(3, 0.3), step("blur", severity=3)], ([noise(1, 0.6)], 0.6)
    assert single((hidden, 0.9), other, intensity="severity")[1] == {"single_measure_disagrees"}
    assert single((hidden, 0.35), other, intensity="severity")[0]["most"] == "pic/0"


def test_single_intensity_without_measures():
    """Steps that were never measured in the finished region are not compared."""
    bare = {"gmsd": None, "haarpsi": None, "damage": None}
    chains = [[noise(n, 0.3).model_copy(update=bare)] for n in (1, 4)]
    assert single((chains[0], 0.8), (chains[1], 0.3))[1] == {"single_not_measured"}


def test_single_intensity_of_a_region_with_the_flaw_twice():
    """People may mark a flaw twice in one region; then nobody can say which of the two counts."""
    twice, once = ([noise(4, 0.3), noise(1, 0.8)], 0.3), ([noise(2, 0.6)], 0.6)
    for by in ("type", "family"):
        assert single(twice, once, by=by) == ({}, {"single_repeated"})
        assert single(once, once, twice, by=by) == ({}, {"single_repeated"})


BLUR, NOISE = step("blur"), step("noise")


def orders(*regions, config=MANY):
    """Order questions as (form, first, last) to region, and reasons of those dropped."""
    asks, dropped = ask(facts(*regions), config)
    found = {tuple(a.order): a.target.region_id for a in of(asks, "accumulation_order")}
    return found, {reason for reason in dropped if reason.startswith("order")}


def test_reverse_chains_are_told_apart_by_order():
    """Blur then noise beside noise then blur: all three forms are asked for each."""
    found, dropped = orders(
        region("a", [BLUR, NOISE]),
        region("b", [NOISE, BLUR], "cat", CAT),
    )
    assert found == {
        ("pair", "blur", "noise"): "pic/a",
        ("pair", "noise", "blur"): "pic/b",
        ("first", "blur", ""): "pic/a",
        ("first", "noise", ""): "pic/b",
        ("last", "", "noise"): "pic/a",
        ("last", "", "blur"): "pic/b",
    }
    assert dropped == set()


def test_single_distortions_count_as_first_and_last():
    """Blur alone begins and ends with blur, so "begins with blur" has two answers."""
    found, dropped = orders(
        region("a", [BLUR, NOISE]), region("b", [BLUR], "cat", CAT), config=EASY
    )
    assert found == {
        ("pair", "blur", "noise"): "pic/a",
        ("last", "", "noise"): "pic/a",
        ("last", "", "blur"): "pic/b",
    }
    assert dropped == {"order_not_unique"}


def test_an_order_that_cannot_be_seen_is_not_asked():
    """Two orders that look alike are no question, nor are two that were never compared."""
    unseen = region("a", [BLUR, NOISE], order_seen=False)
    assert orders(unseen) == ({}, {"order_invisible"})
    unknown = unseen.model_copy(update={"order_visible": None})
    assert orders(unknown) == ({}, {"order_not_measured"})


def test_a_rival_whose_order_cannot_be_seen():
    """Noise then blur that looks like blur then noise makes "blur then noise" unanswerable."""
    found, dropped = orders(
        region("a", [BLUR, NOISE]),
        region("b", [NOISE, BLUR], "cat", CAT, order_seen=False),
    )
    assert found == {}
    assert dropped == {"order_rival_invisible", "order_invisible"}


def test_pairs_outside_the_profile_are_not_asked():
    """A chain may be generated that is not asked about by order."""
    outside = [step("compression"), BLUR]
    assert orders(region("a", outside)) == ({}, {"order_not_in_profile"})


def test_an_order_needs_a_rival():
    """An order is asked for where the set of families does not give the region away."""
    one, other = region("a", [BLUR, NOISE]), region("b", [step("compression"), BLUR], "cat", CAT)
    profile = {"blur": frozenset({"noise"}), "compression": frozenset({"blur"})}
    asks, dropped = ask(facts(one, other), profile=profile)
    found = {tuple(a.order): a.target.region_id for a in of(asks, "accumulation_order")}
    assert found == {("first", "blur", ""): "pic/a", ("last", "", "blur"): "pic/b"}
    assert dropped["order_no_rival"] == 4


@pytest.mark.parametrize(
    ("box", "clear"),
    [
        ((20, 20, 120, 120), True),
        ((220, 20, 320, 120), False),
        ((219, 20, 319, 120), True),
        ((20, 140, 120, 220), False),
        ((480, 300, 600, 400), True),
    ],
)
def test_places_near_a_midline_are_not_asked_for(box, clear):
    """A box whose centre is nearer than 5 % to a midline is no answer to a question for a place."""
    asks, dropped = ask(facts(region("a", [BLUR], box=box, ssim=0.3), *CLEAN))
    assert len(of(asks, "hybrid_intensity", "most")) == clear
    assert dropped.get("hybrid_intensity_place_unclear", 0) == (not clear)


def test_places_need_half_of_the_region():
    """A region that lies mostly outside the quarter its box's centre is in is not asked for."""
    target = region("a", [BLUR], box=(0, 0, 520, 340), ssim=0.3)
    corner = np.zeros((400, 600), np.bool_)
    corner[0, :520] = corner[:340, 0] = corner[200:340, 300:520] = True
    bent = target.model_copy(update={"mask": masks.encode(corner)})
    for asked, clear in ((target, True), (bent, False)):
        asks, _ = ask(facts(asked, *CLEAN), MANY.model_copy(update={"min_quadrant_share": 0.3}))
        assert len(of(asks, "hybrid_intensity", "most")) == clear


def test_hard_items_come_first():
    """Where one order question fits, it is one with a hard negative."""
    pair = region("a", [BLUR, NOISE])
    hard = region("b", [NOISE, BLUR], "cat", CAT)
    easy = region("d", [BLUR, step("compression")], "car", CAR)
    profile = {"blur": frozenset({"noise", "compression"}), "noise": frozenset({"blur"})}
    alone = facts(pair, hard, easy)
    one = MANY.model_copy(update={"order_per_image": 1})
    for seed in range(20):
        (question,) = of(ask(alone, one, profile=profile, seed=seed)[0], "accumulation_order")
        families_asked = {question.order.first, question.order.last} - {""}
        rivals = [r for r in alone.degraded if r != question.target]
        assert any(families_asked & set(families(r)) for r in rivals)


def test_nouns_and_numbers_fill_the_slots():
    """Families appear by their noun, chains by the number of distortions."""
    asks, _ = ask(facts(region("a", [BLUR, NOISE])), EASY)
    (pair,) = of(asks, "accumulation_order", "pair")
    assert FAMILIES["blur"].noun in pair.question.lower()
    assert FAMILIES["noise"].noun in pair.question.lower()
    assert "two" in of(asks, "short")[0].question.lower()
