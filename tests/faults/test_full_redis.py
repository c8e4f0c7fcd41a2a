"""Redis has no memory left, and gets no more."""

from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPResponse
from json import loads

from local.ports import HOST
from pizzeria.runtime.problem import ProblemType
from tests.faults.load import Load
from tests.faults.stack import Stack
from tests.faults.verdict import Verdict
from tests.waiting import eventually

ROOM = 6_000_000  # bytes
CLIENTS = 16
LARGEST = 100


def answer(port: int, method: str, path: str) -> tuple[HTTPResponse, dict[str, object]]:
    """Return what a request is answered, and its JSON."""
    connection = HTTPConnection(HOST, port, timeout=10)
    try:
        connection.request(method, path)
        response = connection.getresponse()
        return response, loads(response.read())
    finally:
        connection.close()


def fill(stack: Stack, load: Load, refusals: int) -> None:
    """Order until so many orders more have been refused."""
    enough = load.refused.total() + refusals

    def order(client: int) -> None:
        number = client
        while load.refused.total() < enough:
            load.post(1 + number % LARGEST)
            number += 7

    with ThreadPoolExecutor(CLIENTS) as clients:
        list(clients.map(order, range(CLIENTS)))


def test_redis_is_full_and_stays_so(stack: Stack, load: Load, verdict: Verdict) -> None:
    """Orders are refused before one is taken that Redis could not hold; all that were taken are finished."""
    load.start()
    load.go_on(3)
    limit = int(stack.redis.info("memory")["used_memory"]) + ROOM
    stack.redis.config_set("maxmemory", limit)
    stack["joiner"].pause()  # so that what has been accepted is still to be finished when Redis is full
    fill(stack, load, refusals=500)
    waiting = [order_id for order_id, _ in load.accepted]
    assert stack.redis.hget(f"order:{waiting[-1]}", "status") == "preparing"

    response, problem = answer(stack.api_port, "POST", "/order/100")
    assert (response.status, problem["type"]) == (503, ProblemType.UNAVAILABLE.uri)
    assert int(response.getheader("Retry-After", "0")) > 0
    assert "full" in str(problem["detail"])
    response, problem = answer(stack.api_port, "GET", "/readyz")
    assert problem["type"] == ProblemType.UNAVAILABLE.uri
    assert "full" in str(problem["detail"])
    assert "Redis is full" in stack["api"].log.read_text()
    assert answer(stack.api_port, "GET", f"/order/{waiting[-1]}")[0].status == 200

    stack["joiner"].resume()
    fill(stack, load, refusals=200)  # each one that gets ready makes a little room
    verdict.measure_recovery()
    verdict.check(remark=f"{limit // 1_000_000} MB, {stack.redis.info('memory')['used_memory_peak'] / 1e6:.1f} MB used")
    memory = stack.redis.info("memory")
    assert memory["maxmemory"] == limit
    assert memory["used_memory_peak"] < limit + 1_000_000
    assert set(load.refused) == {503}
    eventually(lambda: answer(stack.api_port, "GET", "/readyz")[0].status == 200)  # what was reserved is free again
