"""What the services share: the contract (toppings, events, settings) and the adapters of Kafka, Redis and HTTP."""
