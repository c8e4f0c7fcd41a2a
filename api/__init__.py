"""The API: orders come in by HTTP, go to Redis, and then to Kafka as events; orders are read from Redis alone."""
