"""`make bench`, in its quick form: it runs through and writes every figure, however large they are."""

import json
import subprocess
import sys
from pathlib import Path

from local.processes import ROOT


def test_the_measurements_run_through_and_write_every_figure(tmp_path: Path) -> None:
    """Three sizes of orders, the latencies, also while clients wait, both ratios, and the memory of every service."""
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
    assert [each["pizzas_per_order"] for each in figures["throughput"]] == [1, 10, 200]
    assert all(each["pizzas_per_s"] > 0 for each in figures["throughput"])
    latency = figures["latency_ms"]
    assert 0 < latency["p50"] <= latency["p95"] <= latency["p99"]
    assert [each["waiting"] for each in figures["waits"]] == [0, 20]
    assert all(each["p50_ms"] > 0 for each in figures["waits"])
    assert {each["service"] for each in figures["floor"]} == {"joiner", "workers sauce"}
    assert all(each["ratio"] > 0 for each in figures["floor"])
    services = {"workers sauce", "workers cheese", "workers meats", "workers veggies", "joiner", "reporter", "api"}
    assert services | {"kafka", "redis"} <= set(figures["memory_bytes"])
