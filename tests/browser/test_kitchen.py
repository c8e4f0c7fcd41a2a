"""The kitchen, /#kitchen: what flows, what waits, and what is down."""

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.breaking import paused, stopped, without_redis
from tests.browser.conftest import OpenTab
from tests.browser.tab import Tab
from tests.browser.test_accessibility import LOOKS, violations
from tests.faults.stack import Stack
from tests.integration.http_calls import call
from tests.integration.test_metrics import metrics
from tests.waiting import eventually

DOWN = re.compile(r"\bdown\b")
SEEN_MS = 20_000  # a group notices after 10 s that a member has gone without a word


@pytest.fixture
def tab(open_tab: OpenTab) -> Tab:
    """The kitchen, in which all is well."""
    tab = open_tab("kitchen")
    expect(status(tab)).to_have_text("Everything works.", timeout=SEEN_MS)
    return tab


def status(tab: Tab) -> Locator:
    """Return what is said of the whole."""
    return tab.page.get_by_role("region", name="The kitchen").get_by_role("status")


def station(tab: Tab, name: str) -> Locator:
    """Return a service."""
    return tab.page.get_by_role("article", name=name, exact=True)


def waiting(tab: Tab, name: str) -> int:
    """Return how many records wait for a service."""
    return int(station(tab, name).locator("[data-lag]").inner_text().replace(",", ""))


def order(system: Stack, orders: int) -> None:
    """Order ten pizzas, so many times."""
    for _ in range(orders):
        assert call("POST", system.api_port, "/order/10")[0] == 202


def test_a_service_that_is_stopped_is_seen_and_so_is_what_piles_up_and_drains(tab: Tab, system: Stack) -> None:
    """It turns red, with the command that helps; its backlog grows while the others work, and drains afterwards."""
    with stopped(system, "workers cheese"):
        expect(station(tab, "Cheese").get_by_text("no member")).to_be_visible(timeout=SEEN_MS)
        expect(station(tab, "Cheese")).to_have_class(DOWN)
        expect(station(tab, "Sauce")).not_to_have_class(DOWN)
        problem = tab.page.get_by_role("list", name="Problems").get_by_role("listitem")
        expect(problem).to_contain_text("workers cheese: its consumer group has no member")
        expect(problem).to_contain_text("docker compose up -d cheese")
        order(system, 5)
        eventually(lambda: waiting(tab, "Cheese") >= 50)
        order(system, 5)
        eventually(lambda: waiting(tab, "Cheese") >= 100)
        eventually(lambda: waiting(tab, "Sauce") == 0)
        expect(station(tab, "Cheese").get_by_text(re.compile(r"waiting, for \d+ s"))).to_be_visible()
    eventually(lambda: waiting(tab, "Cheese") == 0)
    expect(station(tab, "Cheese")).not_to_have_class(DOWN)
    expect(status(tab)).to_have_text("Everything works.", timeout=SEEN_MS)
    expect(problem).to_have_count(0)


def test_a_service_that_is_frozen_is_seen(tab: Tab, system: Stack) -> None:
    """It still is a member of its group, but answers nobody."""
    with paused(system["workers meats"]):
        expect(station(tab, "Meats").get_by_text("1 member, 1 no answer")).to_be_visible(timeout=SEEN_MS)
        expect(station(tab, "Meats")).to_have_class(DOWN)
    expect(station(tab, "Meats").get_by_text("1 member", exact=True)).to_be_visible(timeout=SEEN_MS)
    expect(status(tab)).to_have_text("Everything works.", timeout=SEEN_MS)


def test_what_flows_is_seen_along_each_way(tab: Tab, system: Stack) -> None:
    """In events a second; nothing moves when nothing comes."""
    ways = tab.page.locator(".way")
    expect(ways).to_have_count(7)
    order(system, 20)
    expect(tab.page.locator(".way.flows")).to_have_count(7)
    rate = float(tab.page.locator('[data-topic="pizza"] [data-rate]').inner_text())
    assert rate > 0
    expect(tab.page.locator(".way.flows")).to_have_count(0, timeout=SEEN_MS)


def test_redis_away_is_seen_and_the_rest_goes_on(tab: Tab, system: Stack) -> None:
    """What only Redis knows is not shown."""
    with without_redis(system):
        expect(tab.page.get_by_role("article", name="Redis")).to_have_class(DOWN, timeout=SEEN_MS)
        expect(station(tab, "Cheese").get_by_text("1 member", exact=True)).to_be_visible()
    expect(status(tab)).to_have_text("Everything works.", timeout=SEEN_MS)


def test_the_api_away_is_said_and_the_kitchen_comes_back_by_itself(tab: Tab, system: Stack) -> None:
    """It goes on with what it shows."""
    tab.errors_expected = True
    with stopped(system, "api"):
        expect(tab.alert("Connection lost; retrying")).to_be_visible()
    expect(tab.alert()).to_have_count(0, timeout=SEEN_MS)
    expect(status(tab)).to_have_text("Everything works.", timeout=SEEN_MS)


def test_one_goes_from_the_orders_to_the_kitchen_and_back_by_keyboard(open_tab: OpenTab) -> None:
    """The view that is shown is the current one, and the other one is not there for a screen reader."""
    tab = open_tab()
    kitchen = tab.page.get_by_role("region", name="The kitchen")
    for name, is_kitchen in (("Kitchen", True), ("Orders", False)):
        tab.page.get_by_role("link", name=name).focus()
        tab.page.keyboard.press("Enter")
        expect(tab.page.get_by_role("link", name=name)).to_have_attribute("aria-current", "page")
        expect(kitchen).to_have_count(1 if is_kitchen else 0)
        expect(tab.your_order).to_have_count(0 if is_kitchen else 1)


def test_a_kitchen_that_nobody_looks_at_takes_no_connection(tab: Tab, system: Stack) -> None:
    """The stream ends when one goes back to the orders."""
    eventually(lambda: metrics(system.api_port)["pizzeria_status_streams"] == 1)
    tab.page.get_by_role("link", name="Orders").click()
    expect(tab.your_order).to_be_visible()
    eventually(lambda: metrics(system.api_port)["pizzeria_status_streams"] == 0)


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_axe_finds_no_barrier(open_tab: OpenTab, system: Stack, look: dict[str, object]) -> None:
    """With a service that is down, and what is wrong; nothing moves for those who want less motion."""
    tab = open_tab("kitchen", reduced_motion="reduce", **look)
    order(system, 3)
    with paused(system["workers veggies"]):
        expect(station(tab, "Veggies")).to_have_class(DOWN, timeout=SEEN_MS)
        assert violations(tab) == []
        assert tab.evaluate("document.getAnimations().length") == 0
        assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    expect(status(tab)).to_have_text("Everything works.", timeout=SEEN_MS)
