"""What is put back of the dead letters, and what is not."""

from collections.abc import Iterator, Sequence

import pytest

from cli.admin.dead_letter_index import DeadLetterIndex, Selection
from cli.admin.replay import replay
from pizzeria.errors import UnavailableError
from pizzeria.stream import Event
from pizzeria.topics import Topics
from tests.unit.fakes import FakePublisher, FakeRecord
from tests.unit.letters import as_record, claiming, letter_of, marker_of


def replayed(
    publisher: FakePublisher, *batches: Sequence[FakeRecord], selection: Selection | None = None
) -> list[str | None]:
    """Replay batches and return the problems."""
    told = replay(batches, DeadLetterIndex(batches), publisher, Topics(), selection or Selection())
    return [problem for _, problem in told]


@pytest.mark.parametrize(("key", "value"), [(b"6f0c", b"{}"), (b"\xff", b"\xfe"), (None, b"x"), (b"6f0c", None)])
def test_a_record_is_put_back_as_it_was(publisher: FakePublisher, key: bytes | None, value: bytes | None) -> None:
    """Topic, partition, key, value and headers; further headers say for whom, and where and when it was first."""
    record = FakeRecord("pizza-with-cheese", 4, 17, key, value, [("trace", b"1"), ("empty", None)], timestamp=5)
    assert replayed(publisher, [letter_of(record, timestamp=9)]) == [None]
    headers = [
        ("trace", b"1"),
        ("empty", b""),
        ("__streams.replay.topic", b"pizza-with-cheese"),
        ("__streams.replay.partition", b"4"),
        ("__streams.replay.offset", b"17"),
        ("__streams.replay.timestamp", b"5"),
        ("__streams.replay.service", b"joiner"),
    ]
    assert publisher.published == [Event("pizza-with-cheese", key, value, 4, headers)]


def test_a_letter_of_an_older_version_is_as_old_as_when_it_was_put_away(publisher: FakePublisher) -> None:
    """Its headers don't say when its record was written."""
    letter = letter_of(FakeRecord("pizza", 4, 17, b"k", b"bad", timestamp=5), timestamp=9)
    letter.headers = [header for header in letter.headers if not header[0].endswith(".timestamp")]
    replayed(publisher, [letter])
    assert dict(publisher.published[0].headers or [])["__streams.replay.timestamp"] == b"9"


def test_a_letter_that_came_back_is_put_back_once(publisher: FakePublisher) -> None:
    """However often it was put away; also in different batches."""
    bad = FakeRecord("pizza", 4, 17, b"k", b"bad", timestamp=5)
    replayed(publisher, [letter_of(bad, timestamp=9)])
    [event] = publisher.published
    again = as_record(event, offset=20, timestamp=30)
    assert replayed(publisher, [letter_of(bad, 0), letter_of(bad, 1)], [letter_of(again, 2)]) == [None]
    assert publisher.published == [event, event]


def test_a_record_is_put_back_for_each_service_that_put_it_away(publisher: FakePublisher) -> None:
    """And for no other, which may have used it long ago."""
    bad = FakeRecord("pizza", 4, 17, b"k", b"bad")
    batch = [letter_of(bad, offset, service) for offset, service in enumerate(("workers sauce", "workers cheese"))]
    assert replayed(publisher, batch) == [None, None]
    told = [dict(event.headers or [])["__streams.replay.service"] for event in publisher.published]
    assert told == [b"workers sauce", b"workers cheese"]


def test_what_is_discarded_is_not_put_back(publisher: FakePublisher) -> None:
    """But what came back since then is."""
    bad, other = FakeRecord("pizza", 4, 17, b"k", b"bad"), FakeRecord("pizza", 4, 18, b"k", b"other")
    letters = [letter_of(bad, 0), letter_of(other, 1)]
    letters.append(marker_of(letters[0], 2))
    assert replayed(publisher, letters) == [None]
    assert replayed(publisher, [*letters, letter_of(bad, 3)]) == [None, None]
    assert [event.value for event in publisher.published] == [b"other", b"other", b"bad"]


@pytest.mark.parametrize(
    "other",
    [
        FakeRecord("pizza", 4, 17, b"k", b"other"),
        FakeRecord("pizza", 4, 17, b"other", b"bad"),
        FakeRecord("pizza", 4, 17, None, b"bad"),
        FakeRecord("pizza", 5, 17, b"k", b"bad"),
        FakeRecord("pizza-with-sauce", 4, 17, b"k", b"bad"),
        FakeRecord("pizza", 4, 17, b"k", b"bad", [("trace", b"1")]),
    ],
)
def test_records_that_differ_in_anything_are_all_put_back(publisher: FakePublisher, other: FakeRecord) -> None:
    """Even from the same place: a topic may have been created anew."""
    bad = FakeRecord("pizza", 4, 17, b"k", b"bad")
    assert replayed(publisher, [letter_of(bad, 0), letter_of(other, 1)]) == [None, None]
    assert len(publisher.published) == 2


