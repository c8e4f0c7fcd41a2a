"""History: records further back than an order's life. What it says may be expired, so it makes and counts no order."""

import time
from collections.abc import Callable, Sequence
from itertools import compress

import structlog

from pizzeria.stream import metrics
from pizzeria.stream.loop import Batch
from pizzeria.stream.origin import event_time
from pizzeria.stream.record import Record

# Kafka's clock may differ from that of Redis by so much or, if that is less, by a quarter of an order's life; and by
# half of its life more from that of a process.
MARGIN_S = 15 * 60

log = structlog.stdlib.get_logger()


def old_before_ms(ttl_s: int) -> float:
    """Return the time, in ms since the epoch, before which a record may be history, however wrong the clocks are."""
    return 1000 * (time.time() - max(0, ttl_s / 2 - MARGIN_S))


def split(batch: Batch, ttl_s: int, now_ms: Callable[[], int]) -> tuple[Batch, Batch]:
    """Return what of a batch is history, and all else.

    Args:
        batch: of partial pizzas.
        ttl_s: seconds that an order is kept.
        now_ms: returns the time of Redis, in ms since the epoch; it is called only if there are suspects.
    """
    times, before_ms = [event_time(record) for record, _ in batch], old_before_ms(ttl_s)
    if all(at >= before_ms and at >= record.timestamp for (record, _), at in zip(batch, times, strict=True)):
        return (), batch
    now, life_ms = now_ms(), 1000 * (ttl_s - min(MARGIN_S, ttl_s // 4))
    # Both times of what results from an old record are Kafka's.
    is_old = [max(now, record.timestamp) - at > life_ms for (record, _), at in zip(batch, times, strict=True)]
    return list(compress(batch, is_old)), [each for each, old in zip(batch, is_old, strict=True) if not old]


def skip(records: Sequence[Record]) -> None:
    """Count records that are skipped, and log them in one line."""
    for record in records:
        metrics.HISTORY.labels(record.topic).inc()
    if records:
        oldest_s = int(time.time() - min(map(event_time, records)) / 1000)
        log.info("skipped: their orders have expired", records=len(records), oldest_s=oldest_s)
