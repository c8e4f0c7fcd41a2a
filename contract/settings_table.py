"""The table of the environment variables in docs/operations.md."""

from collections.abc import Iterator

import msgspec

from local.system import LocalSettings
from pizzeria.settings import Settings, allowed

BEGIN, END = "<!-- generated from pizzeria/settings.py and local/system.py by make docs -->\n", "<!-- end -->\n"


def with_settings(text: str) -> str:
    """Return a document with the current table between its two marks."""
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    return f"{before}{BEGIN}\n" + "".join(f"{line}\n" for line in _table()) + f"\n{END}{after}"


def _table() -> Iterator[str]:
    yield "| variable | default | meaning | allowed |"
    yield "| --- | --- | --- | --- |"
    _, components = msgspec.json.schema_components([LocalSettings, Settings])
    local, services = (components[kind.__name__]["properties"] for kind in (LocalSettings, Settings))
    of_make_run = {name: schema for name, schema in local.items() if name not in services}
    for name, schema in (services | of_make_run).items():
        default = "" if schema["default"] in (None, "", 0) else f"`{schema['default']}`"
        yield f"| `{name}` | {default} | {schema['description']} | {allowed(name, schema)} |"
