"""The page on a phone, in the dark, without motion, and by keyboard alone."""

import re

import pytest
from playwright.sync_api import expect

from pizzeria.toppings import TOPPINGS
from tests.browser.conftest import OpenTab

PHONE = {"width": 360, "height": 740}
BRIGHTNESS = """() => {
  const rgb = [document.body, document.documentElement].map((e) => getComputedStyle(e).backgroundColor)
    .find((color) => !/^rgba\\(.*, 0\\)$/.test(color)) ?? 'rgb(255, 255, 255)';
  const canvas = new OffscreenCanvas(1, 1).getContext('2d');
  canvas.fillStyle = rgb;
  canvas.fillRect(0, 0, 1, 1);
  const [r, g, b] = canvas.getImageData(0, 0, 1, 1).data;
  return (0.3 * r + 0.6 * g + 0.1 * b) / 255;
}"""
# What has the focus, and whether it, or what it is a part of, is outlined.
FOCUSED = """() => {
  const seen = (e) => getComputedStyle(e).outlineStyle !== 'none' || (e.parentElement && seen(e.parentElement));
  return [document.activeElement.tagName, seen(document.activeElement) ?? false];
}"""


@pytest.mark.parametrize("count", [5, 60])
def test_on_a_phone_nothing_is_wider_than_the_screen(open_tab: OpenTab, count: int) -> None:
    """Neither the form, nor an order, nor the charts."""
    tab = open_tab(viewport=PHONE, has_touch=True, is_mobile=True)
    tab.order(count)
    expect(tab.status).to_have_text(re.compile(f"Ready: {count} pizzas"), timeout=20_000)
    expect(tab.report.get_by_role("heading", level=3)).to_have_count(len(TOPPINGS))
    assert tab.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    for each in (tab.count, tab.button):
        box = each.bounding_box()
        assert box
        assert box["height"] >= 40, "too small for a finger"


@pytest.mark.parametrize(("scheme", "low", "high"), [("dark", 0, 0.2), ("light", 0.8, 1)])
def test_the_page_is_as_dark_as_the_user_likes(open_tab: OpenTab, scheme: str, low: float, high: float) -> None:
    """The background follows the system's setting."""
    assert low <= open_tab(color_scheme=scheme).evaluate(BRIGHTNESS) <= high


def test_nothing_moves_for_who_wants_no_motion(open_tab: OpenTab, unfinished: str) -> None:
    """Not even while an order is made."""
    tab = open_tab(unfinished, reduced_motion="reduce")
    expect(tab.toppings("waiting", "cheese")).to_have_count(2)
    assert tab.evaluate("document.getAnimations().filter((each) => each.playState === 'running').length") == 0


def test_the_keyboard_alone_is_enough(open_tab: OpenTab) -> None:
    """Tab leads to the field, Enter orders, and what has the focus is always seen."""
    tab = open_tab()
    keys = tab.page.keyboard
    for _ in range(5):
        keys.press("Tab")
        assert tab.evaluate(FOCUSED)[1], "the focus is not seen"
        if tab.count.evaluate("(field) => field === document.activeElement"):
            break
    expect(tab.count).to_be_focused()
    keys.press("Control+A")
    keys.type("3")
    keys.press("Enter")
    tab.expect_ready(3)
    keys.press("Escape")
    tab.expect_ready(3)
    tab.page.reload()
    tab.expect_ready(3)
    reached = set()
    for _ in range(20):
        keys.press("Tab")
        tag, seen = tab.evaluate(FOCUSED)
        assert seen or tag == "BODY", f"the focus on {tag} is not seen"
        reached.add(tag)
    assert {"INPUT", "BUTTON", "A"} <= reached
    tab.earlier.first.focus()
    keys.press("Enter")
    tab.expect_ready(3)


def test_in_forced_colors_the_button_the_progress_and_an_alert_are_seen(open_tab: OpenTab, timed_out: str) -> None:
    """Backgrounds are removed then: what only a background shows is lost."""
    tab = open_tab(timed_out, forced_colors="active", reduced_motion="reduce")
    for each in (tab.button, tab.alert("cheese")):
        expect(each).to_have_css("border-style", "solid")
    progress = tab.your_order.get_by_role("progressbar", name="Toppings")
    expect(progress).to_have_js_property("value", 7)
    picture = progress.screenshot()
    progress.evaluate("(bar) => { bar.value = 0; }")
    assert progress.screenshot() != picture


def test_a_big_order_is_printed_to_its_end(open_tab: OpenTab) -> None:
    """Paper does not scroll."""
    tab = open_tab()
    tab.order(60)
    tab.expect_ready(60)
    tab.page.emulate_media(media="print")
    box = tab.your_order.get_by_role("list", name="Pizzas")
    assert box.evaluate("(box) => box.scrollHeight <= box.clientHeight")
