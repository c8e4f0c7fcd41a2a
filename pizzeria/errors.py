"""The errors that cross from an adapter into a service."""


class UnequalPartitionsError(Exception):
    """The topics of a stream don't have the same number of partitions."""


class UnavailableError(Exception):
    """Kafka or Redis doesn't answer, or won't for now: nothing is wrong with the data, trying again is right.

    Args:
        message: for the log; it may name addresses.
        public: for a client of the HTTP API; it names none.
    """

    def __init__(self, message: str, public: str = "a server that this service needs is unavailable") -> None:
        super().__init__(message)
        self.public = public
