"""Changes that break consumers which use a committed schema."""

from copy import deepcopy
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from contract.compare import Schema, breaks
from contract.schemas import schemas

COMMITTED = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "minLength": 1, "maxLength": 100},
        "count": {"type": "integer", "minimum": 1, "description": "How many."},
        "cheese": {"anyOf": [{"type": "string", "maxLength": 100}, {"type": "null"}], "default": None},
        "size": {"enum": ["small", "large"]},
    },
    "required": ["id", "count"],
}


def changed(path: str, value: Any = None, *, of: Schema = COMMITTED) -> Schema:
    """Return a schema with the value at a path, or with nothing there if the value is None."""
    schema = deepcopy(of)
    *way, last = path.split(".")
    place = schema
    for step in way:
        place = place[step]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return schema


STRING, NULL = {"type": "string", "maxLength": 100}, {"type": "null"}


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        ("properties.cheese", None, "`cheese` was removed"),
        ("required", ["id", "count", "cheese"], "`cheese` is newly required"),
        ("required", ["id"], "`count` is no longer required"),
        ("properties.count", {"type": "string", "minimum": 1}, "`count` changed from integer to string"),
        ("properties.cheese", STRING, "`cheese` changed from string or null to string"),
        ("properties.id", {"anyOf": [NULL, STRING]}, "`id` changed from string to string or null"),
        ("properties.size", {"type": "string"}, "`size` changed from anything to string"),
        ("properties.id.maxLength", 200, "`id`: `maxLength` changed from 100 to 200"),
        ("properties.id.maxLength", 50, "`id`: `maxLength` changed from 100 to 50"),
        ("properties.id.minLength", None, "`id`: `minLength` changed from 1 to nothing"),
        ("properties.id.pattern", "^[a-f]+$", '`id`: `pattern` changed from nothing to "^[a-f]+$"'),
        ("properties.size.enum", ["small"], '`size`: `enum` changed from ["small","large"] to ["small"]'),
        ("properties.cheese.anyOf", [{"type": "string"}, NULL], "`cheese`: `maxLength` changed from 100 to nothing"),
        ("properties.cheese.default", None, "`cheese`: `default` changed from null to nothing"),
        (
            "properties.size",
            {"anyOf": [{"enum": ["small", "large"]}], "pattern": "l"},
            '`size`: `pattern` changed from nothing to "l"',
        ),
        ("additionalProperties", False, "the event: `additionalProperties` changed from nothing to false"),
        ("type", "array", 'the event: `type` changed from "object" to "array"'),
    ],
)
def test_what_breaks_a_consumer_is_reported_in_words(path: str, value: Any, problem: str) -> None:
    """One change, one line, which names the field."""
    assert breaks(COMMITTED, changed(path, value)) == [problem]


def test_a_required_field_that_was_removed_is_reported_once() -> None:
    """That it is no longer required goes without saying."""
    new = changed("required", ["id"], of=changed("properties.count"))
    assert breaks(COMMITTED, new) == ["`count` was removed"]


def test_a_new_required_field_is_reported() -> None:
    """The records that are on the topic don't have it."""
    new = changed("required", ["id", "count", "oven"], of=changed("properties.oven", {"type": "string"}))
    assert breaks(COMMITTED, new) == ["`oven` is newly required"]


def test_a_new_field_breaks_consumers_that_allow_no_others() -> None:
    """A consumer may refuse fields that its schema rules out."""
    closed = changed("additionalProperties", False)
    new = changed("properties.oven", {"type": "string"}, of=closed)
    assert breaks(closed, new) == ["`oven` was added, where further fields were restricted"]


@pytest.mark.parametrize(
    "new",
    [
        COMMITTED,
        changed("properties.oven", {"anyOf": [STRING, NULL]}),
        changed("properties.count.description", "The number of pizzas."),
        changed("properties.cheese.title", "Cheese"),
        changed("title", "A pizza"),
        changed("examples", [{"id": "a", "count": 1}]),
        changed("properties.cheese.anyOf", [NULL, STRING]),
        changed("required", ["count", "id"]),
    ],
)
def test_a_compatible_change_is_not_reported(new: Schema) -> None:
    """Words, order, and one more field that need not be there."""
    assert breaks(COMMITTED, new) == []


KINDS: list[Schema] = [
    {"type": "string"},
    {"type": "string", "maxLength": 1},
    {"type": "integer"},
    {"type": "integer", "minimum": 1},
    {"type": "null"},
    {"enum": ["a", 2]},
]
FIELDS = [*KINDS, *({"anyOf": [kind, {"type": "null"}], "default": None} for kind in KINDS)]
ONE_FIELD: list[Schema] = [
    {"properties": {}, "required": []},
    *({"properties": {"a": field}, "required": required} for field in FIELDS for required in ([], ["a"])),
]
RECORDS = [{}, *({"a": value} for value in (None, 0, 2, "a", "b", "aa"))]


@pytest.mark.parametrize("one", ONE_FIELD)
def test_records_are_valid_by_both_schemas_if_nothing_is_reported(one: Schema) -> None:
    """Old records for new consumers, and new ones for old consumers: tried with every other schema of one field."""
    for other in ONE_FIELD:
        if breaks(one, other):
            continue
        for writer, reader in ((one, other), (other, one)):
            for record in RECORDS:
                if record.keys() <= writer["properties"].keys() and Draft202012Validator(writer).is_valid(record):
                    known = {field: value for field, value in record.items() if field in reader["properties"]}
                    assert Draft202012Validator(reader).is_valid(known)


@pytest.mark.parametrize("name", schemas())
def test_every_field_of_every_event_is_guarded(name: str) -> None:
    """Removing it, making it a boolean, and changing whether it is required are reported."""
    schema = schemas()[name]
    for field in schema["properties"]:
        changes = [
            changed(f"properties.{field}", of=schema),
            changed(f"properties.{field}", {"type": "boolean"}, of=schema),
            changed("required", sorted({field} ^ set(schema["required"])), of=schema),
        ]
        for new in changes:
            [problem] = breaks(schema, new)
            assert problem.startswith(f"`{field}` ")
