"""The page and /docs in a browser that runs no JavaScript."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenTab
from tests.browser.tab import Tab
from tests.browser.test_looks import PHONE
from tests.faults.stack import Stack
from tests.integration.http_calls import call
from tests.waiting import eventually


@pytest.fixture
def tab(open_tab: OpenTab) -> Tab:
    """A tab without JavaScript, on a phone."""
    return open_tab(java_script_enabled=False, viewport=PHONE)


def test_nothing_is_shown_that_is_false_or_does_nothing(tab: Tab) -> None:
    """Neither the form, nor an order, nor a chart with numbers that were never fetched."""
    expect(tab.page.get_by_role("heading", name="Pizzeria")).to_be_visible()
    expect(tab.page.get_by_role("heading", name="Order with curl")).to_be_visible()
    for each in ("button", "textbox", "table", "status", "progressbar"):
        expect(tab.page.get_by_role(each)).to_have_count(0)
    expect(tab.your_order.or_(tab.report)).to_have_count(0)
    expect(tab.page.get_by_text("None from this browser yet")).to_be_hidden()


def test_its_commands_order_and_show_the_order_and_the_report(tab: Tab, system: Stack) -> None:
    """At the address under which the page was opened."""
    place, show, report = tab.page.locator("noscript pre").inner_text().splitlines()
    origin = re.escape(tab.page.url)
    [order] = re.findall(f"^curl -X POST {origin}(order/3)$", place)
    _, _, accepted = call("POST", system.api_port, f"/{order}")
    [path] = re.findall(f"^curl {origin}(order/<order_id>)$", show)
    path = path.replace("<order_id>", accepted["order_id"])
    eventually(lambda: call("GET", system.api_port, f"/{path}")[2]["status"] == "ready")
    [path] = re.findall(f"^curl {origin}(report/.*)$", report)
    eventually(lambda: sum(call("GET", system.api_port, f"/{path}")[2].values()) >= 3)


def test_the_api_documentation_leads_to_the_document(tab: Tab) -> None:
    """Which can be read without the page."""
    tab.page.get_by_role("link", name="API documentation").click()
    expect(tab.page.get_by_role("link", name="/openapi.json")).to_be_visible()
    tab.page.get_by_role("link", name="/openapi.json").click()
    expect(tab.page.locator("body")).to_contain_text('"openapi":')
