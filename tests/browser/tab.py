"""A tab of the browser that shows the page, and an account of what went wrong in it."""

import re
from typing import Any

from playwright.sync_api import ConsoleMessage, Locator, Page, Request, expect

from pizzeria.toppings import TOPPINGS

# A policy violation is told by an event too, and so cannot be missed should the browser word it otherwise.
WATCH = "addEventListener('securitypolicyviolation', (e) => console.error('policy: ' + e.violatedDirective))"
NOT_LOADED = "Failed to load resource"  # what the browser itself says of each answer that is an error


class Tab:
    """The page in a tab.

    Args:
        page: not yet at the page.
        origin: of the page.

    Attributes:
        errors_expected: whether the server is about to refuse or to be away.
        problems: errors in the console, faults of scripts, and requests that go elsewhere.
        posted: how many orders were sent.
    """

    def __init__(self, page: Page, origin: str) -> None:
        self.page = page
        self.errors_expected = False
        self.problems: list[str] = []
        self.posted = 0
        self._origin = origin
        page.add_init_script(WATCH)
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.problems.append(f"fault: {error}"))
        page.on("request", self._see)

    def open(self, order_id: str = "") -> None:
        """Go to the page, or to an order."""
        self.page.goto(f"{self._origin}/#{order_id}" if order_id else f"{self._origin}/")

    def order(self, count: int) -> str:
        """Order as a user does, and return the order's id, which is in the address."""
        before = self.page.url
        self.count.fill(str(count))
        self.button.click()
        self.page.wait_for_url(lambda url: url != before and "#" in url)
        return self.page.url.partition("#")[2]

    @property
    def count(self) -> Locator:
        """The field for the number of pizzas."""
        return self.page.get_by_role("textbox", name="How many pizzas?")

    @property
    def button(self) -> Locator:
        """The button that orders."""
        return self.page.get_by_role("button", name="Order", exact=True)

    @property
    def your_order(self) -> Locator:
        """The region with the order."""
        return self.page.get_by_role("region", name="Your order")

    @property
    def status(self) -> Locator:
        """What is said of the order."""
        return self.your_order.get_by_role("status")

    @property
    def pizzas(self) -> Locator:
        """The pizzas of the order."""
        return self.your_order.get_by_role("list", name="Pizzas").get_by_role("listitem")

    @property
    def earlier(self) -> Locator:
        """The links to the orders of before."""
        name = "Earlier orders"
        place = self.page.get_by_role("navigation", name=name).or_(self.page.get_by_role("region", name=name))
        return place.get_by_role("link")

    @property
    def report(self) -> Locator:
        """The region with the charts."""
        return self.page.get_by_role("region", name="Report")

    def toppings(self, state: str, topping: str = "") -> Locator:
        """Return the toppings in a state, of all kinds or one."""
        kind = f'[data-topping="{topping}"]' if topping else "[data-topping]"
        return self.your_order.locator(f'{kind}[data-state="{state}"]')

    def alert(self, text: str = r"\S") -> Locator:
        """Return what is said of a problem, if it is this one."""
        return self.page.get_by_role("alert").filter(has_text=re.compile(text))

    def expect_ready(self, count: int) -> None:
        """Wait until the order is shown as ready, with all of its toppings."""
        expect(self.status).to_have_text(re.compile(rf"^\s*Ready: {count} pizzas? in [\d.,]+ s\s*$"), timeout=20_000)
        expect(self.toppings("there")).to_have_count(count * len(TOPPINGS))
        expect(self.alert()).to_have_count(0)

    def evaluate(self, script: str) -> Any:
        """Return what a script finds in the page."""
        return self.page.evaluate(script)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not (self.errors_expected and message.text.startswith(NOT_LOADED)):
            self.problems.append(f"console: {message.text} ({message.location.get('url')})")

    def _see(self, request: Request) -> None:
        if not request.url.startswith((f"{self._origin}/", "data:")):
            self.problems.append(f"request: {request.url}")
        self.posted += request.method == "POST"
