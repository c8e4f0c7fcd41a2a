"""An order is requested again after the first request was cut short."""

from threading import Thread
from uuid import uuid4

from tests.faults.framing import redis_requests
from tests.faults.load import Load
from tests.faults.ports import reserved_port
from tests.faults.proxy import Proxy
from tests.faults.stack import SERVICES, Stack
from tests.faults.verdict import Verdict
from tests.waiting import eventually


def test_the_api_is_killed_between_key_and_order(fresh_stack: Stack, load: Load, verdict: Verdict) -> None:
    """The key is stored and the order is not: to ask again gives that order, to ask for another count is refused."""
    stack, key = fresh_stack, uuid4().hex
    proxy = Proxy(reserved_port(), stack.redis_port, redis_requests)
    stack.start_servers()
    direct, stack.env = stack.env, stack.env | {"REDIS_URL": f"redis://{proxy.url}/0"}
    stack.start("api")
    stack.env = direct
    for service in SERVICES[:-1]:  # all but the API
        stack.start(service)
    stack.wait_until_ready()
    load.start()
    load.go_on(2)
    load.stop()

    proxy.hold("EVALSHA")  # the scripts that list and store the order; the key is set by a plain SET
    client = Thread(target=load.post, args=(7,), kwargs={"key": key})
    client.start()
    eventually(lambda: proxy.holding)
    stack["api"].kill()
    client.join()
    proxy.close()
    order_id = stack.redis.get(f"idempotency:{key}").split()[0]
    assert not stack.redis.exists(f"order:{order_id}")
    assert stack.redis.zscore("orders:open", order_id) is None

    stack.start("api")
    stack.wait_until_ready(["api"])
    assert load.post(8, key=key) == 422
    assert not stack.redis.exists(f"order:{order_id}")
    assert load.post(7, key=key) == 202
    assert load.accepted[-1] == (order_id, 7)
    assert load.post(8, key=key) == 422
    load.start()
    verdict.measure_recovery()
    load.go_on(2)
    verdict.check()
