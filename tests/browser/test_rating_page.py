"""Raters at work in a real browser: by keyboard, through reloads, kills and beside each other."""

import signal

import pytest

from flows.looking.study.folder import ratings_of, read_study
from tests.browser.test_gallery_page import CONTRAST

pytestmark = pytest.mark.browser


@pytest.fixture
def study(dataset, spider, tmp_path):
    """A study of two people who both rate every row of it."""
    out = tmp_path / "study"
    people = ("--name", "ada", "--name", "grace")
    done = spider("study", "sample", dataset, "--out", out, "--share", 0.3, *people)
    assert done.returncode == 0, done.stderr
    return out


def begin(page, address):
    """Open a rater's address and go past the examples, by keyboard."""
    page.goto(address)
    if page.locator("#begin").count():
        page.keyboard.press("Enter")
    page.wait_for_selector("fieldset.on")


def rate(page, scores):
    """One row: a key for each dimension, then Enter."""
    place = page.locator("body").get_attribute("data-place")
    for score in scores:
        page.keyboard.press(str(score))
    page.keyboard.press("Enter")
    page.wait_for_selector(f"body:not([data-place='{place}'])")


def kept(folder, rater):
    """Scores of a rater by row id."""
    found = {}
    for one in ratings_of(folder).all(rater):
        found.setdefault(one.row_id, {})[one.dimension] = one.score
    return found


def test_ten_rows_by_keyboard_reload_and_kill(page, study, serve):
    """Ten rows rated by keys alone are on the disk, after a reload and after SIGKILL as well."""
    drawn = read_study(study)
    process, addresses = serve("study", "serve", study)
    begin(page, addresses[0])
    given = [[1 + (row + d) % 5 for d in range(4)] for row in range(10)]
    for scores in given[:4]:
        rate(page, scores)
    page.reload()
    assert page.inner_text("#done").startswith("4 of")
    for scores in given[4:7]:
        rate(page, scores)
    page.keyboard.press("3")
    page.wait_for_selector("fieldset[aria-busy=false] input:checked", state="attached")
    process.send_signal(signal.SIGKILL)
    process.wait()
    page.keyboard.press("4")
    page.wait_for_selector("#trouble:visible")
    assert page.locator("fieldset").nth(1).locator("input:checked").count() == 0
    port = addresses[0].split(":")[2].split("/")[0]
    _, again = serve("study", "serve", study, port=port)
    assert again == addresses
    begin(page, addresses[0])
    assert page.locator("fieldset input:checked").count() == 1
    for scores in (given[7][1:], *given[8:]):
        rate(page, scores)
    found = kept(study, "ada")
    rows = [drawn.items[n].row_id for n in drawn.shown["ada"][:10]]
    names = [one.name for one in drawn.dimensions]
    assert [found[row] for row in rows] == [dict(zip(names, s, strict=True)) for s in given]
    assert len(found) == 10


def test_two_people_at_once(browser, study, serve):
    """Two raters who take turns have their own progress and their own scores."""
    _, addresses = serve("study", "serve", study)
    pages = [browser.new_context().new_page() for _ in addresses]
    for page, address in zip(pages, addresses, strict=True):
        begin(page, address)
    for _ in range(3):
        for score, page in enumerate(pages, 2):
            rate(page, [score] * 4)
    for score, (page, rater) in enumerate(zip(pages, ("ada", "grace"), strict=True), 2):
        assert page.inner_text("#done").startswith("3 of")
        assert [set(said.values()) for said in kept(study, rater).values()] == [{score}] * 3
        page.context.close()


def test_take_back_change_and_go_back(page, study, serve):
    """A score can be taken back, changed and looked at again; the mask goes on and off."""
    _, addresses = serve("study", "serve", study)
    begin(page, addresses[0])
    rate(page, [1, 2, 3, 4])
    page.keyboard.press("u")
    page.wait_for_selector("body[data-place='0']")
    last = page.locator("fieldset").nth(3)
    assert last.locator("input:checked").count() == 0
    assert "on" in last.get_attribute("class")
    page.keyboard.press("5")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("1")
    page.keyboard.press("w")
    page.keyboard.type("12 grains")
    page.keyboard.press("Enter")
    page.wait_for_selector("body[data-place='1']")
    page.keyboard.press("ArrowLeft")
    page.wait_for_selector("body[data-place='0']")
    scores = page.locator("fieldset input:checked")
    assert [scores.nth(n).input_value() for n in range(4)] == ["1", "2", "1", "5"]
    assert page.input_value("#words") == "12 grains"
    page.keyboard.press("m")
    assert "off" in page.locator("#picture").get_attribute("class")


def test_both_pages_can_be_read(page, study, serve):
    """Examples and rating page have text that is large enough and stands out."""
    _, addresses = serve("study", "serve", study)
    page.goto(addresses[0])
    assert page.locator(".examples article").count() >= 1
    assert page.evaluate(CONTRAST) == []
    begin(page, addresses[0])
    page.keyboard.press("3")
    assert page.evaluate(CONTRAST) == []
