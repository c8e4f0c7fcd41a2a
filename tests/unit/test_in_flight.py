"""The partitions that a publisher refuses, with threads that share it."""

from collections.abc import Callable, Sequence
from threading import Event as Flag
from threading import Thread

import pytest

from pizzeria.errors import UnavailableError
from pizzeria.stream import Event, Partition
from pizzeria.stream.in_flight import InFlight


class Unanswered:
    """Events to which some partitions have not answered.

    Args:
        look: returns those partitions.
    """

    def __init__(self, look: Callable[[], set[Partition]]) -> None:
        self.unanswered = look

    def wait(self, timeout_s: float) -> bool:
        """Wait in vain."""
        return not timeout_s

    def too_large(self) -> Sequence[Event]:
        """None is."""
        return []


def test_what_one_thread_notes_while_another_one_checks_is_not_lost() -> None:
    """Otherwise more and more could be sent to a partition that does not answer."""
    in_flight, looked = InFlight(), Flag()
    noting = Thread(target=lambda: in_flight.note(Unanswered(lambda: {Partition("pizza", 1)})))

    def look() -> set[Partition]:
        if not looked.is_set():
            looked.set()
            noting.start()
            noting.join(timeout=0.2)  # it can't end while the check goes on
        return set()

    in_flight.note(Unanswered(look))
    in_flight.check([("pizza", 0)])
    noting.join(timeout=10)
    with pytest.raises(UnavailableError, match=r"pizza\[1\]"):
        in_flight.check([("pizza", 1)])
