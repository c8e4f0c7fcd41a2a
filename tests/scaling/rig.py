"""The stacks that are measured: those of tests/faults, warm, with a gateway if there is a HAProxy."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from local.ports import HOST, is_open
from pizzeria.toppings import TOPPINGS
from tests.faults.cluster import Cluster
from tests.faults.ports import reserved_port
from tests.faults.stack import Stack
from tests.scaling.steady import steady
from tests.waiting import eventually

WARM_UP = ((10, 300), (1, 200))  # (pizzas per order, orders): Kafka's JVM is slow until it has compiled what is used

# What costs time in deploy/haproxy.cfg.
_GATEWAY = """\
global
    maxconn 4000
defaults
    mode http
    timeout connect 1s
    timeout client 60s
    timeout server 60s
    retries 3
    retry-on conn-failure empty-response
frontend http
    bind {host}:{port}
    http-request set-header Idempotency-Key %[uuid] if METH_POST !{{ req.hdr(Idempotency-Key) -m found }}
    default_backend api
backend api
    option httpchk GET /readyz
    server api {host}:{api} check inter 1s
"""


class Rig:
    """A stack under a load that is counted.

    Args:
        stack: all of it runs.
        port: of its API, or of the gateway before that.
    """

    def __init__(self, stack: Stack, port: int) -> None:
        self.stack = stack
        self.port = port
        self._pizzas = 0

    def load(self, pizzas: int, per_s: float, orders: int, *, wait: bool = True) -> list[float]:
        """Send orders at a rate, as steady() does."""
        took = steady(self.port, pizzas, per_s, orders, wait=wait)
        self._pizzas += pizzas * orders
        return took

    def settle(self) -> None:
        """Wait until nothing is left to do for any order: all are counted, and off the relay's list."""
        redis = self.stack.redis
        for topping in TOPPINGS:
            eventually(partial(self._is_counted, topping), timeout_s=60)
        eventually(lambda: not redis.zcard("orders:open"), timeout_s=60)

    def _is_counted(self, topping: str) -> bool:
        return sum(map(int, self.stack.redis.hvals(f"report:{topping}"))) == self._pizzas


@contextmanager
def stack_of_its_own() -> Iterator[Stack]:
    """Give a stack of which nothing runs yet, and stop it at the end."""
    with TemporaryDirectory(prefix="pizzeria-scaling-") as folder:
        stack = Stack(Path(folder))
        try:
            yield stack
        finally:
            stack.close()


@contextmanager
def rig(brokers: int = 1, partitions: int = 6, *, gateway: bool = False) -> Iterator[Rig]:
    """Give a warm stack, and stop it at the end.

    Args:
        brokers: 1, or 3 with replication 3.
        partitions: of each topic.
        gateway: put a HAProxy before the API, if one is installed.
    """
    with stack_of_its_own() as stack:
        stack.env["KAFKA_TOPIC_PARTITIONS"] = str(partitions)
        if brokers > 1:
            Cluster(stack)
        else:
            stack.start_kafka()
        stack.start_redis()
        stack.run("pizzeria", "topics")
        stack.start_services()
        stack.wait_until_ready()
        port = _start_gateway(stack) if gateway and shutil.which("haproxy") else stack.api_port
        rig = Rig(stack, port)
        for pizzas, orders in WARM_UP:
            rig.load(pizzas, 1_000, orders)
        rig.settle()
        yield rig


def _start_gateway(stack: Stack) -> int:
    port, config = reserved_port(), stack.folder / "haproxy.cfg"
    config.write_text(_GATEWAY.format(host=HOST, port=port, api=stack.api_port))
    stack.start_process("gateway", ["haproxy", "-db", "-f", str(config)], {})
    eventually(lambda: is_open(port))
    return port
