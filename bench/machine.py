"""On what was measured."""

import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil
from redis import Redis

from local.kafka_server import VERSION as KAFKA_VERSION

_LIBRARIES = ("kafka-python", "redis", "hiredis", "msgspec", "flask", "granian")


def machine() -> dict[str, Any]:
    """Return the processor, the memory and the platform."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_bytes": psutil.virtual_memory().total,
        "platform": platform.platform(),
        "python": platform.python_version(),
    }


def versions(redis: Redis) -> dict[str, str]:
    """Return the versions of the servers and of the libraries that matter for speed.

    Args:
        redis: is asked for its own.
    """
    info = redis.info("server")
    servers = {"Apache Kafka": KAFKA_VERSION, "Valkey": info["valkey_version"]}
    return servers | {library: version(library) for library in _LIBRARIES}


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()
