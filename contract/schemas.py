"""The JSON Schemas of the events, from the code that reads and writes them."""

import re
from importlib import import_module
from typing import Any

from msgspec import Struct, json
from msgspec.structs import replace

from contract.compare import Schema
from pizzeria.events import Pizza
from pizzeria.store.order import Change
from pizzeria.topics import Topics
from pizzeria.toppings import MENUS, TOPPINGS

VERSION = 1  # raise it only for a change that must break consumers of a committed schema

CHANGE = "order-change"

_EXAMPLE = Pizza(order_id="93946dab36cc47d9a1b16a68f75b92c8", pizza_id=0, count=2)
_ABOUT = "`pizza_id` is always below `count`. The same pizza may be delivered more than once. Ignore unknown fields."


def schemas() -> dict[str, Schema]:
    """Return the schema of each event by the name of its topic, and that of an order's change in Redis."""
    topics = Topics()
    return {
        topics.pizza: _pizza(topics.pizza, "A pizza that was ordered", f"It has no toppings yet. {_ABOUT}", _EXAMPLE),
        **{topic: _having(topping, topic) for topping, topic in topics.by_topping.items()},
        CHANGE: _change(),
    }


def retired() -> set[str]:
    """Return the topics of the toppings that have left the menu; their fields stay, so that no consumer breaks."""
    return {Topics().having(field) for field in Pizza.__struct_fields__ if field not in TOPPINGS}


def version(schema: Schema) -> int | None:
    """Return the VERSION that a schema was made with; None if it was not made here."""
    made = re.match(r"urn:pizzeria:(\d+):", schema.get("$id", ""))
    return made and int(made[1])


def _pizza(topic: str, title: str, description: str, example: Pizza) -> Schema:
    schema = _schema(topic, title, description, example)
    for topping in TOPPINGS:
        about = f"The {topping}, once chosen; null is the same as no field."
        schema["properties"][topping] = {"description": about, **schema["properties"][topping]}
    return schema


def _having(topping: str, topic: str) -> Schema:
    example = replace(_EXAMPLE, **{topping: import_module(f"workers.{topping}").choose(_EXAMPLE)})
    schema = _pizza(topic, f"A pizza with its {topping}", f"It may have other toppings, too. {_ABOUT}", example)
    [choice] = [kind for kind in schema["properties"][topping]["anyOf"] if kind["type"] != "null"]
    schema["properties"][topping] = {"description": f"The {topping} that was chosen.", **choice}
    schema["required"].append(topping)
    return schema


def _change() -> Schema:
    pizza = {topping: menu[0] for topping, menu in MENUS.items()}
    example = Change("ready", 2, {1: pizza}, "2026-11-23T09:38:35.448Z")
    about = "`pizzas` are those that have changed, with all the toppings that they have now. Ignore unknown fields."
    return _schema(CHANGE, "A change of an order", about, example)


def _schema(name: str, title: str, description: str, example: Struct) -> Schema:
    _, components = json.schema_components([type(example)])
    event: dict[str, Any] = components[type(example).__name__]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:pizzeria:{VERSION}:{name}",
        **event,
        "title": title,
        "description": description,
        "examples": [json.decode(json.encode(example))],
    }
