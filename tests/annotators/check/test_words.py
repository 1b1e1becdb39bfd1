"""Questions, answers and the fact check together, over random facts."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotators.answers.template import TemplateWriter
from annotators.check.fact_check import check_answer
from annotators.facts import Ask
from annotators.language.mentions import mentioned
from annotators.questions.ask import ask_picture
from annotators.questions.pools import builtin_pools
from distortions.order import RESTORED, pairs
from schemas.families import Family
from schemas.settings.config import GateConfig, QuestionConfig
from schemas.streams import Stream
from tests.annotators.builders import EVERYTHING, FAMILIES, facts, region, step, whole

GRADES = ["mild", "moderate", "severe"]
MANY = QuestionConfig(
    clean_least_share=1.0,
    global_per_image=2,
    local_per_image=5,
    single_per_image=6,
    order_per_image=12,
    short_per_image=5,
    long_per_image=5,
)
LABELS = ["dog", "person", "skis", "smooth dark blue area", "noisy crowd", "blurred poster"]


@st.composite
def chains(draw, families=tuple(FAMILIES)):
    """A chain of one or two with grades, severities and measures."""
    if draw(st.booleans()):
        names = draw(st.sampled_from(pairs(RESTORED)))
    else:
        names = (draw(st.sampled_from(families)),)
    made = []
    for name in names:
        severity = draw(st.integers(1, 3))
        made.append(
            step(
                name,
                GRADES[severity - 1],
                severity,
                draw(st.sampled_from(["a", "b"])) + name,
                draw(st.floats(0.2, 0.98)),
                draw(st.floats(2, 40)),
            )
        )
    return made


@st.composite
def pictures(draw):
    """Facts of a picture: regional, uniform or clean."""
    if draw(st.integers(0, 9)) == 0:
        return facts(whole(draw(chains())))
    made = []
    for index in range(draw(st.integers(1, 5))):
        x, y = draw(st.integers(0, 480)), draw(st.integers(0, 280))
        chain = draw(st.one_of(st.just([]), chains(), chains()))
        order = draw(st.booleans())
        made.append(
            region(
                index,
                chain,
                draw(st.sampled_from(LABELS)),
                (x, y, x + 100, y + 90),
                draw(st.floats(0.2, 0.98)),
                order,
            )
        )
    return facts(*made)


def ask_all(picture, seed=0, config=MANY):
    """All questions about a picture."""
    return ask_picture(
        picture, config, GateConfig(), builtin_pools(), RESTORED, lambda p: Stream(seed, p)
    )[0]


@settings(max_examples=300, deadline=None)
@given(pictures(), st.integers(0, 10**6))
def test_every_template_text_passes_the_fact_check(picture, seed):
    """Whatever the facts, the writer's texts pass; the same key gives the same text."""
    writer = TemplateWriter()
    for number, ask in enumerate(ask_all(picture, seed)):
        for attempt in range(3):
            answer = writer.write(ask, picture, Stream(seed, number, attempt), attempt)
            assert check_answer(answer.text, ask, picture) == [], answer.text
            again = writer.write(ask, picture, Stream(seed, number, attempt), attempt)
            assert again == answer


def truth(ask, picture):
    """The regions that are right answers, derived without the code under test."""
    degraded = [r for r in picture.regions if r.chain]
    families = {r.region_id: [s.family for s in r.chain] for r in degraded}
    if ask.sub_task == "accumulation_order":

        def matches(chain):
            if ask.form == "pair":
                return [ask.order.first, ask.order.last] == chain[:2]
            return (
                chain[0] == ask.order.first if ask.form == "first" else chain[-1] == ask.order.last
            )

        return [r for r in degraded if matches(families[r.region_id])]
    sign = 1 if ask.form == "most" else -1
    if ask.sub_task == "single_intensity":
        steps = {r.region_id: s for r in degraded for s in r.chain if s.family == ask.family}
        shown = {name: sign * step.damage for name, step in steps.items()}
        best = max(sign * s.severity for s in steps.values())
        return [
            r
            for r in degraded
            if r.region_id in steps
            and sign * steps[r.region_id].severity == best
            and shown[r.region_id] == max(shown.values())
        ]
    clean = [r for r in picture.regions if not r.chain]
    pool = degraded if ask.form == "most" or len(clean) != 1 else [*degraded, *clean]
    best = max(sign * damage(r) for r in pool)
    return [r for r in pool if sign * damage(r) == best]


