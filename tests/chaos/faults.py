"""The kinds of faults: each is there while its context is open, and is undone at the end of it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from signal import SIGTERM
from subprocess import TimeoutExpired

from local.servers import KAFKA
from tests.chaos.records import Records
from tests.chaos.schedule import Fault
from tests.chaos.system import System
from tests.faults.proxy import Proxy

START_S = 15  # in which a service loads its modules, while the machine is busy
STOP_S = 10  # what a service may take to end, whatever else is broken
SERVER_STOP_S = 30
SLOW_S = 0.05  # at the most, in each direction
ROOM = 2_000_000  # bytes, at the most, that are left to a Redis that is full


class Faults:
    """What can be done to a system.

    Args:
        system: to be broken.
        records: to be sent.
    """

    def __init__(self, system: System, records: Records) -> None:
        self._system = system
        self._kinds: dict[str, Callable[[Fault], AbstractContextManager[None]]] = {
            "kill": self._kill,
            "stop": self._stop,
            "pause": self._pause,
            "kill server": self._kill_server,
            "stop server": self._stop_server,
            "pause server": self._pause,
            "hold link": self._break_link(Proxy.hold_all),
            "refuse on link": self._break_link(Proxy.refuse),
            "cut link": self._break_link(Proxy.cut),
            "slow link": self._slow_link,
            "forget scripts": self._at_once(lambda _: system.redis.script_flush()),
            "fill": self._fill,
            "kill clients": self._at_once(self._kill_clients),
            "poison": self._at_once(records.poison),
            "repeat records": self._at_once(records.repeat),
            "add": self._add,
            "raise partitions": self._at_once(records.raise_partitions),
        }

    def begin(self, fault: Fault) -> AbstractContextManager[None]:
        """Return the context in which the fault is there."""
        return self._kinds[fault.kind](fault)

    @contextmanager
    def _kill(self, fault: Fault) -> Iterator[None]:
        self._system.alive(fault.target).kill()
        yield
        self._system.start_named(fault.target)

    @contextmanager
    def _stop(self, fault: Fault) -> Iterator[None]:
        self._end(fault.target)
        yield
        self._system.start_named(fault.target)

    @contextmanager
    def _pause(self, fault: Fault) -> Iterator[None]:
        running = self._system.alive(fault.target)
        running.pause()
        yield
        running.resume()

    @contextmanager
    def _kill_server(self, fault: Fault) -> Iterator[None]:
        self._system.alive(fault.target).kill()
        yield
        self._start_server(fault.target)

    @contextmanager
    def _stop_server(self, fault: Fault) -> Iterator[None]:
        server = self._system.alive(fault.target)
        server.terminate()
        try:
            server.wait(SERVER_STOP_S)
        except TimeoutExpired:
            server.kill()
        yield
        self._start_server(fault.target)

    @contextmanager
    def _add(self, fault: Fault) -> Iterator[None]:
        self._system.start_named(fault.target)
        yield
        self._end(fault.target)

    @contextmanager
    def _fill(self, fault: Fault) -> Iterator[None]:
        redis = self._system.redis
        before = redis.config_get("maxmemory")["maxmemory"]
        redis.config_set("maxmemory", redis.info("memory")["used_memory"] + int(ROOM * fault.draw**2))
        yield
        redis.config_set("maxmemory", before)

    @contextmanager
    def _slow_link(self, fault: Fault) -> Iterator[None]:
        proxy = self._proxy(fault)
        proxy.latency_s = SLOW_S * fault.draw
        yield
        proxy.latency_s = 0.0

    def _break_link(self, take_away: Callable[[Proxy], None]) -> Callable[[Fault], AbstractContextManager[None]]:
        @contextmanager
        def broken(fault: Fault) -> Iterator[None]:
            take_away(self._proxy(fault))
            yield
            self._proxy(fault).release()

        return broken

    def _at_once(self, act: Callable[[Fault], object]) -> Callable[[Fault], AbstractContextManager[None]]:
        @contextmanager
        def done(fault: Fault) -> Iterator[None]:
            act(fault)
            yield

        return done

    def _kill_clients(self, _: Fault) -> None:
        for kind in ("normal", "pubsub"):
            self._system.redis.client_kill_filter(_type=kind, skipme=True)

    def _end(self, name: str) -> None:
        """Stop a service as a supervisor does; it must end in time and with 0, whatever else is broken."""
        running = self._system.alive(name)
        codes = {0} if running.age_s > START_S else {0, -SIGTERM}  # it may not have begun to handle signals
        running.terminate()
        code, seconds = running.wait()
        assert code in codes, f"{name} ended with {code} after SIGTERM"
        assert seconds < STOP_S, f"{name} took {seconds:.1f} s to end"

    def _start_server(self, name: str) -> None:
        if name == KAFKA:
            self._system.start_kafka()
        else:
            self._system.start_redis()

    def _proxy(self, fault: Fault) -> Proxy:
        service, _, server = fault.target.rpartition(" to ")
        link = self._system.links[service]
        return link.kafka if server == KAFKA else link.redis
