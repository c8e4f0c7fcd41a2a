"""A network between a service and a server that can be slow, hold requests, or break."""

import socket
import struct
from contextlib import suppress
from functools import partial
from threading import Condition, Event, Thread

from local.ports import HOST
from tests.faults.framing import KINDS, Reader, pieces

PRODUCE, OFFSET_COMMIT = 0, 8  # Kafka's numbers of these requests

_RESET_AT_CLOSE = struct.pack("ii", 1, 0)  # for SO_LINGER


class Proxy:
    """Forwards each connection to a server.

    Args:
        port: where clients connect.
        target: the server's port.
        upstream: splits what clients send; hold() needs kafka_requests or redis_requests.
    """

    def __init__(self, port: int, target: int, upstream: Reader = pieces) -> None:
        self.port = port
        self.latency_s = 0.0  # in each direction
        self._target = target
        self._upstream = upstream
        self._held: int | str | None = None  # the kind of request that is held
        self._silent = False
        self._refusing = False
        self._pass_first = 0
        self.holding = False  # whether such a request has come
        self._change = Condition()
        self._sockets: set[socket.socket] = set()
        self._server = socket.create_server((HOST, port), backlog=64)
        Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        """The address, as Kafka's and Redis's clients have it."""
        return f"{HOST}:{self.port}"

    def lead_to(self, target: int) -> None:
        """Forward new connections to another server; those that are there stay."""
        self._target = target

    def hold(self, kind: int | str, pass_first: int = 0) -> None:
        """Hold requests of a kind, and what follows them on their connection, after letting some pass."""
        self._set(held=kind, pass_first=pass_first)

    def hold_all(self) -> None:
        """Hold whatever comes, in both directions, on every connection that is there or is made, and break none."""
        self._set(silent=True)

    def refuse(self) -> None:
        """Reset every connection that is there or is made."""
        self._set(refusing=True)
        self.cut(reset=True)

    def release(self) -> None:
        """Forward everything again; what a killed client had sent is lost if the connections were cut before."""
        self._set()

    def cut(self, *, reset: bool = False) -> None:
        """Break every connection; whatever is on its way is lost.

        Args:
            reset: both ends get a reset (RST), as from a host that knows nothing of the connection, instead of an end.
        """
        with self._change:
            for each in self._sockets:
                with suppress(OSError):
                    if reset:
                        each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_CLOSE)
                    each.shutdown(socket.SHUT_RD if reset else socket.SHUT_RDWR)  # either ends recv()
            self._sockets.clear()
            self._change.notify_all()

    def close(self) -> None:
        """Accept no more connections, and break those that are there."""
        self._server.shutdown(socket.SHUT_RDWR)  # ends accept()
        self._server.close()
        self.cut()

    def _set(
        self, *, held: int | str | None = None, pass_first: int = 0, silent: bool = False, refusing: bool = False
    ) -> None:
        with self._change:
            self._held, self._pass_first, self.holding = held, pass_first, False
            self._silent, self._refusing = silent, refusing
            self._change.notify_all()

    def _accept(self) -> None:
        with suppress(OSError):  # closed
            while True:
                client, _ = self._server.accept()
                if self._refusing:
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_CLOSE)
                    client.close()
                    continue
                try:
                    server = socket.create_connection((HOST, self._target), timeout=5)
                except OSError:  # the server is down, and so looks the proxy
                    client.close()
                    continue
                server.settimeout(None)
                Thread(target=self._serve, args=(client, server), daemon=True).start()

    def _serve(self, client: socket.socket, server: socket.socket) -> None:
        with client, server:  # closed when neither direction uses them any more
            with self._change:
                if self._refusing:
                    return
                self._sockets |= {client, server}
            for each in (client, server):
                each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            upstream = Thread(target=self._pump, args=(client, server, self._upstream), daemon=True)
            upstream.start()
            self._pump(server, client, pieces)
            upstream.join()

    def _pump(self, source: socket.socket, target: socket.socket, reader: Reader) -> None:
        pause = Event()
        with suppress(OSError):  # cut
            for data in reader(source):
                if self.latency_s:
                    pause.wait(self.latency_s)
                with self._change:
                    self._change.wait_for(partial(self._passes, data, source, reader))
                    if source not in self._sockets:
                        break
                target.sendall(data)
        with self._change:
            was_cut = source not in self._sockets
            self._sockets -= {source, target}
            self._change.notify_all()
        if not was_cut:  # else the other direction has ended, too; and an end must not go before a reset
            for each in (source, target):
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)

    def _passes(self, data: bytes, source: socket.socket, reader: Reader) -> bool:
        if source not in self._sockets:
            return True  # cut while it was held: there is nothing to wait for
        if self._silent:
            return False
        if self._held is not None and reader in KINDS and KINDS[reader](data) == self._held:
            self._pass_first -= 1
            self.holding = self._pass_first < 0
            return not self.holding
        return True