def damage(region):
    """Of a region; none of a clean one."""
    return region.scores.damage if region.scores else 0.0


@settings(max_examples=300, deadline=None)
@given(pictures())
def test_grounding_answers_are_unique_and_true(picture):
    """Every grounding question has exactly one right answer, and it is the target."""
    for ask in ask_all(picture):
        if ask.task == "grounding":
            assert [r.region_id for r in truth(ask, picture)] == [ask.target.region_id]


@settings(max_examples=200, deadline=None)
@given(pictures())
def test_questions_are_well_formed(picture):
    """No slot is left open, every region that is named has an unambiguous phrase."""
    asks = ask_all(picture)
    assert len({(a.task, a.sub_task, a.question) for a in asks}) >= len(asks) - 1
    for ask in asks:
        assert "{" not in ask.question
        assert ask.question[0].isupper()
        assert ask.question[-1] in "?."
        if ask.task in ("local_description", "referring"):
            phrase = picture.references[ask.target.region_id]
            assert phrase.lower() in ask.question.lower()


def test_invisible_orders_are_not_asked():
    """A pair whose two orders look alike, or that is outside the profile, is not asked by order."""
    hidden = region("a", [step("blur"), step("noise")], order_seen=False)
    outside = region("b", [step("brighten"), step("noise")], "cat", (300, 20, 400, 120))
    asks = ask_all(facts(hidden, outside))
    assert [a for a in asks if a.sub_task == "accumulation_order"] == []


def test_margins():
    """Both measures must agree by their margin, else nothing is asked over all distortions."""
    low = region("a", [step("blur", severity=2)], losses=(0.1, 0.2, 0.5))

    def asked(*losses):
        other = region("b", [step("noise", severity=3)], "cat", (300, 20, 400, 120), losses=losses)
        asks = ask_all(facts(low, other))
        return [a.form for a in asks if a.sub_task == "hybrid_intensity"]

    assert asked(0.11, 0.25, 0.6) == []
    assert asked(0.05, 0.5, 0.6) == []
    assert asked(0.2, 0.5, 0.6) == []
    assert asked(0.2, 0.5, 2.6) == ["most", "least"]


def test_clean_regions_compete_only_when_unique():
    """One clean region is the least degraded; among several only the degraded ones compete."""
    worst = region("a", [step("noise", severity=3)], ssim=0.3)
    mild = region("b", [step("blur", "mild", 1)], "cat", (300, 20, 400, 120), ssim=0.9)
    one = region("c", (), "car", (20, 250, 120, 350))
    two = region("d", (), "bus", (300, 250, 400, 350))

    def least(*regions):
        return next(a for a in ask_all(facts(*regions)) if a.form == "least")

    assert least(worst, mild, one).target.region_id == "pic/c"
    several = least(worst, mild, one, two)
    assert several.target.region_id == "pic/b"
    assert several.pool.startswith("hybrid_least_degraded")


DOG = region("a", [step("blur", "mild", 1), step("noise", "severe", 3)])
CAT = region("b", [step("darken", "moderate", 3)], "cat", (450, 280, 580, 390))
SKY = region("c", (), "sky", (150, 0, 400, 60))
PICTURE = facts(DOG, CAT, SKY)
LONG = Ask("referring", "long", "multi", "?", "p:0", DOG)
LOCAL = Ask("local_description", "", "", "?", "p:0", DOG)
CLEAN = Ask("local_description", "", "", "?", "p:0", SKY)
GLOBAL = Ask("global_description", "", "", "?", "p:0", None)
SHORT = Ask("referring", "short", "multi", "?", "p:0", DOG)
POINT = Ask("grounding", "hybrid_intensity", "most", "?", "p:0", DOG)


