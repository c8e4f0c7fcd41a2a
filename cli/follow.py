"""Retrying until the API answers, whatever happens to the connection meanwhile."""

import sys
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

from cli.answers import Order
from cli.api import Api, TryLaterError
from pizzeria.runtime.backoff import Backoff

T = TypeVar("T")


def patiently(api: Api, call: Callable[[], T], report_interval_s: float = 10.0) -> T:
    """Return what a call, harmless to repeat, returns; while the API is unavailable, retry, and report it."""
    backoff, reported, report_at = Backoff(), "", 0.0
    while True:
        try:
            return call()
        except TryLaterError as error:
            if error.message != reported or time.monotonic() >= report_at:
                reported, report_at = error.message, time.monotonic() + report_interval_s
                # Not click's: rich puts this above its bars.
                sys.stderr.write(f"{reported}; retrying for up to {api.left_s():.0f} s\n")
            api.pause(max(backoff.next_s(), error.retry_after_s))


def follow(api: Api, order_id: str) -> Iterator[Order]:
    """Yield an order after each change until it is settled: from its events or, if there are none, by polling."""
    backoff = Backoff()  # never reset: a stream that breaks repeatedly is requested less and less often
    while True:
        retry_after_s = 0.0
        try:
            for order in api.events(order_id):
                yield order
                if order.settled:
                    return
        except TryLaterError as error:
            retry_after_s = error.retry_after_s
        order, _ = patiently(api, lambda: api.get(order_id))
        yield order
        if order.settled:
            return
        api.pause(max(backoff.next_s(), retry_after_s))
