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


def test_every_partition_that_does_not_answer_is_refused_until_it_does() -> None:
    """Not only the last one that was noted; the others go on."""
    in_flight = InFlight()
    silent = {Partition("pizza", 1), Partition("pizza", 2)}
    for partition in sorted(silent):
        in_flight.note(Unanswered(lambda partition=partition: {partition} & silent))  # type: ignore[misc]
    for number in (1, 2):
        with pytest.raises(UnavailableError, match=rf"pizza\[{number}\] has not acknowledged"):
            in_flight.check([("pizza", 0), ("pizza", number)])
    silent.remove(Partition("pizza", 1))
    in_flight.check([("pizza", 0), ("pizza", 1)])
    with pytest.raises(UnavailableError):
        in_flight.check([("pizza", 2)])
    silent.clear()
    in_flight.check([("pizza", 0), ("pizza", 1), ("pizza", 2)])
