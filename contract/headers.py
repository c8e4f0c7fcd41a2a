"""The headers of dead letters and of replayed records, for the AsyncAPI document."""

from collections.abc import Mapping
from typing import Any

from pizzeria.stream.dead_letter import DISCARDED
from pizzeria.stream.dead_letter import REPLAYED as REPLAYED_UP_TO
from pizzeria.stream.origin import PREFIX, REPLAY


def _properties(prefix: str, descriptions: Mapping[str, str]) -> dict[str, Any]:
    return {f"{prefix}{name}": {"type": "string", "description": text} for name, text in descriptions.items()}


ERRORS = _properties(
    PREFIX,
    {
        "topic": "The topic that the record was consumed from.",
        "partition": "The partition that the record was consumed from.",
        "offset": "The offset of the record there.",
        "timestamp": "The timestamp of the record there, in milliseconds since 1970-01-01 UTC.",
        "service": "The service that rejected the record.",
        "exception": "The type of the error.",
        "message": "The message of the error.",
        "truncated": "The size of the value in bytes, if it was truncated because of it.",
    },
)
REPLAYED = _properties(
    REPLAY,
    {
        "service": "The only service that processes the replayed record; others skip it. Without this header the record"
        " is for all services: it was published as a result of a replayed one.",
        "topic": "The topic of the record, or of the one that caused it, before it first became a dead letter.",
        "partition": "The partition that the record was consumed from.",
        "offset": "The offset of the record there.",
        "timestamp": "The timestamp of the record there, in milliseconds since 1970-01-01 UTC. Alone, it is that of the"
        " old record which caused this one, whose order may have expired.",
    },
)
MARKER = _properties(DISCARDED, {"offset": "The offset of the discarded dead letter, earlier in the same partition."})
MARKER |= _properties(
    REPLAYED_UP_TO, {"offset": "The offset up to which the dead letters of the partition were replayed."}
)
