"""The API: orders come in by HTTP, go to Redis, and then to Kafka as events; orders are read from Redis alone."""

import pizzeria  # noqa: F401 - says so if the packages are missing, before one of them is imported
