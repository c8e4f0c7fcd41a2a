"""The documents as files."""

from collections.abc import Mapping

import yaml
from msgspec import json

from contract.asyncapi import asyncapi
from contract.compare import Schema
from contract.history import FOLDER


def files(schemas: Mapping[str, Schema]) -> dict[str, str]:
    """Return each file's path in the repository, and its text.

    Args:
        schemas: by the names of their events.
    """
    return {
        "docs/asyncapi.yaml": yaml.safe_dump(asyncapi(schemas), sort_keys=False, allow_unicode=True, width=120),
        **{
            f"{FOLDER}/{name}.json": json.format(json.encode(schema), indent=2).decode() + "\n"
            for name, schema in schemas.items()
        },
    }
