"""The table of the settings in docs/operations.md."""

from contract.settings_table import BEGIN, END, with_settings

OPERATIONS = f"# Operations\n\n{BEGIN}\n| old |\n\n{END}\nThe rest.\n"


def test_the_table_is_replaced_and_nothing_else() -> None:
    """Each variable, also of make run, has its default, its meaning and what it may be, once."""
    text = with_settings(OPERATIONS)
    assert text.startswith(f"# Operations\n\n{BEGIN}")
    assert text.endswith(f"{END}\nThe rest.\n")
    assert "old" not in text
    assert (
        "| `API_PORT` | `8000` | port of the API; with Compose, of the gateway | a whole number from 1 to 65535 |"
        in text
    )
    assert "| `LOG_FORMAT` | `console` | format of the log on stdout | one of console, json |" in text
    assert (
        "| `KAFKA_PORT` | `9092` | port of the embedded Kafka of `make run` | a whole number from 1 to 65535 |" in text
    )
    assert text.count("`API_PORT`") == 1
    assert with_settings(text) == text
