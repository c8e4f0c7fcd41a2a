"""python -m tests.browser.screenshots: write docs/page-*.png and docs/kitchen.png, of the page on a real system."""

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.sync_api import Browser, Page, expect, sync_playwright

from local import kafka_server
from local.ports import HOST
from local.processes import ROOT
from pizzeria.toppings import TOPPINGS
from tests.faults.stack import Stack
from tests.waiting import eventually

DOCS = ROOT / "docs"
PIZZAS = 3
ORDERS = 40  # to have something in the report, and to choose from
DESKTOP = {"width": 1280, "height": 920}
PHONE = {"width": 390, "height": 844}
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def main() -> int:
    """Start a system, order, and take the pictures."""
    chromium = shutil.which("chromium")
    if chromium is None:
        print("chromium is not installed; on Debian: apt-get install chromium", file=sys.stderr)
        return 1
    kafka_server.fetch(print)
    with TemporaryDirectory() as folder, running(Path(folder)) as system, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=OPTIONS)
        ready = most_varied(system, lambda order: order["status"] == "ready")
        picture(browser, system, ready, "light", DESKTOP)
        picture(browser, system, ready, "phone", PHONE)
        system["workers cheese"].pause()
        waiting = most_varied(system, lambda order: there(order) == PIZZAS * (len(TOPPINGS) - 1))
        picture(browser, system, waiting, "dark", DESKTOP)
        kitchen(browser, system)
        system["workers cheese"].resume()
        browser.close()
    return 0


@contextmanager
def running(folder: Path) -> Iterator[Stack]:
    """Run the whole system with its data in a folder."""
    system = Stack(folder)
    try:
        system.start_all()
        yield system
    finally:
        system.close()


def call(system: Stack, method: str, path: str) -> Any:
    """Ask the API."""
    connection = HTTPConnection(HOST, system.api_port, timeout=10)
    connection.request(method, path)
    return json.loads(connection.getresponse().read())


def most_varied(system: Stack, done: Callable[[Any], bool]) -> str:
    """Place one order after another, wait until each is done, and return the one with most to see."""
    ids: list[str] = []
    for _ in range(ORDERS):
        ids.append(call(system, "POST", f"/order/{PIZZAS}")["order_id"])
        eventually(lambda: done(call(system, "GET", f"/order/{ids[-1]}")))
    return max(ids, key=lambda order_id: there(call(system, "GET", f"/order/{order_id}"), but="none"))


def there(order: Any, but: str | None = None) -> int:
    """Return how many toppings an order has, but for a choice."""
    choices = [pizza[topping] for pizza in order["pizzas"] for topping in TOPPINGS]
    return sum(choice not in {None, but} for choice in choices)


def picture(browser: Browser, system: Stack, order_id: str, name: str, viewport: Any) -> None:
    """Write a picture of an order, to a browser that has ordered before."""
    page: Page = browser.new_page(
        viewport=viewport,
        device_scale_factor=2,
        color_scheme="dark" if name == "dark" else "light",
        reduced_motion="reduce",
        locale="en-GB",
    )
    page.goto(f"http://{HOST}:{system.api_port}/")
    for count in (2, 8, PIZZAS):
        page.get_by_role("textbox").fill(str(count))
        page.get_by_role("button", name="Order", exact=True).click()
        expect(page.get_by_role("status")).to_contain_text(f"of {count} ready" if name == "dark" else f"Ready: {count}")
    page.goto(f"http://{HOST}:{system.api_port}/#{order_id}")
    expect(page.get_by_role("link", name="link to this order")).to_have_attribute("href", f"#{order_id}")
    expect(page.locator('[data-topping][data-state="there"]').first).to_be_visible()
    page.locator("button:focus").evaluate("(button) => button.blur()")
    for _ in range(2):  # the first may have been asked for before the last pizza was counted
        page.wait_for_event("response", lambda response: "/report/" in response.url)
    page.screenshot(path=DOCS / f"page-{name}.png")
    page.context.close()


def kitchen(browser: Browser, system: Stack) -> None:
    """Write a picture of the kitchen, in which the cheese service is frozen and events flow."""
    page = browser.new_page(viewport={"width": 1280, "height": 920}, device_scale_factor=2, reduced_motion="reduce")
    page.goto(f"http://{HOST}:{system.api_port}/#kitchen")

    def flows() -> bool:
        call(system, "POST", f"/order/{PIZZAS}")
        return page.locator(".way.flows").count() == 6 and page.get_by_text("no member", exact=True).count() == 1

    eventually(flows, timeout_s=60)
    page.get_by_role("region", name="The kitchen").screenshot(path=DOCS / "kitchen.png")
    page.context.close()


if __name__ == "__main__":
    sys.exit(main())
