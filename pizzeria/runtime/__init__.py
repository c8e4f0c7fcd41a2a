"""How any service runs: its process, its log, its health, its HTTP server. It knows no Kafka and no Redis."""
