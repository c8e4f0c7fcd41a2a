"""The errors that the adapters raise to the services."""


class UnequalPartitionsError(Exception):
    """The topics of a stream don't have the same number of partitions."""


class UnavailableError(Exception):
    """A transient error: Kafka or Redis does not respond, or rejects requests for now. Retry with the same data.

    Args:
        message: for the log; it may contain addresses.
        public: for a client of the HTTP API; it contains none.
    """

    def __init__(self, message: str, public: str = "a server that this service needs is unavailable") -> None:
        super().__init__(message)
        self.public = public
