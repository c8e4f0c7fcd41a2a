"""What the services share: the contract (toppings, events, settings) and the adapters of Kafka, Redis and HTTP."""

import os
import sys
from importlib.util import find_spec
from io import TextIOWrapper

if find_spec("msgspec") is None:
    raise SystemExit(f"{sys.executable} lacks the packages of requirements.txt: run bin/pizzeria, which installs them")

if not os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
    # Nothing is traced, but redis-py imports OpenTelemetry if it finds it: 2.5 MB and 70 ms for each process.
    for name in ("opentelemetry.metrics", "opentelemetry.sdk.metrics"):
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]  # this is how a module is hidden
if isinstance(sys.stdout, TextIOWrapper):
    sys.stdout.reconfigure(errors="backslashreplace")  # what the locale can't show ends no command, and is in the log
