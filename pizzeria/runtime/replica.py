"""The name by which a replica of a service is known to Kafka and Redis, so that others can find it there."""

from typing import NamedTuple

from pizzeria.settings import Settings


class Client(NamedTuple):
    """A replica, as its name says.

    Attributes:
        service: such as "workers-sauce".
        port: at which it answers for its health; None if it doesn't.
    """

    service: str
    port: int | None


def client_name(service: str, settings: Settings) -> str:
    """Return the name, such as "workers-sauce:8003": Redis accepts no spaces."""
    port = {"api": settings.api_port, "reporter": settings.reporter_port}.get(service, settings.health_port)
    name = settings.name_prefix + service.replace(" ", "-")
    return name if port is None else f"{name}:{port}"


def read_client_name(name: str) -> Client:
    """Return what a name says; any client may have any name."""
    service, _, port = name.partition(":")
    return Client(service, int(port) if port.isascii() and port.isdigit() and len(port) <= 5 else None)