def test_the_next_batch_is_requested_when_the_last_one_is_acknowledged(publisher: FakePublisher) -> None:
    """For then it is committed."""
    published: list[int] = []

    def batches() -> Iterator[list[FakeRecord]]:
        for offset in range(3):
            published.append(len(publisher.published))
            yield [letter_of(FakeRecord("pizza", 0, offset, b"k", b"%d" % offset))]

    assert len(list(replay(batches(), DeadLetterIndex([]), publisher, Topics(), Selection()))) == 3
    assert published == [0, 1, 2]


def test_kafka_away_is_reported_and_nothing_more_is_requested(publisher: FakePublisher) -> None:
    """What is not acknowledged is not committed."""
    publisher.failures = 1
    batches = iter([[letter_of(FakeRecord("pizza", 0, offset, b"k", b"bad"))] for offset in range(2)])
    with pytest.raises(UnavailableError, match="not acknowledged"):
        list(replay(batches, DeadLetterIndex([]), publisher, Topics(), Selection()))
    assert len(list(batches)) == 1


@pytest.mark.parametrize(
    ("letter", "problem"),
    [
        (FakeRecord("pizza-dead-letters", 0, 0, b"k", b"{}"), "its headers do not name its origin"),
        (claiming("pizza", "1", "many"), "its headers do not name its origin"),
        (claiming("pizza", "1", "2", service=b""), "its headers do not name the service that rejected it"),
        (claiming("__consumer_offsets", "1", "2"), "'__consumer_offsets' is no topic that is replayed to"),
        (claiming("pizza-dead-letters", "1", "2"), "'pizza-dead-letters' is no topic that is replayed to"),
        (claiming("pizza", "6", "2"), "pizza has no partition 6"),
        (claiming("pizza", "-1", "2"), "pizza has no partition -1"),
        (claiming("pizza", "1", "2", b"x" * 101), "Kafka refuses it for its size"),
    ],
)
def test_what_cannot_be_replayed_is_reported_and_delays_no_other(
    publisher: FakePublisher, letter: FakeRecord, problem: str
) -> None:
    """Headers are not followed wherever they lead."""
    publisher.largest = 100
    good = letter_of(FakeRecord("pizza", 0, 1, b"k", b"good"))
    assert set(replayed(publisher, [letter, good])) == {problem, None}
    assert [event.value for event in publisher.published] == [b"good"]


def test_a_record_that_was_cut_is_not_put_back(publisher: FakePublisher) -> None:
    """It would not be what it was."""
    letter = letter_of(FakeRecord("pizza", 4, 17, b"k", b"x" * 1024))
    letter.headers.append(("__streams.errors.truncated", b"3000000"))
    assert replayed(publisher, [letter]) == ["it is cut: the value of pizza[4]@17 had 3000000 bytes"]
    assert publisher.published == []


def test_a_batch_that_could_not_be_read_is_not_put_back(publisher: FakePublisher) -> None:
    """Its bytes are no record."""
    letter = letter_of(FakeRecord("pizza", 4, 17, b"k", b"bytes"))
    letter.headers.append(("__streams.errors.last_offset", b"19"))
    assert replayed(publisher, [letter]) == ["it is a batch that could not be read, of the offsets up to 19"]
    assert publisher.published == []


@pytest.mark.parametrize(
    ("selection", "values"),
    [
        (Selection("pizza"), [b"a", b"b", b"c"]),
        (Selection("pizza", 1), [b"b", b"c"]),
        (Selection("pizza", 1, 7), [b"c"]),
        (Selection("pizza", None, 0), [b"a", b"b"]),
        (Selection(None, 0), [b"a", b"d"]),
        (Selection("pizza-with-meats"), []),
    ],
)
def test_records_are_selected_by_where_they_came_from(
    publisher: FakePublisher, selection: Selection, values: list[bytes]
) -> None:
    """What came from nowhere is in no selection."""
    records = [
        FakeRecord("pizza", 0, 0, b"k", b"a"),
        FakeRecord("pizza", 1, 0, b"k", b"b"),
        FakeRecord("pizza", 1, 7, b"k", b"c"),
        FakeRecord("pizza-with-sauce", 0, 3, b"k", b"d"),
    ]
    foreign = FakeRecord("pizza-dead-letters", 0, 0, b"k", b"e")
    problems = replayed(publisher, [*map(letter_of, records), foreign], selection=selection)
    assert problems == [None] * len(values)
    assert [event.value for event in publisher.published] == values


def test_our_headers_count_where_there_are_foreign_ones_of_the_same_names(publisher: FakePublisher) -> None:
    """A dead letter of another system may come to be one of ours."""
    record = claiming("theirs", "9", "9")
    record.topic, record.partition = "pizza", 2
    assert replayed(publisher, [letter_of(record)]) == [None]
    [event] = publisher.published
    assert event[:4] == ("pizza", b"k", b"{}", 2)
    assert not any(name.startswith("__streams.errors.") for name, _ in event.headers or [])
