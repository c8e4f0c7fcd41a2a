"""The tests of each service on a real Kafka and a real Redis."""
