"""Text from elsewhere, made fit for a terminal."""

import json

import click
import msgspec


def printable(text: str) -> str:
    """Return text without what a terminal would obey."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def echo_json(document: bytes) -> None:
    """Print a JSON document on one line, in UTF-8 wherever it goes, without what a terminal would obey: the same JSON.

    Args:
        document: whatever its spaces.
    """
    line = msgspec.json.format(document, indent=-1).decode(errors="replace")
    line = "".join(each if each.isprintable() else json.dumps(each)[1:-1] for each in line)
    click.echo(line.encode())


def pizzas(count: int) -> str:
    """Return "1 pizza", "2 pizzas"."""
    return f"{count} pizza" + ("" if count == 1 else "s")
