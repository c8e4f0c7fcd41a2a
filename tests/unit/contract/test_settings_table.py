"""The table of the settings in docs/operations.md."""

from contract.settings_table import BEGIN, END, with_settings

OPERATIONS = f"# Operations\n\n{BEGIN}\n| old |\n\n{END}\nThe rest.\n"


def test_the_table_is_replaced_and_nothing_else() -> None:
    """Each variable has its default, its meaning and what it may be."""
    text = with_settings(OPERATIONS)
    assert text.startswith(f"# Operations\n\n{BEGIN}")
    assert text.endswith(f"{END}\nThe rest.\n")
    assert "old" not in text
    assert "| `API_PORT` | `8000` | the API's port; with Compose, the gateway's on this machine | 1 to 65535 |" in text
    assert "| `LOG_FORMAT` | `console` | how the log on stdout looks | `console`, `json` |" in text
    assert with_settings(text) == text
