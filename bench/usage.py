"""What the services and the servers use of memory and of the processor."""

from collections.abc import Iterator

import psutil

_SERVERS = {"kafka.Kafka": "kafka", "valkey-server": "redis"}


def resident() -> dict[str, int]:
    """Return the resident bytes of each process that this one has started, by name, with those it has started itself.

    Pages that processes share count for each of them.
    """
    return {name: sum(each.memory_info().rss for each in family) for name, family in _families()}


def processor_seconds() -> dict[str, float]:
    """Return the seconds that each of the same has had of a processor since its start."""
    return {name: sum(sum(each.cpu_times()[:2]) for each in family) for name, family in _families()}


def _families() -> Iterator[tuple[str, list[psutil.Process]]]:
    for process in psutil.Process().children():
        if name := _name_of(process.cmdline()):
            yield name, [process, *process.children(recursive=True)]


def _name_of(command: list[str]) -> str | None:
    if command[1:2] == ["-m"]:
        return " ".join(command[2:])
    return next((name for part, name in _SERVERS.items() if any(part in word for word in command)), None)
