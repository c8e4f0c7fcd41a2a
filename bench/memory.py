"""How much memory the services and the servers have."""

import psutil

_SERVERS = {"kafka.Kafka": "kafka", "valkey-server": "redis"}


def resident() -> dict[str, int]:
    """Return the resident bytes of each process that this one has started, by name, with those it has started itself.

    Pages that gunicorn's processes share count for each of them.
    """
    sizes = {}
    for process in psutil.Process().children():
        if name := _name_of(process.cmdline()):
            sizes[name] = sum(each.memory_info().rss for each in (process, *process.children(recursive=True)))
    return sizes


def _name_of(command: list[str]) -> str | None:
    if command[1:2] == ["-m"]:
        return " ".join(command[2:])
    return next((name for part, name in _SERVERS.items() if any(part in word for word in command)), None)
