"""Taking apart what a client sends: one request after the other."""

import socket
from collections.abc import Callable, Iterator

Reader = Callable[[socket.socket], Iterator[bytes]]


def pieces(source: socket.socket) -> Iterator[bytes]:
    """Yield what comes, as it comes."""
    while data := source.recv(65_536):
        yield data


def kafka_requests(source: socket.socket) -> Iterator[bytes]:
    """Yield one request of a Kafka client after the other: four bytes of length, two of its kind, and the rest."""
    with source.makefile("rb") as stream:
        while len(length := stream.read(4)) == 4:
            yield length + stream.read(int.from_bytes(length, "big"))


def redis_requests(source: socket.socket) -> Iterator[bytes]:
    """Yield one command of a Redis client after the other: an array of strings, each with its length before it."""
    with source.makefile("rb") as stream:
        while parts := stream.readline():
            for _ in range(int(parts[1:])):
                length = stream.readline()
                parts += length + stream.read(int(length[1:]) + 2)
            yield parts


# What kind of request it is: Kafka's number, or the name of Redis's command.
KINDS: dict[Reader, Callable[[bytes], int | str]] = {
    kafka_requests: lambda request: int.from_bytes(request[4:6], "big"),
    redis_requests: lambda request: request.split(b"\r\n", 3)[2].decode().upper(),
}
