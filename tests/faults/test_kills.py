"""kill -9 at the moments that hurt: what is half done must be done in full, and counted once."""

from threading import Thread

from tests.faults.load import Load
from tests.faults.proxy import OFFSET_COMMIT, PRODUCE
from tests.faults.stack import TOPPINGS, Stack
from tests.faults.topics import committed, records_of
from tests.faults.verdict import Verdict
from tests.waiting import eventually

TAKEOVER_S = 15


def test_a_worker_is_killed_in_mid_batch(fresh_stack: Stack, load: Load, verdict: Verdict) -> None:
    """Another replica does the batch again: some events come twice, none is lost."""
    stack = fresh_stack
    stack.env["ORDER_RETRY_S"] = "20"  # the relay's repeats would look like a batch that is half done
    stack.start_all(proxied=["workers cheese"])
    load.start()
    load.go_on(2)
    worker = stack["workers cheese"]
    for pass_first in range(1, 6):  # how many requests it takes to come to the middle is its own business
        worker.pause()  # so that much waits for it, and one batch takes several requests
        load.post(1000)
        stack.kafka_proxy.hold(PRODUCE, pass_first)
        worker.resume()
        eventually(lambda: stack.kafka_proxy.holding)
        if is_in_mid_batch(stack.kafka):
            break
        stack.kafka_proxy.release()
    assert is_in_mid_batch(stack.kafka)
    worker.kill()
    stack.kafka_proxy.cut()

    stack.start("workers cheese", replica=2)
    assert verdict.measure_recovery() < TAKEOVER_S
    verdict.check()


def is_in_mid_batch(kafka: str) -> bool:
    """Tell whether some, but not all, of the pizzas that are not committed have got their cheese."""
    done = committed(kafka, "workers-cheese", "pizza")
    ordered = [record.value for record in records_of(kafka, "pizza") if record.offset >= done[record.partition]]
    baked = {record.value.partition(b',"cheese"')[0] + b"}" for record in records_of(kafka, "pizza-with-cheese")}
    return 0 < sum(pizza in baked for pizza in ordered) < len(ordered)


def test_a_joiner_is_killed_between_its_write_and_its_commit(fresh_stack: Stack, load: Load, verdict: Verdict) -> None:
    """It joins the same toppings again, which changes nothing."""
    stack = fresh_stack
    stack.start_all(proxied=["joiner"])
    load.start()
    load.go_on(3)
    stack.kafka_proxy.hold(OFFSET_COMMIT)
    eventually(lambda: stack.kafka_proxy.holding)
    order_id = load.place(11)
    eventually(lambda: stack.redis.hget(f"order:{order_id}", "status") == "ready")

    for topping in TOPPINGS:
        topic = f"pizza-with-{topping}"
        done = committed(stack.kafka, "joiner", topic)
        records = [record for record in records_of(stack.kafka, topic) if record.key == order_id.encode()]
        assert all(record.offset >= done[record.partition] for record in records), "it is committed"
    stack["joiner"].kill()
    stack.kafka_proxy.cut()
    stack.kafka_proxy.release()

    stack.start("joiner", proxied=True)
    assert verdict.measure_recovery() < TAKEOVER_S
    verdict.check()


def test_the_api_is_killed_between_store_and_send(fresh_stack: Stack, load: Load, verdict: Verdict) -> None:
    """The relay publishes the orders that are in Redis and on no topic."""
    stack = fresh_stack
    stack.start_all(proxied=["api"])
    load.start()
    load.go_on(3)
    stack.kafka_proxy.hold(PRODUCE)
    eventually(lambda: stack.kafka_proxy.holding)
    load.go_on(0.5)
    stack["api"].kill()
    load.stop()
    stack.kafka_proxy.cut()
    stored = {key.removeprefix("order:").encode() for key in stack.redis.keys("order:*")}
    assert stored > {record.key for record in records_of(stack.kafka, "pizza")}, "every order was sent"

    stack.start("api")
    stack.wait_until_ready(["api"])
    load.start()
    verdict.measure_recovery()
    verdict.check()


def test_the_api_is_killed_in_the_middle_of_its_sends(fresh_stack: Stack, load: Load, verdict: Verdict) -> None:
    """The relay publishes what is missing of an order of which some pizzas are made already."""
    stack = fresh_stack
    stack.env["MAX_ORDER_SIZE"] = "10000"
    stack.start_all(proxied=["api"])
    load.start()
    load.go_on(3)
    load.stop()
    known = set(stack.redis.keys("order:*"))
    stack.kafka_proxy.hold(PRODUCE, pass_first=2)
    client = Thread(target=load.post, args=(10_000,))
    client.start()
    eventually(lambda: stack.kafka_proxy.holding)
    stack["api"].kill()
    client.join()
    stack.kafka_proxy.cut()
    [key] = set(stack.redis.keys("order:*")) - known
    order_id = key.removeprefix("order:").encode()
    sent = sum(record.key == order_id for record in records_of(stack.kafka, "pizza"))
    assert 0 < sent < 10_000

    stack.start("api")
    stack.wait_until_ready(["api"])
    load.start()
    verdict.measure_recovery(timeout_s=90)
    verdict.check(remark=f"{sent} of 10,000 pizzas sent")
