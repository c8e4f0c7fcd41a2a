"""Asking until there is an answer, whatever becomes of the connection meanwhile."""

import sys
from collections.abc import Callable, Iterator
from typing import TypeVar

from cli.answers import Order
from cli.api import Api, TryLaterError
from pizzeria.runtime.backoff import Backoff

T = TypeVar("T")


def patiently(api: Api, call: Callable[[], T]) -> T:
    """Return what a call, harmless to repeat, returns; it is tried again while the API is away, which is said once."""
    backoff, said = Backoff(), ""
    while True:
        try:
            return call()
        except TryLaterError as error:
            if error.message != said:
                said = error.message
                sys.stderr.write(f"{said}; trying again\n")  # not click's: rich puts this above its bars
            api.pause(max(backoff.next_s(), error.retry_after_s))


def follow(api: Api, order_id: str) -> Iterator[Order]:
    """Yield an order as it changes, until it is settled: from its events or, when there are none, by asking again."""
    backoff = Backoff()  # never reset: a stream that is cut again and again is asked for less and less often
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
