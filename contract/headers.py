"""The headers of dead letters, and of what is replayed, as the AsyncAPI document tells of them."""

from collections.abc import Mapping
from typing import Any

from pizzeria.stream.dead_letter import DISCARDED
from pizzeria.stream.origin import PREFIX, REPLAY


def _properties(prefix: str, told: Mapping[str, str]) -> dict[str, Any]:
    return {f"{prefix}{name}": {"type": "string", "description": about} for name, about in told.items()}


ERRORS = _properties(
    PREFIX,
    {
        "topic": "The topic that the record was consumed from.",
        "partition": "Its partition there.",
        "offset": "Its offset there.",
        "timestamp": "When it was written there, in milliseconds since 1970-01-01 UTC.",
        "service": "Who could not use it.",
        "exception": "The kind of the error.",
        "message": "What was wrong with it.",
        "truncated": "How many bytes the value had, if it was too large to be kept whole.",
    },
)
REPLAYED = _properties(
    REPLAY,
    {
        "service": "The only service that the record, put back, is for; others pass it over. If it is not there, the"
        " record is for all, for it is what came of such a record.",
        "topic": "Where the record, or its cause, was before it became a dead letter for the first time.",
        "partition": "Its partition there.",
        "offset": "Its offset there.",
        "timestamp": "When it was written there, in milliseconds since 1970-01-01 UTC.",
    },
)
MARKER = _properties(DISCARDED, {"offset": "Of a dead letter, earlier in the same partition, that was discarded."})
