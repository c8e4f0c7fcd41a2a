"""GET /metrics in Prometheus' text format, and the metrics that every service has.

Those of Kafka, Redis and the orders are where they are counted: each room has a metrics.py.
"""

from hashlib import blake2b

from msgspec import json, structs
from prometheus_client import (
    CONTENT_TYPE_PLAIN_0_0_4,
    REGISTRY,
    CollectorRegistry,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.registry import Collector

from pizzeria.settings import SECRETS, Settings
from pizzeria.version import VERSION

disable_created_metrics()  # type: ignore[no-untyped-call]  # in the text format they look like gauges, one per series
CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
# In which replicas of one system may differ.
_OF_A_REPLICA = {"HTTP_HOST", "API_PORT", "REPORTER_PORT", "REPORTER_URL", "HEALTH_PORT"}

HTTP_DURATION = Histogram(
    "pizzeria_http_request_duration_seconds",
    "Time from a request to its response, without the body of a stream; a long poll's includes the wait.",
    ["method", "route", "status"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
CIRCUIT_OPEN = Gauge(
    "pizzeria_circuit_breaker_open",
    "1 while calls to a server are refused because it did not respond, otherwise 0.",
    ["server"],
)
_INFO = Gauge(
    "pizzeria_build_info",
    "Always 1; the version, and a digest of the settings that all replicas of a system should share.",
    ["version", "settings"],
)


def set_info(settings: Settings) -> None:
    """Set the version and the settings' digest, which contains no secret."""
    shared = {
        field.encode_name: getattr(settings, field.name)
        for field in structs.fields(Settings)
        if field.encode_name not in SECRETS | _OF_A_REPLICA
    }
    digest = blake2b(json.encode(shared), digest_size=4).hexdigest()
    _INFO.labels(VERSION, digest).set(1)


def exposition(*collectors: Collector) -> bytes:
    """Return all metrics of this process.

    Args:
        collectors: of further metrics, read now.
    """
    further = CollectorRegistry()
    for collector in collectors:
        further.register(collector)
    return generate_latest(REGISTRY) + generate_latest(further)
