"""Everything on this machine: an embedded Kafka and Redis, and `python -m local`, which runs the whole system."""

import pizzeria  # noqa: F401 - says so if the packages are missing, before one of them is imported
