"""Orders, from the form to the last topping."""

import re
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from local.ports import HOST
from pizzeria.runtime.problem import ProblemType
from pizzeria.store import OrderStore
from pizzeria.toppings import TOPPINGS
from tests.browser.breaking import paused
from tests.browser.conftest import OpenTab
from tests.faults.stack import Stack
from tests.integration.http_calls import call

# The longest time that the page did not come to do anything else, and how long a click waited for it.
WATCH = """() => {
  let last = performance.now();
  window.longest = 0;
  setInterval(() => {
    const now = performance.now();
    window.longest = Math.max(window.longest, now - last);
    last = now;
  }, 10);
  addEventListener("click", (event) => { window.waited = performance.now() - event.timeStamp; }, true);
}"""


def view(system: Stack, order_id: str) -> Any:
    """Return an order as the API gives it."""
    return call("GET", system.api_port, f"/order/{order_id}")[2]


@pytest.mark.parametrize("count", [1, 5, 20])
def test_an_order_is_watched_until_it_is_ready(open_tab: OpenTab, system: Stack, count: int) -> None:
    """Every topping of every pizza is what the API says."""
    tab = open_tab()
    order_id = tab.order(count)
    tab.expect_ready(count)
    pizzas = view(system, order_id)["pizzas"]
    expect(tab.pizzas).to_have_count(count)
    for topping in TOPPINGS:
        expect(tab.toppings("there", topping)).to_have_text([pizza[topping] for pizza in pizzas])


def test_the_page_shows_what_an_order_waits_for(open_tab: OpenTab, system: Stack) -> None:
    """With no cheese there are three of four toppings; with the cheese the order becomes ready without a reload."""
    tab = open_tab()
    with paused(system["workers cheese"]):
        tab.order(5)
        expect(tab.toppings("there")).to_have_count(5 * (len(TOPPINGS) - 1))
        expect(tab.toppings("waiting", "cheese")).to_have_count(5)
        expect(tab.status).to_have_text("Preparing: 0 of 5 ready")
        progress = tab.your_order.get_by_role("progressbar", name="Toppings")
        assert progress.evaluate("(bar) => bar.position") == pytest.approx(1 - 1 / len(TOPPINGS))
    tab.expect_ready(5)


def test_an_order_that_is_partly_ready_shows_how_many(open_tab: OpenTab, unfinished: str) -> None:
    """One of three, and one of the others lacks only its cheese."""
    tab = open_tab(unfinished)
    expect(tab.status).to_have_text("Preparing: 1 of 3 ready")
    expect(tab.toppings("there")).to_have_count(7)
    expect(tab.toppings("waiting", "cheese")).to_have_count(2)


def test_an_order_shows_its_own_toppings(open_tab: OpenTab, without_crust: str) -> None:
    """One that has left the menu has a line and is counted; those that came later are neither missing nor counted."""
    tab = open_tab(without_crust)
    expect(tab.status).to_have_text("Timed out: 1 of 2 ready")
    expect(tab.toppings("there")).to_have_count(5)
    expect(tab.toppings("there", "crust")).to_have_text("thin")
    expect(tab.toppings("missing")).to_have_count(1)
    expect(tab.toppings("missing", "crust")).to_have_text("missing")
    expect(tab.your_order.get_by_text("5 of 6 toppings")).to_be_visible()
    expect(tab.alert("^Pizza 2 lacks crust. Toppings that arrive late")).to_have_count(1)
    expect(tab.toppings("unneeded")).to_have_count(4)


def test_a_reload_keeps_the_order(open_tab: OpenTab) -> None:
    """Its id is in the address."""
    tab = open_tab()
    order_id = tab.order(5)
    tab.expect_ready(5)
    said = tab.status.inner_text()
    tab.page.reload()
    tab.expect_ready(5)
    assert tab.status.inner_text() == said
    assert tab.page.url.endswith(f"/#{order_id}")


def test_the_link_of_an_order_shows_it_in_another_browser(open_tab: OpenTab) -> None:
    """Whoever has the address sees the order, also while it is made."""
    order_id = open_tab().order(5)
    open_tab(order_id).expect_ready(5)


def test_an_unknown_order_is_reported(open_tab: OpenTab) -> None:
    """The alert names it, and goes with the next order."""
    tab = open_tab()
    tab.errors_expected = True
    tab.open("6f0c")
    expect(tab.alert("No order 6f0c")).to_be_visible()
    tab.order(1)
    tab.expect_ready(1)


def test_what_is_no_number_of_pizzas_is_not_sent(open_tab: OpenTab) -> None:
    """The form knows the largest order, and says what is wrong."""
    tab = open_tab()
    expect(tab.count).to_have_value("5")
    for wrong in ("0", "1001", "", "1.5"):
        tab.count.fill(wrong)
        tab.button.click()
        expect(tab.alert("1 to 1000")).to_be_visible()
    assert tab.posted == 0
    tab.order(1)
    tab.expect_ready(1)


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("1e2", "“1e2” is not a whole number from 1 to 1000."),
        ("-3", "“-3” is not a whole number from 1 to 1000."),
        ("three", "“three” is not a whole number from 1 to 1000."),
        ("1001", "“1001” is not a whole number from 1 to 1000."),
        (" ", "Enter a whole number from 1 to 1000."),
    ],
)
def test_the_field_names_what_is_wrong_with_its_value(open_tab: OpenTab, typed: str, message: str) -> None:
    """Where it was typed, also for a screen reader; nothing is sent, and another value takes the message away."""
    tab = open_tab()
    tab.count.fill(typed)
    tab.button.click()
    expect(tab.count).to_be_focused()
    expect(tab.count).to_have_attribute("aria-invalid", "true")
    expect(tab.count).to_have_accessible_description(re.compile(f"^{re.escape(message)}"))
    expect(tab.page.locator("form").get_by_role("alert")).to_have_text(message)
    tab.count.fill("2")
    expect(tab.alert()).to_have_count(0)
    expect(tab.count).not_to_have_attribute("aria-invalid", "true")
    assert tab.posted == 0


