"""What a change of an event's schema breaks.

Records that conform to the committed schema are still in the topic, and consumers that rely on it still run. So only
two changes are compatible: of descriptions, and a new optional field. Any other difference is reported, also one of a
keyword that is unknown here: if a field accepts fewer values, new consumers reject old records; if it accepts more, old
consumers reject new ones.
"""

from collections.abc import Iterator
from typing import Any

from msgspec import json

Schema = dict[str, Any]

_WORDS = {"title", "description", "examples"}
_NOTHING = object()


def breaks(committed: Schema, new: Schema) -> list[str]:
    """Return the incompatible changes, one sentence each; none if the new schema can replace the committed one."""
    return list(_breaks(committed, new))


def _breaks(committed: Schema, new: Schema) -> Iterator[str]:
    before, after = committed["properties"], new["properties"]
    for field, schema in before.items():
        if field in after:
            yield from _field_breaks(f"`{field}`", schema, after[field])
        else:
            yield f"`{field}` was removed"
    for field in after:
        must_before, must_now = field in committed["required"], field in new["required"]
        if must_now and not must_before:
            yield f"`{field}` is newly required"
        elif must_before and not must_now:
            yield f"`{field}` is no longer required"
        elif field not in before and "additionalProperties" in committed:
            yield f"`{field}` was added, where further fields were restricted"
    fields = {"properties", "required"}
    yield from _keyword_breaks("the event", _without(committed, fields), _without(new, fields))


def _field_breaks(name: str, before: Schema, after: Schema) -> Iterator[str]:
    (kinds_before, all_before), (kinds_after, all_after) = _kinds(before), _kinds(after)
    names_before, names_after = (" or ".join(map(_name, kinds)) for kinds in (kinds_before, kinds_after))
    if names_before != names_after:
        yield f"{name} changed from {names_before} to {names_after}"
        return
    for kind_before, kind_after in zip(kinds_before, kinds_after, strict=True):
        yield from _keyword_breaks(name, kind_before, kind_after)
    yield from _keyword_breaks(name, all_before, all_after)


def _kinds(field: Schema) -> tuple[list[Schema], Schema]:
    """Return the types of a field, null last, and the keywords that apply to all of them."""
    if "anyOf" not in field:
        return [field], {}
    kinds = sorted(field["anyOf"], key=lambda kind: (_name(kind) == "null", _name(kind)))
    return kinds, _without(field, {"anyOf"})


def _name(kind: Schema) -> str:
    return str(kind.get("type", "anything"))


def _keyword_breaks(name: str, before: Schema, after: Schema) -> Iterator[str]:
    before, after = _without(before, _WORDS), _without(after, _WORDS)
    for keyword in before | after:
        was, will_be = before.get(keyword, _NOTHING), after.get(keyword, _NOTHING)
        if was != will_be:
            yield f"{name}: `{keyword}` changed from {_shown(was)} to {_shown(will_be)}"


def _without(schema: Schema, keywords: set[str]) -> Schema:
    return {keyword: value for keyword, value in schema.items() if keyword not in keywords}


def _shown(value: Any) -> str:
    return "nothing" if value is _NOTHING else json.encode(value).decode()
