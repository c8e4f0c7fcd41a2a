"""The settings that tests begin with: KAFKA_CLIENT in the environment chooses the Kafka client that they try."""

from typing import Any

from msgspec import structs

from pizzeria.settings import Settings, read_settings

KAFKA_CLIENT = read_settings().kafka_client


def settings_with(**changes: Any) -> Settings:
    """Return the settings of the environment, changed."""
    return structs.replace(read_settings(), **changes)