def test_arrow_keys_and_buttons_step_the_number_within_its_range(open_tab: OpenTab) -> None:
    """By one, and never below 1 or above the largest order."""
    tab = open_tab()
    for key, value in (("ArrowUp", "6"), ("ArrowDown", "5")):
        tab.count.press(key)
        expect(tab.count).to_have_value(value)
    for typed, button, value in (("1", "One fewer", "1"), ("999", "One more", "1000"), ("1000", "One more", "1000")):
        tab.count.fill(typed)
        tab.page.get_by_role("button", name=button).click()
        expect(tab.count).to_have_value(value)


def test_a_double_click_orders_once(open_tab: OpenTab) -> None:
    """Also when the first order is answered before the second click; a click of its own orders again."""
    tab = open_tab()
    tab.button.click()
    tab.expect_ready(5)
    tab.button.dispatch_event("click", {"detail": 2})
    tab.order(1)
    tab.expect_ready(1)
    assert tab.posted == 2


def test_a_choice_may_have_any_name(open_tab: OpenTab, store: OrderStore) -> None:
    """Also that of something that every object has in JavaScript: a foreign service may choose anything."""
    order_id = uuid4().hex
    names = ["constructor", "__proto__", "toString & constructor", "hasOwnProperty"]
    first, second = dict(zip(TOPPINGS, names, strict=True)), dict(zip(TOPPINGS, reversed(names), strict=True))
    store.join({(order_id, 2): {0: first, 1: second}})
    tab = open_tab(order_id)
    tab.expect_ready(2)
    for topping in TOPPINGS:
        expect(tab.toppings("there", topping)).to_have_text([first[topping], second[topping]])


def test_a_page_of_another_site_can_order_nothing(open_tab: OpenTab, system: Stack) -> None:
    """A browser sends such a form without asking; the page itself orders as always."""
    page = open_tab().page.context.new_page()
    before = set(system.redis.scan_iter("order:*"))
    form = f'<form method="post" action="http://{HOST}:{system.api_port}/order/3"><button>Win</button></form>'
    page.route("http://elsewhere.example/", lambda route: route.fulfill(body=form, content_type="text/html"))
    page.goto("http://elsewhere.example/")
    with page.expect_response("**/order/3") as answer:
        page.get_by_role("button").click()
    assert answer.value.json()["type"] == ProblemType.CROSS_SITE.uri
    assert set(system.redis.scan_iter("order:*")) == before


def test_earlier_orders_are_remembered(open_tab: OpenTab) -> None:
    """On this browser alone, and a link leads back to each."""
    tab = open_tab()
    first = tab.order(1)
    tab.expect_ready(1)
    second = tab.order(2)
    tab.expect_ready(2)
    tab.page.reload()
    for order_id in (first, second):
        expect(tab.earlier.and_(tab.page.locator(f'[href="#{order_id}"]'))).to_have_count(1)
    tab.page.locator(f'a[href="#{first}"]').click()
    tab.expect_ready(1)
    tab.page.go_back()
    tab.expect_ready(2)
    expect(open_tab().earlier).to_have_count(0)


def test_earlier_orders_are_remembered_as_long_as_the_page_is_when_nothing_can_be_stored(open_tab: OpenTab) -> None:
    """All of them, not only the last."""
    tab = open_tab()
    tab.evaluate("() => { Storage.prototype.setItem = () => { throw new DOMException('full'); } }")
    for count in (1, 2, 3):
        tab.order(count)
        tab.expect_ready(count)
    expect(tab.earlier).to_have_count(3)


def test_two_tabs_show_each_its_own_order(open_tab: OpenTab) -> None:
    """And both orders are remembered."""
    one = open_tab()
    two = open_tab(beside=one)
    orders = [one.order(3), two.order(4)]
    one.expect_ready(3)
    two.expect_ready(4)
    two.page.reload()
    assert {link.get_attribute("href") for link in two.earlier.all()} == {f"#{order_id}" for order_id in orders}


def test_an_order_of_1000_does_not_hold_the_page_up(open_tab: OpenTab, system: Stack) -> None:
    """While it is made, and after, a click is handled at once."""
    tab = open_tab()
    field = tab.count.element_handle()  # looked up once: to find it by its role among 1000 pizzas takes the test long
    tab.evaluate(WATCH)

    def click() -> None:
        box = field.bounding_box()
        assert box
        tab.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        assert field.evaluate("(field) => field === document.activeElement")
        assert tab.evaluate("window.waited") < 1000

    order_id = tab.order(1000)
    click()
    expect(tab.page.locator("#status")).to_have_text(re.compile("Ready: 1000 pizzas"), timeout=60_000)
    click()
    assert tab.evaluate("window.longest") < 1000
    assert view(system, order_id)["status"] == "ready"
