"""Stops a group of processes when the one that started them has ended: even SIGKILL closes its pipe."""

import os
import signal
import sys
import time

import psutil

GRACE_S = 8.0


def main() -> None:
    """Wait until the pipe at stdin closes; then stop the process group of this process, and itself."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.stdin.buffer.read()
    group = os.getpgrp()
    os.killpg(group, signal.SIGTERM)
    deadline = time.monotonic() + GRACE_S
    while _others_in(group) and time.monotonic() < deadline:
        time.sleep(0.1)
    os.killpg(group, signal.SIGKILL)


def _others_in(group: int) -> bool:
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and os.getpgid(process.pid) == group:
                return True
        except ProcessLookupError:
            continue
    return False


if __name__ == "__main__":
    main()
