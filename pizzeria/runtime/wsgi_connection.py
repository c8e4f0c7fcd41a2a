"""A connection of gunicorn's worker, which receives the head of a request without waiting for it."""

import io
import socket
from collections.abc import Callable
from typing import Any

from gunicorn.workers.gthread import TConn

MAX_HEADER_BYTES = 32 * 1024  # request line and headers
_END = b"\r\n\r\n"
_SILENT_READER_MS = 30_000


class Connection(TConn):  # type: ignore[misc]  # gunicorn has no types
    """A client's connection; what it has received of its next request is kept where the parser reads first.

    Args:
        address: of the client.
        server: the address that it has connected to.
        linger: closes the connection once the client has read the last answer.
    """

    def __init__(
        self, cfg: Any, client: socket.socket, address: Any, server: Any, linger: Callable[["Connection"], None]
    ) -> None:
        super().__init__(cfg, client, address, server)
        self._linger = linger
        self.init()
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            # A client that neither reads its answer nor closes the connection would occupy its thread forever.
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _SILENT_READER_MS)

    def receive(self) -> bool:
        """Read what has arrived, without waiting, and return whether the parser can accept or reject it by now."""
        if self._is_enough():
            return True
        try:
            data = self.sock.recv(MAX_HEADER_BYTES, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        except OSError:
            return True  # the thread gets it again
        buffer = self.parser.unreader.buf
        buffer.seek(0, io.SEEK_END)
        buffer.write(data)
        return not data or self._is_enough()

    @property
    def is_too_large(self) -> bool:
        """Whether the head is longer than allowed, without its end."""
        received = self._received()
        return len(received) > MAX_HEADER_BYTES and _END not in received

    def _received(self) -> bytes:
        received: bytes = self.parser.unreader.buf.getvalue()
        return received

    def _is_enough(self) -> bool:
        received, limit = self._received(), self.cfg.limit_request_line + 2
        if _END in received or len(received) > MAX_HEADER_BYTES:
            return True
        if received.count(b"\n") != received.count(b"\r\n"):  # refused at once
            return True
        return len(received) > limit and b"\r\n" not in received[:limit]  # so is a line that is too long

    def close(self, graceful: bool = False) -> None:
        """Close the connection, at once unless the client is to read an answer before."""
        if graceful:
            self._linger(self)
        else:
            super().close()
