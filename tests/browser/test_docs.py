"""The page at /docs, where the API is read and tried."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenTab


@pytest.mark.parametrize("width", [360, 1200])
def test_an_order_is_tried_and_shown(open_tab: OpenTab, width: int) -> None:
    """With the API's own files alone, under the page's policy, and nothing is wider than the screen."""
    tab = open_tab(viewport={"width": width, "height": 740})
    tab.page.goto(f"{tab.page.url}docs")
    tab.page.get_by_role("button", name="Order pizzas").click()
    tab.page.get_by_role("button", name="Execute").click()
    expect(tab.page.locator(".live-responses-table")).to_contain_text('"order_id"')
    assert tab.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
