"""The API as processes: replicas, and servers that are away."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

from local.ports import HOST, free_port
from pizzeria.runtime.problem import ProblemType
from pizzeria.settings import Settings
from pizzeria.stream import create_topics
from pizzeria.topics import Topics
from tests.integration.http_calls import call
from tests.integration.records import records_of


def test_two_replicas_on_two_ports_answer_alike(api: Any, settings: Settings) -> None:
    """No order is in a process: one replica takes it, the other shows it."""
    create_topics(settings, Topics())
    first, second = api(), api()
    status, headers, body = call("POST", first, "/order/3")
    assert status == 202
    assert headers["Location"] == f"/order/{body['order_id']}"
    for path in (headers["Location"], "/order/nobody"):
        mine, theirs = call("GET", first, path), call("GET", second, path)
        assert (mine[0], mine[2]) == (theirs[0], theirs[2])
    assert call("GET", second, headers["Location"])[2]["count"] == 3
    events = [r for r in records_of(settings, Topics().pizza) if r.key.decode() == body["order_id"]]
    assert len(events) == 3


def test_posts_of_one_idempotency_key_at_once_make_one_order(api: Any, settings: Settings) -> None:
    """On two replicas: the first request decides, and the others get its order, or 422 if theirs has another size."""
    create_topics(settings, Topics())
    ports, key = (api(), api()), uuid4().hex
    with ThreadPoolExecutor(16) as pool:
        answers = list(
            pool.map(
                lambda n: call("POST", ports[n % 2], f"/order/{2 + (n > 11)}", {"Idempotency-Key": key}), range(16)
            )
        )
    accepted = {body["order_id"] for status, _, body in answers if status == 202}
    [order_id] = accepted
    assert {status for status, _, _ in answers} == {202, 422}
    assert {body["type"] for status, _, body in answers if status == 422} == {ProblemType.IDEMPOTENCY_KEY_REUSED.uri}
    count = call("GET", ports[0], f"/order/{order_id}")[2]["count"]
    events = [json.loads(r.value) for r in records_of(settings, Topics().pizza) if r.key.decode() == order_id]
    assert {(event["pizza_id"], event["count"]) for event in events} == {(n, count) for n in range(count)}


def test_with_kafka_away_an_order_is_still_accepted(api: Any) -> None:
    """It is safe in Redis."""
    port = api(KAFKA_BOOTSTRAP_SERVERS=f"{HOST}:{free_port()}")
    status, headers, _ = call("POST", port, "/order/2")
    assert status == 202
    status, _, order = call("GET", port, headers["Location"])
    assert (status, order["status"], order["count"]) == (200, "preparing", 2)
    assert call("GET", port, "/readyz")[0] == 200


def test_with_redis_away_the_answer_is_503_with_retry_after(api: Any) -> None:
    """Nothing is accepted that isn't stored."""
    port = api(REDIS_URL=f"redis://{HOST}:{free_port()}/0")
    for method, path in (("POST", "/order/2"), ("GET", "/order/a"), ("GET", "/readyz")):
        status, headers, body = call(method, port, path)
        assert (status, body["type"]) == (503, ProblemType.UNAVAILABLE.uri)
        assert headers["Content-Type"] == "application/problem+json"
        assert int(headers["Retry-After"]) > 0
    assert call("GET", port, "/healthz")[0] == 200
