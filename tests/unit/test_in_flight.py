"""The partitions that a publisher refuses, with threads that share it."""

from threading import Event, Thread

import pytest

from pizzeria.errors import UnavailableError
from pizzeria.stream.in_flight import InFlight


class Pending:
    """The future of an event that is under way."""

    is_done = False


def test_what_one_thread_notes_while_another_one_checks_is_not_lost() -> None:
    """Otherwise more and more could be sent to a partition that does not answer."""
    in_flight, looked = InFlight(), Event()
    noting = Thread(target=lambda: in_flight.note(("pizza", 1), Pending()))

    class Done:
        @property
        def is_done(self) -> bool:
            if not looked.is_set():
                looked.set()
                noting.start()
                noting.join(timeout=0.2)  # it can't end while the check goes on
            return True

    in_flight.note(("pizza", 0), Done())
    in_flight.check([("pizza", 0)])
    noting.join(timeout=10)
    with pytest.raises(UnavailableError, match=r"pizza\[1\]"):
        in_flight.check([("pizza", 1)])
