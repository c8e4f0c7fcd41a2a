"""python -m bench.peers: the workers and the joiner beside the same two written with other frameworks, in turn.

Events are published to the topic of the pizzas directly: the HTTP API, the relay and the reporter take no part.
"""

import json
import signal
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, suppress
from importlib.metadata import version
from pathlib import Path
from statistics import median
from subprocess import check_output
from typing import NamedTuple

import click

from bench.client import LoadError
from bench.load import latency
from bench.machine import machine
from bench.peers.pipeline import Pipeline
from bench.results import line
from bench.servers import servers
from bench.usage import processor_seconds
from local.servers import KAFKA, REDIS
from local.system import System
from pizzeria.errors import UnavailableError
from pizzeria.settings import Settings
from pizzeria.stream import KafkaMonitor
from pizzeria.topics import Topics
from pizzeria.toppings import TOPPINGS

ROUNDS = 6
SIZES = ((10, 2_000), (1, 8_000))  # pizzas in an order, orders in a round
ONE_AT_A_TIME = 300  # orders of one pizza, one at a time
WARM_UP = (10, 500)
IDLE_S = 1.0  # so that what is committed late doesn't count for the next figure
JOIN_TIMEOUT_S = 60.0
QUIX = "Quix Streams"
_RATE = "pizzas/s, orders of {}"


class Contender(NamedTuple):
    """What is measured.

    Attributes:
        python: the interpreter, whose environment has the framework.
        module: of the peer, which is given the topping or "joiner"; empty for ours.
        client: KAFKA_CLIENT of ours.
    """

    name: str
    python: str
    module: str
    client: str = "kafka-python"

    def start(self, system: System) -> list[str]:
        """Start the workers and the joiner, and return their names."""
        names = []
        for service in (*TOPPINGS, "joiner"):
            ours = [service] if service == "joiner" else ["workers", service]
            command = [self.module, service] if self.module else ours
            name = f"{self.name} {service}"
            env = system.env | {"KAFKA_CLIENT": self.client, "LOG_LEVEL": "warning"}
            system.processes.start(name, [self.python, "-m", *command], env)
            names.append(name)
        return names


@click.command(help="Measure ours, Quix Streams and FastStream in turn, on one Kafka and Redis.")
@click.option("--python", "peers_python", required=True, help="The interpreter that has the frameworks.")
@click.option("--rounds", default=ROUNDS, show_default=True)
def main(peers_python: str, rounds: int) -> None:
    """Start the servers, and measure each contender in each round."""
    for interrupt in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(interrupt, signal.default_int_handler)
    contenders = (
        Contender("librdkafka", sys.executable, "", "librdkafka"),
        Contender("kafka-python", sys.executable, ""),
        Contender(QUIX, peers_python, "bench.peers.quix"),
        Contender("FastStream", peers_python, "bench.peers.fast_stream"),
    )
    results: dict[str, list[dict[str, float]]] = {contender.name: [] for contender in contenders}
    with servers() as (system, settings), closing(Pipeline(settings)) as pipeline:
        for number in range(1, rounds + 1):
            for contender in contenders:
                figures = _turn(contender, system, settings, pipeline)
                results[contender.name].append(figures)
                shown = ", ".join(f"{name} {figure:,.1f}" for name, figure in figures.items())
                click.echo(f"round {number} of {rounds}: {contender.name}: {shown}")
    click.echo("\n" + "\n".join(_table(results)))
    versions = {"kafka-python": version("kafka-python"), "confluent-kafka": version("confluent-kafka")}
    for package in ("quixstreams", "faststream", "confluent-kafka"):
        code = f"from importlib.metadata import version; print(version({package!r}))"
        versions[f"peers' {package}"] = check_output([peers_python, "-c", code], encoding="utf-8").strip()
    click.echo(", ".join(f"{name} {number}" for name, number in versions.items()))
    results_text = json.dumps({"machine": machine(), "versions": versions, "rounds": results}, indent=2)
    Path("bench-peers.json").write_text(f"{results_text}\n", encoding="utf-8")


def _turn(contender: Contender, system: System, settings: Settings, pipeline: Pipeline) -> dict[str, float]:
    names = contender.start(system)
    try:
        _await_groups(settings)
        pipeline.flood(*WARM_UP)
        figures = {_RATE.format(size): pipeline.flood(size, orders) for size, orders in SIZES}
        time.sleep(IDLE_S)
        before = _processor_seconds()
        samples = pipeline.one_at_a_time(ONE_AT_A_TIME)
        used = _processor_seconds() - before
        times = latency(samples)
        return figures | {
            "p50, ms": times.p50,
            "p99, ms": times.p99,
            "processor, ms an order": 1000 * used / ONE_AT_A_TIME,
        }
    finally:
        system.processes.stop(names, timeout_s=15)


def _processor_seconds() -> float:
    """Return what the workers and the joiner have used."""
    return sum(seconds for name, seconds in processor_seconds().items() if name not in (KAFKA, REDIS))


def _await_groups(settings: Settings) -> None:
    """Return when the consumer groups of the workers and of the joiner have all their partitions.

    Raises:
        LoadError: they don't in time.
    """
    topics = Topics()
    services = [service for service in topics.consumed if service != "reporter"]
    groups = {topics.group(service): topics.consumed[service] for service in services}
    wanted = {group: settings.kafka_topic_partitions * len(consumed) for group, consumed in groups.items()}
    deadline = time.monotonic() + JOIN_TIMEOUT_S
    assigned: dict[str, int] = {}
    with closing(KafkaMonitor(settings, topics.all, groups)) as monitor:
        while True:
            with suppress(UnavailableError):  # Kafka creates the topic of the offsets for the first group
                found = monitor.read(int(1000 * time.time())).groups
                assigned = {group: sum(member.partitions for member in found[group].members) for group in groups}
                if assigned == wanted and all(group.state == "Stable" for group in found.values()):
                    return
            if time.monotonic() > deadline:
                raise LoadError(f"the groups have not all partitions after {JOIN_TIMEOUT_S:.0f} s: {assigned}")
            time.sleep(0.1)


def _table(results: Mapping[str, Sequence[Mapping[str, float]]]) -> Iterator[str]:
    """Yield the medians, and of the rates the ratio to Quix Streams, pair by pair."""
    yield line("", *results)
    for figure in results[QUIX][0]:
        yield line(figure, *(f"{median(each[figure] for each in rounds):,.1f}" for rounds in results.values()))
        if figure.startswith("pizzas/s"):
            ratios = (
                median(a[figure] / b[figure] for a, b in zip(rounds, results[QUIX], strict=True))
                for rounds in results.values()
            )
            yield line("  of Quix Streams'", *(f"{ratio:.2f}" for ratio in ratios))


if __name__ == "__main__":
    main()
