"""Redis is there, but takes no writes, or is busy with somebody else's script."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread

import pytest
from redis import Redis
from redis.exceptions import ResponseError

from tests.faults.load import Load
from tests.faults.stack import Stack
from tests.faults.verdict import Verdict
from tests.missing import missing
from tests.waiting import eventually

ON_REDIS = ("joiner", "reporter", "relay", "api")
BUSY_S = 12
DISK_MB = 16


def none_is_ready(stack: Stack, reason: str) -> bool:
    """Tell whether every service that writes to Redis says why it can't."""
    return all(stack[name].missing == reason for name in ON_REDIS)


def test_redis_cannot_save_and_takes_no_writes(stack: Stack, load: Load, verdict: Verdict) -> None:
    """MISCONF: somebody has configured snapshots, and they fail."""
    load.start()
    load.go_on(3)
    (stack.redis_folder / "dump.rdb").mkdir()  # where the file should be
    stack.redis.config_set("save", "3600 1")
    stack.redis.bgsave()
    eventually(lambda: none_is_ready(stack, "Redis takes no writes now"))
    load.go_on(5)
    (stack.redis_folder / "dump.rdb").rmdir()
    stack.redis.config_set("save", "")
    verdict.measure_recovery()
    stack.wait_until_ready()
    load.go_on(3)
    verdict.check()
    assert set(load.refused) == {503}


def test_redis_is_busy_with_a_script_of_somebody_else(stack: Stack, load: Load, verdict: Verdict) -> None:
    """First it is silent, then it says BUSY, until somebody kills the script."""

    def run() -> None:
        with Redis(port=stack.redis_port, socket_timeout=60) as outsider, suppress(ResponseError):
            outsider.eval("while true do end", 0)

    load.start()
    load.go_on(3)
    script = Thread(target=run)
    script.start()
    load.go_on(BUSY_S)
    assert none_is_ready(stack, "Redis does not answer")
    stack.redis.script_kill()
    script.join()
    verdict.measure_recovery()
    stack.wait_until_ready()
    load.go_on(3)
    verdict.check()
    assert set(load.refused) == {503}


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """Have a disk of its own, a small one, for a folder."""
    if os.geteuid() != 0:
        missing("to mount a small disk takes root")
    folder.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MB * 1_000_000}", "tmpfs", folder], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def test_the_disk_of_the_append_only_file_is_full(fresh_stack: Stack, load: Load, verdict: Verdict) -> None:
    """Nothing is accepted that could not be written; when there is room again, it goes on by itself."""
    stack = fresh_stack
    with small_disk(stack.redis_folder):
        stack.start_all()
        load.start()
        load.go_on(3)
        filler = stack.redis_folder / "filler"
        with pytest.raises(OSError, match="No space left"):
            filler.write_bytes(bytes(DISK_MB * 1_000_000))
        eventually(lambda: none_is_ready(stack, "Redis takes no writes now"))
        load.go_on(5)
        filler.unlink()
        verdict.measure_recovery()
        stack.wait_until_ready()
        load.go_on(3)
        verdict.check()
        assert set(load.refused) == {503}
        # What it has acknowledged is in the file, of which no part is broken.
        before = stack.redis.dbsize()
        stack["redis"].kill()
        stack.start_redis()
        assert stack.redis.dbsize() == before
        stack["redis"].kill()
