"""A Redis Cluster client: each command goes to the node that owns its key, also after a failover."""

import random
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent import futures
from threading import Lock
from typing import Any, Literal, NamedTuple

from redis import Redis
from redis.commands.core import CoreCommands
from redis.crc import REDIS_CLUSTER_HASH_SLOTS, key_slot
from redis.exceptions import (
    AskError,
    ClusterDownError,
    ConnectionError,  # noqa: A004 - redis-py's
    MovedError,
    RedisError,
    TimeoutError,  # noqa: A004
)

_AT_ONCE = 32  # nodes that run commands at the same time
_LEARN_S = 2.0  # that a command waits for the slot map
_LEARN_AGAIN_S = 1.0  # between two refreshes of the slot map, at least
_REDIRECTIONS = 5

Address = tuple[str, int]
_Command = tuple[tuple[Any, ...], dict[str, Any]]  # its arguments, and redis-py's options to parse the reply


class _Route(NamedTuple):
    address: Address
    asking: bool = False  # the key's slot is being migrated to the node


class Cluster(CoreCommands):
    """A thread-safe client of a Redis Cluster, which connects at the first command.

    It has those commands of redis-py's client that have a key. (redis-py's RedisCluster connects when it is created;
    while a node does not respond, it resends each command of a pipeline to it, one after the other.)

    Args:
        seeds: addresses of some nodes; the others are discovered from any that responds.
        connect: creates the client of one node.
    """

    _is_async_client: Literal[False] = False
    _event_dispatcher: Any = None

    def __init__(self, seeds: Sequence[Address], connect: Callable[[Address], "Redis"]) -> None:
        self._seeds = self._known = frozenset(seeds)
        self._connect = connect
        self._nodes: dict[Address, Redis] = {}
        self._slots: list[Address | None] = [None] * REDIS_CLUSTER_HASH_SLOTS
        self._lock = Lock()
        self._threads = futures.ThreadPoolExecutor(_AT_ONCE)
        self._learning: futures.Future[None] | None = None
        self._learned_at = -_LEARN_AGAIN_S
        self._problem = RedisError("")

    def execute_command(self, *args: Any, **options: Any) -> Any:
        """Run a command and return its result."""
        [result] = self.send([(args, options)])
        if isinstance(result, Exception):
            raise result
        return result

    def pipeline(self, transaction: Literal[False]) -> "Pipeline":  # noqa: ARG002 - a transaction would need one node
        """Return a pipeline."""
        return Pipeline(self)

    def close(self) -> None:
        """Close all connections."""
        self._threads.shutdown()
        for client in self._nodes.values():
            client.close()

    def node(self, key: str) -> "Redis":
        """Return the client of the node that owns a key."""
        return self._client(self._address(key_slot(key.encode())))

    def primaries(self) -> list["Redis"]:
        """Return a client of each node that owns slots."""
        self._address(0)  # so that the slot map is known
        return [self._client(address) for address in sorted(set(filter(None, self._slots)))]

    def send(self, commands: Sequence[_Command]) -> list[Any]:
        """Run commands, on all their nodes in parallel, and return their results; errors are results."""
        results: list[Any] = [None] * len(commands)
        left: Sequence[int] = range(len(commands))
        for _ in range(1 + _REDIRECTIONS):
            routes: dict[_Route, list[int]] = defaultdict(list)
            for i in left:
                routes[self._route(commands[i], results[i])].append(i)
            calls = [(route, [commands[i] for i in indices]) for route, indices in routes.items()]
            answers = map(self._ask, calls) if len(calls) == 1 else self._threads.map(self._ask, calls)
            for indices, some in zip(routes.values(), answers, strict=True):
                for i, result in zip(indices, some, strict=True):
                    results[i] = result
            left = [i for i in left if isinstance(results[i], AskError)]
            if not left:
                break
        return results

    def _route(self, command: _Command, redirected: AskError | None) -> _Route:
        if redirected is None:
            name, *words = command[0]
            key = words[2] if name in ("EVAL", "EVALSHA") else words[0]
            return _Route(self._address(key_slot(key.encode())))
        if isinstance(redirected, MovedError):
            self._slots[redirected.slot_id] = redirected.node_addr
            return _Route(redirected.node_addr)
        return _Route(redirected.node_addr, asking=True)

    def _ask(self, call: tuple[_Route, Sequence[_Command]]) -> list[Any]:
        (address, asking), commands = call
        pipeline: Any = self._client(address).pipeline(transaction=False)
        for words, options in commands:
            if asking:
                pipeline.execute_command("ASKING")
            pipeline.execute_command(*words, **options)
        expected = len(pipeline)
        try:
            results: list[Any] = pipeline.execute(raise_on_error=False)
        except RedisError as error:
            # Even an error reply is no result of these commands: it is the reply to the connection's handshake.
            lost = (
                error
                if isinstance(error, (ConnectionError, TimeoutError))
                else ConnectionError(str(error), status_code=error.status_code)
            )
            results = [lost.with_traceback(None)] * expected  # which would refer to these results
        if any(isinstance(result, (ConnectionError, TimeoutError, ClusterDownError)) for result in results):
            self._learn()  # a replica may have taken over
        return results[1::2] if asking else results

    def _client(self, address: Address) -> "Redis":
        with self._lock:
            if address not in self._nodes:
                self._nodes[address] = self._connect(address)
            return self._nodes[address]

    def _address(self, slot: int) -> Address:
        if self._slots[slot] is None:
            futures.wait([self._learn()], _LEARN_S)
        address = self._slots[slot]
        if address is None:
            code = self._problem.status_code
            raise ConnectionError(f"no node of the cluster has slot {slot}: {self._problem}", status_code=code)
        return address

    def _learn(self) -> "futures.Future[None]":
        """Start to refresh the slot map, unless that is in progress or was done just now."""
        with self._lock:
            now = time.monotonic()
            if self._learning is None or (self._learning.done() and now >= self._learned_at + _LEARN_AGAIN_S):
                self._learned_at = now
                self._learning = self._threads.submit(self._ask_for_slots)
            return self._learning

    def _ask_for_slots(self) -> None:
        for asked in random.sample(sorted(self._known), len(self._known)):
            try:
                ranges = self._client(asked).cluster("SLOTS")
            except RedisError as error:
                self._problem = error.with_traceback(None)
                continue
            slots: list[Address | None] = [None] * REDIS_CLUSTER_HASH_SLOTS
            known = set(self._seeds)
            for first, last, *nodes in ranges:
                primary, *replicas = [(host or asked[0], port) for host, port, *_ in nodes]
                slots[first : last + 1] = [primary] * (last + 1 - first)
                known.update([primary, *replicas])
            if ranges:  # otherwise it is no member of the cluster
                with self._lock:
                    self._slots, self._known = slots, frozenset(known)
                    self._nodes = {address: self._nodes[address] for address in known & self._nodes.keys()}
                return


class Pipeline(CoreCommands):
    """Commands that are run together."""

    _is_async_client: Literal[False] = False
    _event_dispatcher: Any = None

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._commands: list[_Command] = []

    def execute_command(self, *args: Any, **options: Any) -> "Pipeline":
        """Add a command."""
        self._commands.append((args, options))
        return self

    def execute(self, raise_on_error: bool = True) -> list[Any]:
        """Run the commands and return their results, or raise the first error if raise_on_error is set."""
        results = self._cluster.send(self._commands)
        for result in results:
            if raise_on_error and isinstance(result, Exception):
                raise result
        return results
