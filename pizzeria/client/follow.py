"""Placing an order and following it until it is settled, whatever becomes of the connection meanwhile."""

import math
import time
from collections.abc import Callable, Generator, Iterator
from functools import partial
from typing import NamedTuple, TypeVar

from pizzeria.backoff import Backoff
from pizzeria.client.answers import Accepted, Change, Order, decode
from pizzeria.client.api import Api
from pizzeria.client.errors import ApiError, TryLaterError

POLL_S = 2


class Trouble(NamedTuple):
    """What is in the way; whatever comes after it says that it no longer is."""

    text: str


T = TypeVar("T")
News = Accepted | Order | Trouble


def until_answered(call: Callable[[], T]) -> Generator[T | Trouble]:
    """Yield what a call returns; before, a trouble for each time that the API is away, which it tries again.

    Args:
        call: harmless to repeat.
    """
    backoff = Backoff()
    while True:
        try:
            yield call()
            return
        except TryLaterError as error:
            yield Trouble(error.message)
            time.sleep(max(backoff.next_s(), error.retry_after_s))


def follow(api: Api, order_id: str) -> Generator[Order | Trouble]:
    """Yield an order as it changes, until it is settled: from its events or, when there are none, by asking again.

    Args:
        api: where it is.
        order_id: as placed.
    """
    backoff = Backoff()  # never reset: a stream that is cut again and again is asked for less and less often
    while True:
        wait_s = 0
        try:
            for order in _from_events(api, order_id):
                yield order
                if order.settled:
                    return
        except TryLaterError as error:
            wait_s = math.ceil(error.retry_after_s)  # 0 when it can't be reached: then its being back comes first
        except ApiError:
            wait_s = POLL_S  # the plain order says more, or fails as well
        began = time.monotonic()
        for news in until_answered(partial(_get, api, order_id, wait_s)):
            yield news
            if isinstance(news, Order) and news.settled:
                return
        # An API for which too many wait has answered at once.
        time.sleep(max(backoff.next_s(), began + wait_s - time.monotonic()))


def _get(api: Api, order_id: str, wait_s: int) -> Order:
    return api.get(order_id, wait_s)[0]


def _from_events(api: Api, order_id: str) -> Iterator[Order]:
    order: Order | None = None
    for event in api.events(order_id):
        try:
            if event.name == "order":
                order = decode(event.data, Order)
                yield order
            elif event.name == "change" and order is not None:
                order = order.change(decode(event.data, Change))
                yield order
        except ValueError as error:
            raise ApiError(f"an event of no use: {error}") from None
