"""The page at /docs, where the API is read and tried."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenTab
from tests.browser.test_looks import BRIGHTNESS


@pytest.mark.parametrize("width", [360, 1200])
def test_an_order_is_tried_and_shown(open_tab: OpenTab, width: int) -> None:
    """With the API's own files alone, under the page's policy, and nothing is wider than the screen."""
    tab = open_tab(viewport={"width": width, "height": 740})
    tab.page.goto(f"{tab.page.url}docs")
    tab.page.get_by_role("button", name="Order pizzas").click()
    tab.page.get_by_role("button", name="Execute").click()
    expect(tab.page.locator(".live-responses-table")).to_contain_text('"order_id"')
    assert tab.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_the_documentation_is_linked_on_the_page(open_tab: OpenTab) -> None:
    """A user need not know its address."""
    tab = open_tab()
    tab.page.get_by_role("link", name="API documentation").click()
    expect(tab.page.get_by_role("button", name="Order pizzas")).to_be_visible()


def test_the_documentation_is_as_dark_as_the_user_likes(open_tab: OpenTab) -> None:
    """Its background and its text follow the system's setting, also when that changes."""
    tab = open_tab(color_scheme="dark")
    tab.page.goto(f"{tab.page.url}docs")
    title = tab.page.get_by_role("heading", name="Pizzeria")
    expect(title).to_be_visible()
    assert tab.evaluate(BRIGHTNESS) < 0.2
    color = title.evaluate("(title) => getComputedStyle(title).color")
    tab.page.emulate_media(color_scheme="light")
    expect(title).not_to_have_css("color", color)
    assert tab.evaluate(BRIGHTNESS) > 0.8
