"""What a service counts of Kafka."""

from functools import cache

from prometheus_client import Counter, Gauge, Histogram

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20)

_CONSUMED = Counter("pizzeria_records_consumed", "Records handled, by topic; repeats count again.", ["topic"])
_PUBLISHED = Counter("pizzeria_records_published", "Records that Kafka has acknowledged, by topic.", ["topic"])
# By topic; finding a metric by its labels costs more than to count.
consumed, published = cache(_CONSUMED.labels), cache(_PUBLISHED.labels)
RETRIED = Counter(
    "pizzeria_records_retried", "Records of batches that failed and are tried again, by topic.", ["topic"]
)
DEAD_LETTERED = Counter(
    "pizzeria_records_dead_lettered", "Records that became dead letters, by topic; repeats count again.", ["topic"]
)
HISTORY = Counter("pizzeria_records_expired", "Records skipped because their orders have expired, by topic.", ["topic"])

BATCH_RECORDS = Histogram(
    "pizzeria_batch_records",
    "Records of a batch.",
    buckets=(1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000),
)
_BATCH_DURATION = Histogram(
    "pizzeria_batch_duration_seconds", "Time of a batch, by phase: handle, publish.", ["phase"], buckets=_SECONDS
)
HANDLE_DURATION, PUBLISH_DURATION = map(_BATCH_DURATION.labels, ("handle", "publish"))

LAST_POLL = Gauge(
    "pizzeria_consumer_last_poll_timestamp_seconds",
    "When Kafka last answered the consumer, in seconds since 1970.",
    ["group"],
)
LAST_COMMIT = Gauge(
    "pizzeria_consumer_last_commit_timestamp_seconds",
    "When Kafka last accepted a commit of the consumer, in seconds since 1970.",
    ["group"],
)
ASSIGNED = Gauge(
    "pizzeria_consumer_assigned_partitions",
    "Partitions assigned to the consumer.",
    ["group"],
)
REBALANCES = Counter("pizzeria_consumer_rebalances", "Times that the consumer was assigned its partitions.", ["group"])

_CALL_DURATION = Histogram(
    "pizzeria_kafka_call_duration_seconds",
    "Time of a call of Kafka: publish, until all is acknowledged; probe, of an idle consumer.",
    ["call"],
    buckets=_SECONDS,
)
_CALL_ERRORS = Counter("pizzeria_kafka_call_errors", "Failed calls of Kafka: publish, poll or probe, commit.", ["call"])
CALL_PUBLISH, CALL_PROBE = map(_CALL_DURATION.labels, ("publish", "probe"))
PUBLISH_ERRORS, POLL_ERRORS, COMMIT_ERRORS = map(_CALL_ERRORS.labels, ("publish", "poll", "commit"))
