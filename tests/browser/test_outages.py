"""Parts of the system that go away while somebody looks, and come back."""

from playwright.sync_api import expect

from pizzeria.toppings import TOPPINGS
from tests.browser.breaking import deadline, paused, stopped, without_redis
from tests.browser.conftest import OpenTab
from tests.faults.stack import Stack


def test_the_page_finds_the_api_again(open_tab: OpenTab, system: Stack) -> None:
    """It says that it tries, and then shows how the order went on."""
    tab = open_tab()
    with paused(system["workers cheese"]):
        tab.order(5)
        expect(tab.toppings("waiting", "cheese")).to_have_count(5)
        tab.errors_expected = True
        with stopped(system, "api"):
            expect(tab.alert("Connection lost; retrying")).to_be_visible()
        expect(tab.alert()).to_have_count(0, timeout=20_000)
        expect(tab.status).to_have_text("Preparing: 0 of 5 ready")
    tab.expect_ready(5)


def test_an_order_that_finds_no_api_is_sent_when_it_is_back(open_tab: OpenTab, system: Stack) -> None:
    """Once, and without another click."""
    tab = open_tab()
    tab.errors_expected = True
    with stopped(system, "api"):
        tab.button.click()
        expect(tab.alert()).to_be_visible()
    tab.expect_ready(5)
    expect(tab.earlier).to_have_count(1)


def test_an_order_that_finds_no_redis_is_sent_when_it_is_back(open_tab: OpenTab, system: Stack) -> None:
    """The page says what it waits for."""
    tab = open_tab()
    tab.errors_expected = True
    with without_redis(system):
        tab.button.click()
        expect(tab.alert("Redis does not answer. Trying again")).to_be_visible(timeout=20_000)
    tab.expect_ready(5)
    expect(tab.earlier).to_have_count(1)


def test_redis_away_while_an_order_is_made_ends_well(open_tab: OpenTab, system: Stack) -> None:
    """The page goes on from where the order is."""
    tab = open_tab()
    with paused(system["workers cheese"]):
        tab.order(5)
        expect(tab.toppings("waiting", "cheese")).to_have_count(5)
        tab.errors_expected = True
        with without_redis(system):
            pass
    tab.expect_ready(5)


def test_without_kafka_an_order_is_accepted_and_waits(open_tab: OpenTab, system: Stack) -> None:
    """It is made when Kafka is back."""
    tab = open_tab()
    with paused(system["kafka"]):
        tab.order(5)
        expect(tab.alert("Kafka is away: your order is accepted and waits")).to_be_visible()
        expect(tab.toppings("waiting")).to_have_count(5 * len(TOPPINGS))
    tab.expect_ready(5)


def test_an_order_that_times_out_names_what_is_missing(open_tab: OpenTab, system: Stack) -> None:
    """The deadline passes while somebody looks; when the rest comes all the same, the page finds out by itself."""
    tab = open_tab()
    with deadline(system, seconds=2):
        with paused(system["workers veggies"]):
            tab.order(5)
            expect(tab.status).to_have_text("Timed out: 0 of 5 ready")
            expect(tab.toppings("missing", "veggies")).to_have_count(5)
            expect(tab.toppings("there")).to_have_count(5 * (len(TOPPINGS) - 1))
            expect(tab.alert("veggies")).to_be_visible()
        tab.expect_ready(5)
