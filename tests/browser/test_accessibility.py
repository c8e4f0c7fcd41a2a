"""axe finds no barriers for users of a screen reader or a keyboard, or with low vision."""

import re
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Route, expect

from tests.browser.conftest import OpenTab
from tests.browser.tab import Tab
from tests.browser.test_looks import PHONE

LOOKS = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "phone": {"color_scheme": "light", "viewport": PHONE, "has_touch": True, "is_mobile": True},
    "dark phone": {"color_scheme": "dark", "viewport": PHONE, "has_touch": True, "is_mobile": True},
}

OPTIONS = {
    "resultTypes": ["violations", "passes"],
    # Otherwise no color at all is judged, for the body's ::before, a band above everything, might lie behind a word.
    "checks": {"color-contrast": {"options": {"ignorePseudo": True}}},
}


@pytest.fixture(params=list(LOOKS.values()), ids=list(LOOKS))
def look(request: pytest.FixtureRequest) -> Any:
    """How the page is looked at; without motion, for axe must not measure a color that is changing."""
    return {"reduced_motion": "reduce", **request.param}


def violations(tab: Tab, colors: int = 20) -> list[str]:
    """Return what axe finds, with the elements and why."""
    found = Axe().run(tab.page, options=OPTIONS).response
    assert len(nodes(found["passes"], "color-contrast")) > colors, "colors are not judged"
    return [f"{node['target']}: {node['failureSummary']}" for node in nodes(found["violations"])]


def nodes(results: Any, rule: str = "") -> list[Any]:
    """Return the elements that axe has something to say of, by all rules or one."""
    return [node for each in results if rule in ("", each["id"]) for node in each["nodes"]]


def test_the_empty_page(open_tab: OpenTab, look: Any) -> None:
    """Before any order."""
    assert violations(open_tab(**look)) == []


def test_the_page_without_javascript(open_tab: OpenTab, look: Any) -> None:
    """What is left of it; axe itself needs JavaScript, so the page gets no script, and its noscript is unwrapped."""
    tab = open_tab(**look)

    def unwrap(route: Route) -> None:
        response = route.fetch()
        route.fulfill(response=response, body=re.sub("</?noscript>", "", response.text()))

    tab.page.route(tab.page.url, unwrap)
    tab.page.route("**/page.js", lambda route: route.fulfill(content_type="text/javascript", body=""))
    tab.page.reload()
    expect(tab.page.get_by_role("heading", name="Order with curl")).to_be_visible()
    expect(tab.button).to_be_hidden()
    assert violations(tab, colors=5) == []


def test_an_order_from_start_to_end(open_tab: OpenTab, look: Any, unfinished: str) -> None:
    """While it is made, and ready, with one earlier order."""
    tab = open_tab(unfinished, **look)
    expect(tab.toppings("waiting", "cheese")).to_have_count(2)
    assert violations(tab) == []
    tab.order(5)
    tab.expect_ready(5)
    assert violations(tab) == []


def test_an_order_that_timed_out(open_tab: OpenTab, look: Any, timed_out: str) -> None:
    """With its alert."""
    tab = open_tab(timed_out, **look)
    expect(tab.toppings("missing", "cheese")).to_have_count(2)
    expect(tab.alert("cheese")).to_be_visible()
    assert violations(tab) == []


def test_an_alert_and_a_field_with_a_mistake(open_tab: OpenTab, look: Any) -> None:
    """An unknown order, and an invalid number."""
    tab = open_tab(**look)
    tab.errors_expected = True
    tab.open("6f0c")
    expect(tab.alert("No order")).to_be_visible()
    assert violations(tab) == []
    tab.count.fill("0")
    tab.button.click()
    expect(tab.alert("1 to 1000")).to_be_visible()
    assert violations(tab) == []


def test_charts_that_are_stale(open_tab: OpenTab, look: Any) -> None:
    """The badge can be read, and says why."""
    tab = open_tab(**look)
    stale = {"Cache-Status": 'reporter; hit; ttl=-7; detail="Redis is down"', "Content-Type": "application/json"}
    tab.page.route("**/report/*", lambda route: route.fulfill(headers=stale, body='{"none": 3}'))
    expect(tab.report.get_by_text("stale")).to_be_visible()
    expect(tab.report.get_by_text("Redis is down")).to_be_visible()
    assert violations(tab) == []
