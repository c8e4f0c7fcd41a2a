"""The charts."""

from playwright.sync_api import expect

from pizzeria.toppings import MENUS, TOPPINGS
from tests.browser.conftest import OpenTab
from tests.browser.tab import Tab
from tests.faults.stack import Stack
from tests.integration.http_calls import call
from tests.waiting import eventually


def chart(tab: Tab, topping: str) -> dict[str, int]:
    """Return what a chart shows; a dash stands for a number that is not known yet."""
    table = tab.report.get_by_role("table", name=topping.capitalize())
    rows = "(table) => Array.from(table.tBodies[0].rows, ({cells}) => [cells[0].textContent, cells[1].textContent])"
    return {choice: int(pizzas) for choice, pizzas in table.evaluate(rows) if pizzas != "—"}


def test_the_charts_show_what_the_reporter_counts(open_tab: OpenTab, system: Stack) -> None:
    """An order's pizzas are counted, too, without a reload; choices without pizzas are shown as zero."""
    tab = open_tab()

    def pizzas() -> int:
        return sum(chart(tab, "cheese").values())

    def same() -> bool:
        counts = {topping: call("GET", system.reporter_port, f"/report/{topping}")[2] for topping in TOPPINGS}
        charts = {topping: chart(tab, topping) for topping in TOPPINGS}
        return counts == {topping: {choice: n for choice, n in charts[topping].items() if n} for topping in TOPPINGS}

    eventually(same)
    before = pizzas()
    tab.order(20)
    tab.expect_ready(20)
    eventually(lambda: pizzas() == before + 20)
    eventually(same)
    assert all(set(MENUS[topping]) <= set(chart(tab, topping)) for topping in TOPPINGS)
    for topping in TOPPINGS:
        expect(tab.report.get_by_role("heading", level=3, name=topping)).to_be_visible()
    expect(tab.report.get_by_text("stale")).to_have_count(0)


def test_a_chart_shows_no_zeros_before_it_has_a_report(open_tab: OpenTab) -> None:
    """They would be false; a dash says that the number is not known."""
    tab = open_tab()
    tab.errors_expected = True
    tab.page.route("**/report/*", lambda route: route.fulfill(status=503, json={"detail": "no report"}))
    tab.page.reload()
    expect(tab.report.get_by_text("no report can be had")).to_be_visible()
    expect(tab.report.get_by_role("cell", name="—")).to_have_count(sum(map(len, MENUS.values())))
    expect(tab.report.get_by_role("cell", name="0", exact=True)).to_have_count(0)


def test_a_row_may_have_any_name(open_tab: OpenTab) -> None:
    """Also a choice named like a property of every object in JavaScript; it stays, as zero, when it disappears."""
    answers = iter(['{"constructor":3,"__proto__":2}'])
    tab = open_tab()
    tab.page.route("**/report/cheese", lambda route: route.fulfill(body=next(answers, "{}")))
    expect(tab.report.get_by_role("row", name="constructor 3", exact=True)).to_be_visible()
    expect(tab.report.get_by_role("row", name="constructor 0", exact=True)).to_be_visible()
    expect(tab.report.get_by_role("row", name="__proto__ 0", exact=True)).to_be_visible()


def test_without_the_reporter_the_charts_are_stale(open_tab: OpenTab, system: Stack) -> None:
    """They say so, and say no more when it is back."""
    tab = open_tab()
    expect(tab.report.get_by_text("stale")).to_have_count(0)
    system["reporter"].kill()
    try:
        expect(tab.report.get_by_text("stale")).to_be_visible()
        expect(tab.report.get_by_text("the reporter is away")).to_be_visible()
    finally:
        system.start("reporter")
        system.wait_until_ready(["reporter"])
    expect(tab.report.get_by_text("stale")).to_have_count(0)
