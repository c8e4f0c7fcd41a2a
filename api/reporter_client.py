"""The HTTP client of the reporter: short timeouts, and a pause after a failure."""

import time
from collections.abc import Callable

import structlog
import urllib3
from urllib3.exceptions import HTTPError

from pizzeria.errors import UnavailableError
from pizzeria.runtime.circuit_breaker import CircuitBreaker

RESPONSE_TIMEOUT_S = 1.0  # for connecting and answering together; and as long again for a connection to be free
PAUSE_S = 2.0  # after a failure
CONNECTIONS = 2  # of each process: as many of its threads may wait for a reporter that is slow

log = structlog.stdlib.get_logger()


class ReporterClient:
    """A client of the reporter; it is thread-safe, and connects at the first request."""

    def __init__(self, url: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._url = url.rstrip("/")
        self._pool = urllib3.PoolManager(
            maxsize=CONNECTIONS, block=True, retries=False, timeout=urllib3.Timeout(total=RESPONSE_TIMEOUT_S)
        )
        self._circuit_breaker = CircuitBreaker("the reporter", open_s=PAUSE_S, trial_s=PAUSE_S, clock=clock)

    def get(self, topping: str) -> urllib3.BaseHTTPResponse | None:
        """Return the reporter's response, read to its end, or None if there is none or it is an error.

        Args:
            topping: one of TOPPINGS.
        """
        try:
            self._circuit_breaker.check()
            answer = self._pool.request(
                "GET", f"{self._url}/report/{topping}", redirect=False, pool_timeout=RESPONSE_TIMEOUT_S
            )
        except UnavailableError:
            return None
        except HTTPError as error:
            self._fail(str(error))
            return None
        if 300 <= answer.status < 400 or answer.status >= 500:
            self._fail(f"it answers {answer.status}")
            return None
        self._circuit_breaker.note_success()
        return answer

    def close(self) -> None:
        """Close the connections."""
        self._pool.clear()

    def _fail(self, error: str) -> None:
        self._circuit_breaker.note_failure()
        log.warning("the reporter is unavailable", error=error, url=self._url, retry_s=PAUSE_S)
