"""Errors of the HTTP services as RFC 9457 has them: application/problem+json, and the types on which clients branch."""

from enum import Enum
from typing import Annotated

from msgspec import Meta, Struct

CONTENT_TYPE = "application/problem+json"
NO_STORE = "no-store"
PREFIX = "/problems/"


class ProblemType(Enum):
    """The types of problems; the gateway (deploy/haproxy.cfg) has some of them as well.

    Attributes:
        status: the HTTP status.
        title: says the same as the type, for people.
        meaning: one sentence, for the documentation.
    """

    status: int
    title: str
    meaning: str

    def __init__(self, status: int, title: str, meaning: str) -> None:
        self.status, self.title, self.meaning = status, title, meaning

    UNKNOWN_ORDER = 404, "Unknown order", "No order has this id: it was never placed here, or it has expired."
    UNKNOWN_TOPPING = 404, "Unknown topping", "There is no report of this topping."
    UNKNOWN_PAGE = 404, "Unknown page", "Nothing is served at this path."
    METHOD_NOT_ALLOWED = 405, "Method not allowed", "The path does not have this method; `Allow` lists those it has."
    INVALID_COUNT = 400, "Invalid count", "The count is not a whole number of at least 1."
    ORDER_TOO_LARGE = 413, "Order too large", "The order has more pizzas than `MAX_ORDER_SIZE`."
    INVALID_WAIT = 400, "Invalid wait", "`?wait=` is not a number of seconds."
    INVALID_IDEMPOTENCY_KEY = (
        400,
        "Invalid Idempotency-Key",
        "It is empty, longer than 255 characters, or not ASCII.",
    )
    IDEMPOTENCY_KEY_REUSED = (
        422,
        "Idempotency-Key reused",
        "The `Idempotency-Key` was used for another number of pizzas.",
    )
    CROSS_SITE = 403, "Cross-site request", "A browser sent a request other than GET from another site."
    INVALID_REQUEST = (
        400,
        "Invalid request",
        "HTTP does not allow this request here; the status may be another, such as 416.",
    )
    REQUEST_TIMEOUT = 408, "Request timeout", "The request did not reach the gateway, whole, within 10 s."
    UNAVAILABLE = 503, "Unavailable", "The service, or a server that it needs, is down, full or not ready."
    TOO_MANY_WAITING = 503, "Too many waiting clients", "As many clients as may wait at this replica do so already."
    BAD_GATEWAY = 502, "Bad gateway", "Every replica that the gateway tried closed the connection."
    GATEWAY_TIMEOUT = 504, "Gateway timeout", "The replica did not answer the gateway in time."
    INTERNAL_ERROR = 500, "Internal error", "There is a bug; the log has the details."

    @property
    def slug(self) -> str:
        """The name in a URI."""
        return self.name.lower().replace("_", "-")

    @property
    def uri(self) -> str:
        """The type's identifier, which is no address."""
        return PREFIX + self.slug

    @classmethod
    def of_status(cls, status: int) -> "ProblemType":
        """Return the type of an error that a framework answers, of which only the status is known."""
        by_status = {404: cls.UNKNOWN_PAGE, 405: cls.METHOD_NOT_ALLOWED, 500: cls.INTERNAL_ERROR}
        return by_status.get(status, cls.INVALID_REQUEST)


class Problem(Struct, frozen=True):
    """An error, as RFC 9457 has it."""

    type: Annotated[str, Meta(extra_json_schema={"enum": [each.uri for each in ProblemType]})]
    title: str
    status: int
    detail: str

    @classmethod
    def of(cls, kind: ProblemType, detail: str, status: int | None = None) -> "Problem":
        """Return a problem of a type.

        Args:
            detail: what is wrong with this very request.
            status: if it is not that of the type.
        """
        return cls(kind.uri, kind.title, status or kind.status, detail)
