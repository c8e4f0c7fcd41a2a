"""Everything on this machine: an embedded Kafka and Redis, and `python -m local`, which runs the whole system."""
