"""A terminal for what behaves differently in one."""

import os
import pty
from threading import Thread
from types import TracebackType
from typing import Self


class Terminal:
    """A terminal; as a context manager, until it is left: then all that was written is there."""

    def __init__(self) -> None:
        self._reader, self.file = pty.openpty()
        self._written = b""
        self._thread = Thread(target=self._read)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Read what is left. Whoever writes must have ended."""
        os.close(self.file)
        self._thread.join(timeout=10)
        os.close(self._reader)

    @property
    def text(self) -> str:
        """All that was written, with what moves the cursor."""
        return self._written.decode()

    def _read(self) -> None:
        try:
            while chunk := os.read(self._reader, 1 << 16):
                self._written += chunk
        except OSError:
            pass  # Linux's way to say that nobody has it open any more
