"""The table of the environment variables in docs/operations.md."""

from collections.abc import Iterator
from typing import Any

import msgspec

from pizzeria.settings import EXPECTED, Settings

BEGIN, END = "<!-- made from pizzeria/settings.py by make docs -->\n", "<!-- until here -->\n"


def with_settings(text: str) -> str:
    """Return a document with the present table between its two marks."""
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    return f"{before}{BEGIN}\n" + "".join(f"{line}\n" for line in _table()) + f"\n{END}{after}"


def _table() -> Iterator[str]:
    yield "| variable | default | meaning | allowed |"
    yield "| --- | --- | --- | --- |"
    _, components = msgspec.json.schema_components([Settings])
    for name, schema in components["Settings"]["properties"].items():
        default = "" if schema["default"] in (None, "") else f"`{schema['default']}`"
        yield f"| `{name}` | {default} | {schema['description']} | {_allowed(name, schema)} |"


def _allowed(name: str, schema: dict[str, Any]) -> str:
    if name in EXPECTED:
        return EXPECTED[name].removeprefix("expected ")
    [schema] = [each for each in schema.get("anyOf", [schema]) if each.get("type") != "null"]
    if "enum" in schema:
        return ", ".join(f"`{choice}`" for choice in schema["enum"])
    if "maximum" in schema:
        return f"{schema['minimum']} to {schema['maximum']}"
    return f"{schema['minimum']} or more" if "minimum" in schema else "text"
