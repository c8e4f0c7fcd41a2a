"""`make bench`, in its quick form: it runs through and writes every figure, however large they are."""

import json
import subprocess
import sys
from pathlib import Path

from local.processes import ROOT

WORKERS = {"workers sauce", "workers cheese", "workers meats", "workers veggies"}
PROCESSES = WORKERS | {"joiner", "reporter", "api", "api.relay", "kafka", "redis"}


def test_the_measurements_run_through_and_write_every_figure(tmp_path: Path) -> None:
    """Three sizes of orders, latencies, processor time and memory with each Kafka client; waits."""
    output = tmp_path / "bench.json"
    run = subprocess.run(
        [sys.executable, "-m", "bench", "--quick", "--output", str(output)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    figures = json.loads(output.read_text())
    assert list(figures["clients"]) == ["kafka-python", "librdkafka"]
    for each in figures["clients"].values():
        assert [size["pizzas_per_order"] for size in each["throughput"]] == [1, 10, 200]
        assert all(size["pizzas_per_s"] > 0 for size in each["throughput"])
        latency = each["latency_ms"]
        assert 0 < latency["p50"] <= latency["p95"] <= latency["p99"]
        assert set(each["memory_bytes"]) >= PROCESSES
        assert set(each["processor_ms"]) == set(each["memory_bytes"])
        assert each["processor_ms"]["joiner"] > 0
    assert [each["waiting"] for each in figures["waits"]] == [0, 20]
    assert all(each["p50_ms"] > 0 for each in figures["waits"])