@pytest.mark.parametrize(
    ("ask", "text"),
    [
        (LONG, "The dog is slightly blurred, and then heavy noise was added, which hides its fur."),
        (LONG, "Mild blur softens the dog first; after that, strong grain covers it."),
        (LONG, "Edges are lost: there is severe noise over a light blur on the dog."),
        (
            LONG,
            "The dog suffers from blurring followed by noise. The noise is severe and hides it.",
        ),
        (
            LONG,
            "In the upper left, the dog shows slight blur and severe noise, but no darkening; "
            "little detail is left.",
        ),
        (
            LOCAL,
            "The dog is blurry and grainy, though it is not overexposed and free of banding. "
            "Its contours are soft.",
        ),
        (CLEAN, "The sky is in good shape: there is no noise and it is not blurred at all."),
        (CLEAN, "Neither blur nor noise can be seen in the sky, and its colours look natural."),
        (
            GLOBAL,
            "The picture is poor. The dog has mild blur and severe noise. The cat, in the "
            "lower right, is underexposed. The sky is free of noise.",
        ),
        (SHORT, "Mild blur, severe noise."),
        (POINT, "Top left. It is the dog: mild blur and then severe noise spoil it most."),
    ],
)
def test_true_texts_pass(ask, text):
    """Natural sentences that say what is there are accepted."""
    assert check_answer(text, ask, PICTURE) == []


@pytest.mark.parametrize(
    ("ask", "text", "rule"),
    [
        (LONG, "The dog has severe blur followed by severe noise.", "wrong_grade"),
        (LONG, "The dog has mild blur and noise that is moderate.", "wrong_grade"),
        (LONG, "The dog has mild blur and nothing else is wrong with it.", "missing_distortion"),
        (LONG, "The dog has mild blur, severe noise and low contrast.", "extra_distortion"),
        (LONG, "The dog has severe noise followed by mild blur.", "wrong_order"),
        (LONG, "The dog shows mild blur on top of severe noise.", "wrong_order"),
        (
            LONG,
            "The dog on the right of the picture has blur and noise, at the bottom right.",
            "wrong_position",
        ),
        (
            LONG,
            "Compared with the original, the dog has mild blur and severe noise.",
            "forbidden_word",
        ),
        (LONG, "The mask of the dog contains mild blur and severe noise.", "forbidden_word"),
        (LONG, "The dog has Gaussian blur and noise of severity 3.", "forbidden_word"),
        (LONG, "As an AI I cannot see the dog with its blur and noise.", "refusal"),
        (LONG, "The dog has mild blur and severe noise", "malformed"),
        (LONG, "**The dog** has mild blur and severe noise.", "malformed"),
        (LONG, "Blur, noise.", "too_short"),
        (LONG, "", "empty"),
        (LONG, "Der Hund ist unscharf und verrauscht, blur noise blur noise.", "not_english"),
        (LONG, "Собака размыта и зашумлена, blur noise в этом месте.", "not_english"),
        (LONG, "The dog has no blur, only severe noise in it.", "missing_distortion"),
        (CLEAN, "The sky shows a slight noise in its upper part.", "extra_distortion"),
        (CLEAN, "The sky is not noisy but it is blurred.", "extra_distortion"),
        (
            GLOBAL,
            "The picture is poor. The dog has mild blur and severe noise.",
            "missing_distortion",
        ),
        (
            GLOBAL,
            "The picture is poor. The dog has mild blur and severe noise. The cat is dark. "
            "The cat is noisy and underexposed.",
            "wrong_region",
        ),
        (
            GLOBAL,
            "The dog has mild blur and severe noise. The cat at the top left is underexposed.",
            "wrong_position",
        ),
        (
            GLOBAL,
            "The dog has mild blur and severe noise. The cat is underexposed. The rightmost red "
            "corner, which in the patch: noise at the bottom left.",
            "unfounded_place",
        ),
        (SHORT, "Severe noise, mild blur.", "wrong_order"),
        (SHORT, "Mild blur, moderate noise.", "wrong_grade"),
        (SHORT, "Mild blur.", "missing_distortion"),
        (SHORT, "mild blur and severe noise", "bad_format"),
        (POINT, "Bottom right. It is the dog, with mild blur and severe noise.", "wrong_position"),
        (POINT, "Top left. It is the cat, with mild blur and severe noise.", "wrong_region"),
        (POINT, "Top left. It is the dog, with mild blur.", "missing_distortion"),
    ],
)
def test_false_texts_are_refused(ask, text, rule):
    """A text that says what is not so is refused for the right reason."""
    assert rule in {violation.rule for violation in check_answer(text, ask, PICTURE)}


