"""The gallery in a real browser: filters, slider, overlay, tabs, keyboard."""

import json

import pytest

from flows.looking.gallery.index import FACETS

pytestmark = pytest.mark.browser


@pytest.fixture
def gallery(page, dataset):
    """look.html as the build left it."""
    page.goto((dataset / "look.html").as_uri())
    return page


def visible(page):
    """Facets of the questions that are shown."""
    rows = page.locator(".questions li:visible")
    return [json.loads(rows.nth(n).get_attribute("data-facets")) for n in range(rows.count())]


def test_a_filter_leaves_what_fits(gallery):
    """Choosing a task and a split hides every other question and every picture without one."""
    everything = visible(gallery)
    gallery.select_option("select[name=task]", "grounding")
    gallery.select_option("select[name=split]", "train")
    left = visible(gallery)
    task, split = FACETS.index("task"), FACETS.index("split")
    assert left
    assert left == [f for f in everything if f[task] == ["grounding"] and f[split] == ["train"]]
    assert gallery.locator(".card:visible").count() <= len(left)
    assert f"{len(left)} of the" in gallery.inner_text("#shown")
    gallery.click("button[type=reset]")
    gallery.wait_for_function("() => !document.querySelector('.questions li[hidden]')")
    assert visible(gallery) == everything


def test_the_slider_uncovers_the_photograph(gallery):
    """At the left the degraded picture is seen, at the right the pristine one, by key as well."""
    slider = gallery.locator(".slider input").first
    before = gallery.locator(".before").first

    def pixels():
        return gallery.locator(".layers").first.screenshot()

    degraded = pixels()
    slider.focus()
    slider.press("End")
    assert before.evaluate("e => getComputedStyle(e).clipPath") == "inset(0px 0% 0px 0px)"
    assert pixels() != degraded
    slider.press("Home")
    assert pixels() == degraded
    gallery.check("#all-before")
    assert {s.input_value() for s in gallery.locator(".slider input").all()} == {"100"}


def test_a_question_marks_its_region(gallery):
    """The outline is that of the question chosen; it can be filled and hidden."""
    card = gallery.locator(".card").first
    with_region = card.locator(".question[data-outline^=M]")
    for question in with_region.all():
        question.click()
        assert question.get_attribute("aria-pressed") == "true"
        wanted = question.get_attribute("data-outline")
        assert card.locator("path.over").get_attribute("d") == wanted
    assert card.locator("[aria-pressed=true]").count() == 1
    gallery.select_option("#mask-style", "hidden")
    assert not card.locator("svg[role=img]").is_visible()
    gallery.select_option("#mask-style", "filled")
    fill = card.locator("path.over").evaluate("e => getComputedStyle(e).fillOpacity")
    assert 0 < float(fill) < 1


def test_tabs_by_keyboard(gallery):
    """Arrow keys go through the tabs; one panel is shown at a time."""
    gallery.focus("#tab-rows")
    for tab in ("rejects", "figures", "rows"):
        gallery.keyboard.press("ArrowRight")
        assert gallery.locator(f"#{tab}").is_visible()
        assert gallery.locator("[role=tabpanel]:visible").count() == 1
    gallery.click("#tab-figures")
    assert gallery.locator("#figures figure").count() >= 5


def test_text_is_large_enough_and_stands_out(gallery):
    """No text is smaller than 14 pixels, and each has a contrast of 4.5 or more."""
    assert gallery.evaluate(CONTRAST) == []


CONTRAST = """() => {
  const light = (colour) => {
    const [r, g, b] = colour.match(/[\\d.]+/g).map(Number).map((v) => {
      v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (e) => {
    for (; e; e = e.parentElement) {
      const colour = getComputedStyle(e).backgroundColor;
      if (!/, 0\\)$/.test(colour)) return colour;
    }
    return 'rgb(255, 255, 255)';
  };
  const bad = [];
  for (const e of document.querySelectorAll('body *')) {
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own || !e.checkVisibility() || e.tagName === 'OPTION' || e.tagName === 'SCRIPT') continue;
    const style = getComputedStyle(e), a = light(style.color), b = light(ground(e));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5 || parseFloat(style.fontSize) < 13.5)
      bad.push(`${e.tagName}.${e.className} ${ratio.toFixed(2)} ${style.fontSize}`);
  }
  return [...new Set(bad)];
}"""
"""Elements with text of their own that are too small or too pale.

Source: WCAG 2.2, success criterion 1.4.3, relative luminance and contrast ratio.
"""


def test_the_server_filters_and_turns_pages(page, dataset, serve):
    """Filters go to the server, pages follow each other, pictures come when they are asked for."""
    _, (address,) = serve("look", dataset, "--serve")
    page.goto(address)
    first = page.locator(".card").first.get_attribute("aria-label")
    page.click("a[rel=next]")
    assert page.locator(".card").first.get_attribute("aria-label") != first
    page.select_option("select[name=task]", "global_description")
    page.wait_for_url("**task=global_description*")
    task = FACETS.index("task")
    assert {f[task][0] for f in visible(page)} == {"global_description"}
    image = page.locator(".layers img").first
    image.scroll_into_view_if_needed()
    page.wait_for_function("() => document.querySelector('.layers img').naturalWidth > 0")
    assert image.evaluate("e => e.naturalWidth") == int(image.get_attribute("width"))
