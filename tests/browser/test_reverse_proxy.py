"""The page behind a reverse proxy that serves it under another name, in a folder."""

from playwright.sync_api import Browser, expect

from tests.browser.tab import Tab
from tests.faults.stack import Stack
from tests.reverse_proxy import reverse_proxy


def test_an_order_is_placed_and_followed_in_a_folder_of_the_proxy(browser: Browser, system: Stack) -> None:
    """The page, its files, the order's events, the report, the kitchen and the documentation are all below it."""
    context = browser.new_context()
    with reverse_proxy(system.api_port) as url:
        tab = Tab(context.new_page(), url)
        tab.open()
        tab.order(2)
        tab.expect_ready(2)
        expect(tab.report.get_by_role("row").nth(1)).to_be_visible()
        tab.page.goto(f"{url}/#kitchen")
        expect(tab.page.get_by_role("cell", name="joiner").or_(tab.page.get_by_text("joiner")).first).to_be_visible()
        tab.page.goto(f"{url}/docs")
        tab.page.get_by_role("button", name="Order pizzas").click()
        tab.page.get_by_role("button", name="Execute").click()
        expect(tab.page.locator(".live-responses-table")).to_contain_text('"order_id"')
        expect(tab.page.locator(".request-url")).to_contain_text(f"{url}/order/")
        context.close()
    assert tab.problems == []
