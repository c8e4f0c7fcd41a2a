"""Records that are too large for the real Kafka."""

from contextlib import closing
from uuid import uuid4

import pytest
from kafka import KafkaAdminClient, KafkaProducer
from kafka.errors import MessageSizeTooLargeError

import workers.cheese
from pizzeria.settings import Settings
from pizzeria.stream import Event, Publisher, TooLargeError, create_topics
from pizzeria.stream.connection import connection
from pizzeria.topics import Topics
from tests.integration.records import committed, records_of
from tests.integration.test_workers import order_events
from tests.waiting import eventually, running
from workers.worker import topping_stream

# Kafka takes batches of 1,048,588 bytes; one with one record of a key of one byte has 73 beside the value.
MAX_VALUE_BYTES = 1_048_588 - 73


def create(settings: Settings, topic: str, partitions: int, configs: dict[str, str]) -> None:
    """Create a topic as somebody else would."""
    with closing(KafkaAdminClient(**connection(settings))) as admin:
        admin.create_topics({topic: {"num_partitions": partitions, "replication_factor": 1, "configs": configs}})
        admin.wait_for_topics([topic])


def test_all_events_but_those_too_large_are_acknowledged(
    settings: Settings, topics: Topics, publisher: Publisher
) -> None:
    """Whether the broker refuses them, or the client does before; what fits exactly is taken."""
    fitting = [Event(topics.pizza, b"k", value, 2) for value in (b"1", b"2", b"x" * MAX_VALUE_BYTES, b"3")]
    too_large = [Event(topics.pizza, b"k", b"x" * size, 2) for size in (MAX_VALUE_BYTES + 1, 3_000_000)]
    with pytest.raises(TooLargeError, match=rf"2 events, the first for {topics.pizza}") as error:
        publisher.publish([*fitting[:2], *too_large, *fitting[2:]])
    assert sorted(error.value.events) == sorted(too_large)
    assert sorted(r.value for r in records_of(settings, topics.pizza)) == sorted(e.value or b"" for e in fitting)


def test_small_events_are_acknowledged_though_their_batch_is_too_large(
    settings: Settings, publisher: Publisher
) -> None:
    """A topic may take less than a batch of ours has; only the event that alone is too large is refused."""
    topic = f"{uuid4().hex[:8]}-small"
    create(settings, topic, partitions=1, configs={"max.message.bytes": "20000"})
    small = [Event(topic, b"k", b"%d" % n + b"x" * 1000, 0) for n in range(500)]
    large = Event(topic, b"k", b"x" * 20_000, 0)
    with pytest.raises(TooLargeError) as error:
        publisher.publish([*small[:250], large, *small[250:]])
    assert error.value.events == [large]
    assert sorted(r.value for r in records_of(settings, topic, 1)) == sorted(e.value or b"" for e in small)


def test_a_record_that_only_fits_compressed_is_refused(settings: Settings, topics: Topics) -> None:
    """Our topics are kept uncompressed, so that they can be read without any codec."""
    with closing(KafkaProducer(**connection(settings), compression_type="gzip", max_request_size=9_000_000)) as foreign:
        sent = foreign.send(topics.pizza, b"v" * 3_000_000, b"k", partition=3)
        with pytest.raises(MessageSizeTooLargeError):
            sent.get(10)


def test_a_dead_letter_that_does_not_fit_is_cut(settings: Settings, publisher: Publisher) -> None:
    """The topic was made by somebody else, and takes 9 MB compressed; the neighbours are handled, all is committed."""
    topics = Topics(prefix=f"{uuid4().hex[:8]}-")
    create(settings, topics.pizza, partitions=6, configs={})
    create_topics(settings, topics)
    before, after = order_events(topics, 2, partition=3)
    publisher.publish([before])
    with closing(
        KafkaProducer(**connection(settings), compression_type="gzip", max_request_size=10_000_000)
    ) as foreign:
        large = [letter * 3_000_000 for letter in (b"v", b"k", b"h")]
        foreign.send(topics.pizza, *large[:2], [("h", large[2])], partition=3).get(10)
    publisher.publish([after])
    with running(topping_stream("cheese", workers.cheese.choose, settings, publisher, topics)):
        eventually(lambda: len(records_of(settings, topics.having("cheese"))) == 2)
    [letter] = records_of(settings, topics.dead_letters)
    assert (letter.key, letter.value, letter.partition) == (b"k" * 1024, b"v" * 1024, 3)
    headers = dict(letter.headers)
    assert headers["__streams.errors.truncated"] == b"3000000"
    assert headers["__streams.errors.offset"] == b"1"
    assert "h" not in headers
    assert committed(settings, f"{topics.prefix}workers-cheese", topics.pizza)[3] == 3
