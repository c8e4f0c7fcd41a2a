"""Errors of the HTTP services as RFC 9457 has them: application/problem+json."""

from msgspec import Struct
from werkzeug.http import HTTP_STATUS_CODES

CONTENT_TYPE = "application/problem+json"
NO_STORE = "no-store"


class Problem(Struct, frozen=True):
    """An error, as RFC 9457 has it."""

    type: str
    title: str
    status: int
    detail: str

    @classmethod
    def of(cls, status: int, detail: str) -> "Problem":
        """Return the problem of an HTTP status; its phrase is the title."""
        return cls("about:blank", HTTP_STATUS_CODES[status], status, detail)
