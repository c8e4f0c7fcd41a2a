"""Which integration tests follow for a mutant that the unit tests do not notice, by the file that it is in.

The files themselves are in pyproject.toml, at [tool.mutmut], with the unit tests.
"""

_STORE = "tests/integration/store"
_KAFKA = (
    "tests/integration/test_workers.py",
    "tests/integration/test_unreadable.py",
    "tests/integration/test_too_large.py",
    "tests/integration/test_rejoin.py",
    "tests/integration/test_stream.py",
    "tests/integration/test_client_process.py",
)

INTEGRATION_TESTS: dict[str, tuple[str, ...]] = {
    "api/events.py": ("tests/integration/test_api.py",),
    "api/orders.py": ("tests/integration/test_api.py",),
    "api/relay.py": ("tests/integration/test_processes.py", "tests/e2e/test_order.py"),
    "api/republisher.py": ("tests/integration/test_processes.py", "tests/e2e/test_order.py"),
    "cli/admin/dead_letter_index.py": ("tests/integration/test_replay.py", "tests/integration/test_discard.py"),
    "cli/admin/dead_letter_topic.py": ("tests/integration/test_replay.py", "tests/integration/test_discard.py"),
    "cli/admin/rebuild.py": ("tests/integration/test_rebuild.py",),
    "cli/admin/replay.py": ("tests/integration/test_replay.py",),
    "joiner/join.py": ("tests/integration/test_joiner.py", "tests/integration/test_replay.py"),
    "pizzeria/events.py": ("tests/integration/test_workers.py", "tests/integration/test_bad_records.py"),
    "pizzeria/store/keys.py": (f"{_STORE}/test_orders.py", f"{_STORE}/test_outbox.py"),
    "pizzeria/store/lua.py": (f"{_STORE}/test_states.py", f"{_STORE}/test_orders.py"),
    "pizzeria/store/order.py": (f"{_STORE}/test_orders.py", f"{_STORE}/test_watch.py"),
    "pizzeria/store/orders.py": (f"{_STORE}/test_states.py", f"{_STORE}/test_outbox.py", f"{_STORE}/test_expiry.py"),
    "pizzeria/store/outbox.py": (f"{_STORE}/test_outbox.py",),
    "pizzeria/store/reports.py": (f"{_STORE}/test_reports.py", f"{_STORE}/test_states.py"),
    "pizzeria/store/subscriptions.py": (f"{_STORE}/test_watch.py", f"{_STORE}/test_cluster.py"),
    "pizzeria/store/watch.py": (f"{_STORE}/test_watch.py", f"{_STORE}/test_failover.py"),
    "pizzeria/stream/dead_letter.py": ("tests/integration/test_bad_records.py", "tests/integration/test_replay.py"),
    "pizzeria/stream/dead_letter_events.py": (
        "tests/integration/test_bad_records.py",
        "tests/integration/test_too_large.py",
    ),
    "pizzeria/stream/history.py": ("tests/integration/test_history.py",),
    "pizzeria/stream/in_flight.py": ("tests/integration/test_stream.py",),
    "pizzeria/stream/kafka_python/consumer.py": _KAFKA,
    "pizzeria/stream/kafka_python/lenient_consumer.py": (*_KAFKA, "tests/integration/test_read_back.py"),
    "pizzeria/stream/kafka_python/producer.py": _KAFKA,
    "pizzeria/stream/kafka_python/unpacking.py": ("tests/integration/test_unreadable.py",),
    "pizzeria/stream/loop.py": _KAFKA,
    "pizzeria/stream/offsets.py": ("tests/integration/test_joiner.py", "tests/integration/test_rejoin.py"),
    "pizzeria/stream/origin.py": ("tests/integration/test_replay.py",),
    "pizzeria/stream/partials.py": ("tests/integration/test_joiner.py",),
    "pizzeria/stream/publisher.py": _KAFKA,
    "pizzeria/stream/read_back.py": ("tests/integration/test_read_back.py", "tests/integration/test_rebuild.py"),
    "pizzeria/stream/record.py": ("tests/integration/test_bad_records.py",),
    "pizzeria/topics.py": ("tests/integration/test_workers.py", "tests/integration/test_joiner.py"),
    "reporter/cache.py": ("tests/integration/test_reporter.py",),
    "reporter/consumer_thread.py": ("tests/integration/test_reporter.py",),
    "reporter/stream.py": ("tests/integration/test_rebuild.py", "tests/integration/test_replay.py"),
    "workers/choice.py": ("tests/integration/test_workers.py",),
    "workers/worker.py": ("tests/integration/test_workers.py",),
}