@settings(max_examples=150, deadline=None)
@given(pictures(), st.integers(0, 999))
def test_swapped_facts_are_noticed(picture, seed):
    """A text about one chain fails against the same region with another chain."""
    writer = TemplateWriter()
    for ask in ask_all(picture, seed):
        if ask.task not in ("referring", "local_description") or not ask.chain:
            continue
        text = writer.write(ask, picture, Stream(seed), 0).text
        other = next(f for f in FAMILIES if f not in {s.family for s in ask.chain})
        changed = ask.target.model_copy(update={"chain": [step(other), *ask.chain[1:]]})
        assert check_answer(
            text, Ask(ask.task, ask.sub_task, ask.form, "?", "p:0", changed), picture
        )


def test_a_plugin_family_is_written_and_checked():
    """A family with only its own words passes through writer and checker."""
    family = Family("raindrops", "raindrops", ("water drops",), ("covers it with drops",))
    target = region("a", [step("raindrops", "severe", 5)])
    picture = facts(target, families=FAMILIES | {"raindrops": family})
    for ask in ask_all(picture):
        for seed in range(20):
            text = TemplateWriter().write(ask, picture, Stream(seed), 0).text
            assert check_answer(text, ask, picture) == [], text


def test_texts_vary():
    """Two hundred keys give many different texts for one question."""
    texts = {TemplateWriter().write(LONG, PICTURE, Stream(n), 0).text for n in range(200)}
    assert len(texts) > 60
    assert (
        len({TemplateWriter().write(GLOBAL, PICTURE, Stream(n), 0).text for n in range(200)}) > 150
    )


def test_all_pairs_of_families_can_be_written():
    """No clause of one family sounds like another family to the checker."""
    for first, second in itertools.permutations(FAMILIES, 2):
        target = region("a", [step(first, "mild", 1), step(second, "severe", 3)])
        picture = facts(target)
        for ask in (
            Ask("referring", "long", "multi", "?", "p:0", target),
            Ask("local_description", "", "", "?", "p:0", target),
            Ask("global_description", "", "", "?", "p:0", None),
        ):
            for seed in range(6):
                text = TemplateWriter().write(ask, picture, Stream(seed), 0).text
                assert check_answer(text, ask, picture) == [], text


def test_every_family_can_be_written_beside_every_other():
    """Where a run knows all families, no clause of one names another, in chains of two, too."""
    names = list(EVERYTHING)
    for first, second in zip(names, [*names[7:], *names[:7]], strict=True):
        target = region("a", [step(first, "mild", 1), step(second, "severe", 3)])
        picture = facts(target, families=EVERYTHING)
        for ask in (
            Ask("referring", "long", "multi", "?", "p:0", target),
            Ask("local_description", "", "", "?", "p:0", target),
            Ask("global_description", "", "", "?", "p:0", None),
        ):
            for seed in range(8):
                text = TemplateWriter().write(ask, picture, Stream(seed), 0).text
                assert check_answer(text, ask, picture) == [], text


@pytest.mark.parametrize("family", EVERYTHING.values(), ids=list(EVERYTHING))
def test_what_a_family_does_names_no_family(family):
    """Its clauses stand in texts about it alone, so none may be read as another flaw's name."""
    assert len(family.effects) >= 2
    named = {one.family for clause in family.effects for one in mentioned(clause, EVERYTHING)}
    assert named <= {family.name}
