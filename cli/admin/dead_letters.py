"""python -m pizzeria dead-letters: list, replay and discard the records that a service rejected."""

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import wraps
from typing import Any

import click

from cli.admin.dead_letter_index import DeadLetterIndex, Selection
from cli.admin.dead_letter_text import line, paragraph, printable
from cli.admin.dead_letter_topic import DeadLetterTopic, connect
from cli.admin.discard import delete, discard
from cli.admin.replay import replay
from pizzeria.errors import UnavailableError

Connect = Callable[[str], AbstractContextManager[DeadLetterTopic]]

_UNITS_S = {"s": 1, "m": 60, "h": 60 * 60, "d": 24 * 60 * 60}


class _Age(click.ParamType[int]):
    """An age such as 7d, in seconds."""

    name = "age"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the seconds."""
        if not re.fullmatch("[0-9]{1,6}[smhd]", value):
            self.fail(f"{value!r} is not an age: expected a number and s, m, h or d, such as 12h or 7d", param, ctx)
        return int(value[:-1]) * _UNITS_S[value[-1]]


def _by_origin(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of a selection, which the command gets as one argument."""

    @wraps(command)
    def with_selection(
        *args: Any, topic: str | None, partition: int | None, offset: int | None, **options: Any
    ) -> None:
        if offset is not None and topic is None:
            raise click.UsageError("--offset needs --topic")
        command(*args, selection=Selection(topic, partition, offset), **options)

    decorated: Callable[..., None] = with_selection
    for option in (
        click.option("--offset", type=click.IntRange(min=0), help="Only that of this offset; needs --topic."),
        click.option("--partition", type=click.IntRange(min=0), help="Only those of this partition."),
        click.option("--topic", help="Only records that came from this topic."),
    ):
        decorated = option(decorated)
    return decorated


@click.group("dead-letters", help="List, replay and discard the records that a service rejected.")
@click.pass_context
def dead_letters(context: click.Context) -> None:
    """Group the commands, which connect to the servers of the settings unless they are handed another topic."""
    context.obj = context.obj or connect


@dead_letters.command("list", help="List every dead letter, with its origin and the error.")
@click.pass_obj
def list_letters(connect: Connect) -> None:
    """Print a paragraph for each dead letter."""
    found = False
    with _unavailable_in_one_line(), connect("pizzeria dead-letters list") as topic:
        letters = DeadLetterIndex(topic.read())
        for batch in topic.read():
            for letter in letters.standing(batch):
                found = True
                click.echo(paragraph(letter, letters.times(letter)))
    if not found:
        click.echo("no dead letters")


@dead_letters.command(
    "replay",
    short_help="Publish dead letters again for the services that rejected them.",
    help="Publish dead letters again, to the topic and partition that they came from, each for the service that"
    " rejected it; other services skip it.\n\nWithout an option: all that were not replayed before. With one: those"
    " that match, even if they were replayed before.",
)
@_by_origin
@click.pass_obj
def replay_letters(connect: Connect, selection: Selection) -> None:
    """Replay, and print a line for each record."""
    replayed = failed = 0
    with _unavailable_in_one_line(), connect("pizzeria dead-letters replay") as topic:
        # The committed offsets of this group are the end of the last replay of all; the markers are, when it expires.
        group = f"{topic.topics.prefix}dead-letters-replay" if selection == Selection() else None
        letters = DeadLetterIndex(topic.read())
        batches = letters.not_replayed(topic.read(group)) if group else topic.read()
        for letter, problem in replay(batches, letters, topic.publisher, topic.topics, selection):
            if problem is None:
                replayed += 1
                click.echo(f"replayed {line(letter, 'for')}")
            else:
                failed += 1
                click.echo(f"not replayed {letter.place}: {printable(problem)}")
    if not replayed and not failed and selection != Selection():
        raise SystemExit(f"no dead letter came from {selection}")
    if failed:
        raise SystemExit(1)
    if not replayed:
        click.echo("nothing to replay")


@dead_letters.command(
    "discard",
    short_help="Discard dead letters: all, the oldest, or those that match.",
    help="Discard dead letters, so that list and replay skip them.\n\nGive --all, or --older-than, or the origin. If a"
    " discarded record is rejected once more, because it had been replayed, it is a dead letter again.",
)
@click.option("--all", "everything", is_flag=True, help="All; Kafka deletes the records.")
@click.option(
    "--older-than",
    "age_s",
    type=_Age(),
    help="Those rejected before that, such as 12h or 7d; Kafka deletes the records.",
)
@_by_origin
@click.pass_obj
def discard_letters(connect: Connect, everything: bool, age_s: int | None, selection: Selection) -> None:
    """Discard, and print a line for each letter."""
    if [everything, age_s is not None, selection != Selection()].count(True) != 1:
        raise click.UsageError(
            "expected --all, or --older-than, or where they came from: --topic, --partition, --offset"
        )
    discarded = 0
    with _unavailable_in_one_line(), connect("pizzeria dead-letters discard") as topic:
        letters = DeadLetterIndex(topic.read())
        if selection == Selection():
            before_ms = None if age_s is None else int(1000 * (topic.now_s() - age_s))
            gone = delete(topic.read(), letters, topic.delete_before, before_ms)
        else:
            gone = discard(topic.read(), letters, topic.publisher, selection)
        for letter in gone:
            discarded += 1
            click.echo(f"discarded {line(letter, 'of')}")
    if not discarded and selection != Selection():
        raise SystemExit(f"no dead letter came from {selection}")
    if not discarded:
        click.echo("nothing to discard")


@contextmanager
def _unavailable_in_one_line() -> Iterator[None]:
    try:
        yield
    except UnavailableError as error:
        raise SystemExit(str(error)) from None
    except sqlite3.Error as error:
        raise SystemExit(f"the index of the dead letters, a temporary file in TMPDIR: {error}") from None
