"""The network between a service and the servers."""

from collections.abc import Iterable

from local.ports import HOST
from tests.faults.framing import kafka_requests
from tests.faults.ports import reserved_port
from tests.faults.proxy import Proxy

# A client that comes through a proxy must be told that proxy's address for what follows: so each has its own listener.
_PROPERTIES = """
listeners=PLAINTEXT://{host}:{port},{listeners},CONTROLLER://{host}:{controller}
advertised.listeners=PLAINTEXT://{host}:{port},{advertised}
controller.quorum.voters=1@{host}:{controller}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,{protocols}
inter.broker.listener.name=PLAINTEXT
"""


class Link:
    """A way to both servers that can be slow, silent or broken.

    Args:
        redis_port: where Redis listens.
    """

    def __init__(self, redis_port: int) -> None:
        self.listener = reserved_port()  # of the broker, for this link alone
        self.kafka = Proxy(reserved_port(), self.listener, kafka_requests)
        self.redis = Proxy(reserved_port(), redis_port)

    def close(self) -> None:
        """Close both proxies."""
        self.kafka.close()
        self.redis.close()


def properties(port: int, links: Iterable[Link]) -> str:
    """Return the properties of a broker that can be reached directly and by links."""
    names = {f"LINK{number}": link for number, link in enumerate(links)}
    return _PROPERTIES.format(
        host=HOST,
        port=port,
        controller=reserved_port(),
        listeners=",".join(f"{name}://{HOST}:{link.listener}" for name, link in names.items()),
        advertised=",".join(f"{name}://{link.kafka.url}" for name, link in names.items()),
        protocols=",".join(f"{name}:PLAINTEXT" for name in names),
    )
