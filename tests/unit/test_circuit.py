"""What a publisher doesn't even try, with threads that share it."""

from threading import Event, Thread

import pytest

from pizzeria.errors import UnavailableError
from pizzeria.stream.circuit_breaker import CircuitBreaker


class Pending:
    """The future of an event that is under way."""

    is_done = False


def test_what_one_thread_notes_while_another_one_checks_is_not_lost() -> None:
    """Otherwise more and more could be sent to a partition that does not answer."""
    circuit, looked = CircuitBreaker(), Event()
    noting = Thread(target=lambda: circuit.note_unacknowledged(("pizza", 1), Pending()))

    class Done:
        @property
        def is_done(self) -> bool:
            if not looked.is_set():
                looked.set()
                noting.start()
                noting.join(timeout=0.2)  # it can't end while the check goes on
            return True

    circuit.note_unacknowledged(("pizza", 0), Done())
    circuit.check_partitions([("pizza", 0)])
    noting.join(timeout=10)
    with pytest.raises(UnavailableError, match=r"pizza\[1\]"):
        circuit.check_partitions([("pizza", 1)])
