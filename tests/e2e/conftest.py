"""What every test of the whole system needs."""

import pytest


@pytest.fixture(scope="session", autouse=True)
def fetched(jars: None) -> None:
    """Kafka is there before any run begins."""
