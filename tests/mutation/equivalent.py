"""Survivors that no test could notice, or that make no difference to anybody; any other survivor is a gap."""

import re
from difflib import SequenceMatcher
from typing import NamedTuple


class Equivalent(NamedTuple):
    """Mutations that change nothing.

    Attributes:
        line: a regular expression for the changed line.
        reason: why nothing changes.
        change: a regular expression for all that is different in it, as "before→after".
    """

    line: str
    reason: str
    change: str = ""


_CLOCK = r"(monotonic|perf_counter|clock)\(\)"

EQUIVALENT = (
    Equivalent(r"zip\(.*(, \)|strict=False)", "both have the same length; strict=True only says so"),
    Equivalent(_CLOCK, "no two readings of a clock are equal", "^(→=|=→)$"),
    Equivalent(r"\b1001 \*", "Redis promises no more than a thousandth of such a time", "^0→1$"),
    Equivalent(r'"(UTF-8|xx|nx|lt)"', "Python and Redis read these names in either case"),
    Equivalent(r"heard_at, deadline = \+math\.inf", "it is set before it is read"),
    Equivalent(r"answered = None", "None is as false as False"),
    Equivalent(r'getattr\(error, "status_code", \)', "every error of redis-py has it"),
    Equivalent(r"from_bytes\(.*digest\(\), \)", "big is Python's default"),
    Equivalent(r"if \(record\.headers\) or True", "an empty list is only left out sooner"),
    Equivalent(r"MemoryRecords\(raw\)\.next_batch\(\)", "it makes the same batch, more slowly"),
    Equivalent(r"self\.bytes_read", "kafka-python counts it for metrics that are off"),
    Equivalent(r"metrics(_enabled)?=", "it only costs time"),
    Equivalent(r'hdel, .*"XXXX"', "no report has a choice of that name either"),
    Equivalent(r'lstrip\("XX0XX"\)', "a number with an X is refused anyway"),
    Equivalent(r"range\(1, CLAIMED, self\._claim_size\)", "it takes as many steps"),
    Equivalent(r'OffsetAndMetadata\(offset, "", -2\)', "any negative epoch is none"),
    Equivalent(r"_assigned\.set\(1\)", "the gauge is set again by the assignment that follows"),
    Equivalent(r"\.pop\(tp, \)", "what is revoked was assigned"),
)


def reason_of(before: str, after: str) -> str | None:
    """Return why a mutation of a line changes nothing, or None if it does change something."""
    steps = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    change = " ".join(f"{before[a:b]}→{after[c:d]}" for step, a, b, c, d in steps if step != "equal")
    for each in EQUIVALENT:
        if re.search(each.line, after) and re.search(each.change, change):
            return each.reason
    return None
