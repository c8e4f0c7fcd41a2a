"""python -m pizzeria dead-letters: look at the records that a service could not use, and try them again."""

from collections.abc import Iterator
from contextlib import contextmanager

import click

from pizzeria import process
from pizzeria.errors import UnavailableError
from pizzeria.events import Topics
from pizzeria.replay import Selection, replay
from pizzeria.stream import Letter, Publisher, read_back, read_letter

_SHOWN = 100


@click.group("dead-letters", help="Look at the records that a service could not use, and try them again.")
def dead_letters() -> None:
    """Hold the commands."""


@dead_letters.command("list", help="Show every dead letter: where it is, where it came from, and why.")
def list_letters() -> None:
    """Print a paragraph for each dead letter."""
    settings, found = process.start_command("pizzeria dead-letters list"), False
    with _unavailable_in_one_line():
        for batch in read_back(settings, [Topics().dead_letters]):
            for record in batch:
                found = True
                click.echo(_paragraph(read_letter(record)))
    if not found:
        click.echo("no dead letters")


@dead_letters.command(
    "replay",
    help="Put dead letters back to the topic and partition that they came from: all those that were not put back"
    " before or, with an option, those that match, whether they were or not; so also those that were refused.",
)
@click.option("--topic", help="Only records that came from this topic.")
@click.option("--partition", type=click.IntRange(min=0), help="Only those of this partition of it.")
@click.option("--offset", type=click.IntRange(min=0), help="Only those of this offset; needs --topic.")
def replay_letters(topic: str | None, partition: int | None, offset: int | None) -> None:
    """Replay, and print a line for each record."""
    if offset is not None and topic is None:
        raise click.UsageError("--offset needs --topic: an offset is one of a topic's")
    selection, topics = Selection(topic, partition, offset), Topics()
    settings = process.start_command("pizzeria dead-letters replay")
    # Where the last replay of all ended is in Kafka, as for any consumer.
    group = f"{topics.prefix}dead-letters-replay" if selection == Selection() else None
    publisher, replayed, failed = Publisher(settings), 0, 0
    try:
        with _unavailable_in_one_line():
            batches = read_back(settings, [topics.dead_letters], group=group)
            for letter, problem in replay(batches, publisher, topics, selection):
                if problem is None:
                    replayed += 1
                    click.echo(f"replayed {_printable(str(letter.origin))}")
                else:
                    failed += 1
                    click.echo(f"not replayed {letter.place}: {_printable(problem)}")
    finally:
        publisher.close()
    if not replayed and not failed and selection != Selection():
        raise SystemExit(f"no dead letter came from {selection}")
    if failed:
        raise SystemExit(1)
    if not replayed:
        click.echo("nothing to replay")


@contextmanager
def _unavailable_in_one_line() -> Iterator[None]:
    try:
        yield
    except UnavailableError as error:
        raise SystemExit(str(error)) from None


def _paragraph(letter: Letter) -> str:
    errors = {name: _printable(text) for name, text in letter.errors.items()}
    origin = "a place that it doesn't name" if letter.origin is None else _printable(str(letter.origin))
    lines = [f"{letter.place} from {origin}" + (f", put away by {errors['service']}" if "service" in errors else "")]
    if "message" in errors:
        lines.append(f"{errors.get('exception', 'error')}: {errors['message']}")
    if "truncated" in errors:
        lines.append(f"cut: its value had {errors['truncated']} bytes")
    lines += [f"key {_shown(letter.record.key)}", f"value {_shown(letter.record.value)}"]
    return "\n  ".join(lines)


def _shown(data: bytes | None) -> str:
    if data is None:
        return "null"
    more = f" … {len(data)} bytes" if len(data) > _SHOWN else ""
    return _printable(data[:_SHOWN].decode(errors="backslashreplace")) + more


def _printable(text: str) -> str:
    """Return text without what a terminal would obey."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)
