"""The errors that cross from an adapter into a service."""


class UnavailableError(Exception):
    """Kafka or Redis doesn't answer, or won't for now: nothing is wrong with the data, trying again is right."""
