"""The HTTP client of the reporter: short timeouts, and a pause after a failure."""

import time
from collections.abc import Callable
from threading import Lock

import structlog
import urllib3
from urllib3.exceptions import HTTPError

RESPONSE_TIMEOUT_S = 1.0  # for connecting and answering together; and as long again for a connection to be free
PAUSE_S = 2.0  # after a failure
CONNECTIONS = 2  # of each process: as many of its threads may wait for a reporter that is slow

log = structlog.stdlib.get_logger()


class ReporterClient:
    """A client of the reporter; it is thread-safe, and connects at the first request."""

    def __init__(self, url: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._url = url.rstrip("/")
        self._pool = urllib3.PoolManager(
            maxsize=CONNECTIONS, block=True, retries=False, timeout=urllib3.Timeout(total=RESPONSE_TIMEOUT_S)
        )
        self._lock = Lock()
        self._failed = False
        self._retry_at = 0.0

    def get(self, topping: str) -> urllib3.BaseHTTPResponse | None:
        """Return the reporter's response, read to its end, or None if there is none or it is an error.

        Args:
            topping: one of TOPPINGS.
        """
        if not self._is_allowed():
            return None
        try:
            answer = self._pool.request(
                "GET", f"{self._url}/report/{topping}", redirect=False, pool_timeout=RESPONSE_TIMEOUT_S
            )
        except HTTPError as error:
            self._fail(str(error))
            return None
        if 300 <= answer.status < 400 or answer.status >= 500:
            self._fail(f"it answers {answer.status}")
            return None
        self._failed = False
        return answer

    def close(self) -> None:
        """Close the connections."""
        self._pool.clear()

    def _is_allowed(self) -> bool:
        with self._lock:
            if not self._failed:
                return True
            now = self._clock()
            if now < self._retry_at:
                return False
            self._retry_at = now + PAUSE_S  # one thread retries, the others don't wait with it
            return True

    def _fail(self, error: str) -> None:
        self._failed, self._retry_at = True, self._clock() + PAUSE_S
        log.warning("the reporter is unavailable", error=error, url=self._url, retry_s=PAUSE_S)
