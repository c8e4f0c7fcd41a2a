"""python -m tests.faults.shifted <seconds> <module>: run a module with a wrong wall clock and true monotonic time."""

import datetime as dt
import runpy
import sys
import time


def main(seconds: int, module: str) -> None:
    """Shift the clock, before anything else is imported, and run the module."""
    shift = dt.timedelta(seconds=seconds)

    class Shifted(dt.datetime):
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> "Shifted":
            return super().now(tz) + shift

    true_time, true_time_ns = time.time, time.time_ns
    dt.datetime = Shifted  # type: ignore[misc]
    time.time = lambda: true_time() + seconds
    time.time_ns = lambda: true_time_ns() + seconds * 10**9
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    seconds, module = sys.argv[1:]
    del sys.argv[1:]  # the module has no arguments
    main(int(seconds), module)
