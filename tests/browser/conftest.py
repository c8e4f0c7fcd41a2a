"""A browser and the real system, each started once; every test has tabs of its own."""

import shutil
from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from local.ports import HOST
from pizzeria.settings import Settings
from pizzeria.store import OrderStore, connect
from tests.browser.tab import Tab
from tests.faults.stack import Stack
from tests.missing import missing

NAMES = "chromium", "chromium-browser", "google-chrome"
# Without what needs a graphics card or the network; the sandbox needs rights that a container does not give.
OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]

OpenTab = Callable[..., Tab]

expect.set_options(timeout=10_000)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser's program."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    return program or missing(f"none of {', '.join(NAMES)} is installed; on Debian: apt-get install chromium")


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    """The browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=OPTIONS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def system(browser: Browser, jars: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The whole system; who breaks something in it repairs it."""
    system = Stack(tmp_path_factory.mktemp("system"))
    system.env |= {"ORDER_RETRY_S": "1", "TRUSTED_PROXIES": "1"}
    try:
        system.start_all()
        yield system
    finally:
        system.close()


@pytest.fixture
def open_tab(browser: Browser, system: Stack) -> Iterator[OpenTab]:
    """A function that opens the page in a tab, of a user of its own unless it is given another tab's.

    No tab may have had an error, a violation of the policy, or a request to anywhere else.
    """
    contexts: list[BrowserContext] = []
    tabs: list[Tab] = []

    def open_one(order_id: str = "", beside: Tab | None = None, **options: object) -> Tab:
        if beside is None:
            contexts.append(browser.new_context(**options))  # type: ignore[arg-type]  # those of new_context
        context = contexts[-1] if beside is None else beside.page.context
        tabs.append(Tab(context.new_page(), f"http://{HOST}:{system.api_port}"))
        tabs[-1].open(order_id)
        return tabs[-1]

    yield open_one
    problems = [problem for tab in tabs for problem in tab.problems]
    for context in contexts:
        context.close()
    assert problems == []


@pytest.fixture
def store(system: Stack) -> OrderStore:
    """The orders."""
    return OrderStore(connect(Settings(redis_url=system.addresses()["REDIS_URL"])), ttl_s=3600, retry_s=3600)


@pytest.fixture
def unfinished(store: OrderStore) -> str:
    """An order of three of which one is ready, and one lacks a topping; it is not in the outbox."""
    order = uuid4().hex, 3
    toppings = {"sauce": "bbq", "cheese": "goat cheese", "meats": "ham & bacon", "veggies": "none"}
    without_cheese = {topping: choice for topping, choice in toppings.items() if topping != "cheese"}
    store.join({order: {0: toppings, 1: without_cheese}}, at={order: "2026-01-01T00:00:00.000Z"})
    return order[0]


@pytest.fixture
def without_crust(system: Stack) -> str:
    """An order of two that has timed out: all that it lacks is a topping that has left the menu, of one pizza."""
    redis = connect(Settings(redis_url=system.addresses()["REDIS_URL"]))
    store, order = OrderStore(redis, ttl_s=3600, retry_s=3600, toppings=("sauce", "meats", "crust")), (uuid4().hex, 2)
    pizza = {"sauce": "bbq", "meats": "ham & bacon"}
    store.join({order: {0: pizza | {"crust": "thin"}, 1: pizza}}, at={order: "2026-01-01T00:00:00.000Z"})
    store.time_out([order[0]])
    return order[0]


@pytest.fixture
def timed_out(store: OrderStore, unfinished: str) -> str:
    """The same, after its deadline."""
    store.time_out([unfinished])
    return unfinished
