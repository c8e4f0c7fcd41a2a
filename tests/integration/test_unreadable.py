"""What kafka-python, or Kafka itself, can't read, on the real Kafka."""

import re
import struct
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import structlog
from kafka import KafkaAdminClient, KafkaProducer

import workers.cheese
from local.ports import free_port
from local.processes import Processes
from local.servers import KAFKA, start_kafka
from pizzeria.settings import Settings
from pizzeria.stream import Event, Publisher, create_topics, read_back
from pizzeria.stream.connection import connection
from pizzeria.topics import Topics
from tests.environment import settings_with
from tests.integration.records import committed, records_of
from tests.integration.test_too_large import create
from tests.integration.test_workers import order_events
from tests.waiting import eventually, running
from workers.worker import topping_stream

BATCHES, BATCH = 20, 10
ZSTD = 4  # the number of the codec
BAD = 5  # which of the batches is broken


def zstd_encode(data: bytes) -> bytes:
    """Return a frame of Zstandard in which runs of spaces are compressed."""
    raw, run_length = 0, 1
    parts = re.split(rb"( {50,})", data)  # every other one is a run
    blocks = [
        (len(part) << 3 | (run_length if number % 2 else raw) << 1, part[:1] if number % 2 else part)
        for number, part in enumerate([*parts, b""])
    ]
    blocks[-1] = (1, b"")  # the last one
    frame = struct.pack("<IBI", 0xFD2FB528, 0b1010_0000, len(data))
    return frame + b"".join(header.to_bytes(3, "little") + content for header, content in blocks)


def test_a_batch_of_a_codec_that_is_not_installed_is_put_away_whole(
    settings: Settings, topics: Topics, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Our own topics have Kafka unpack it, but somebody else may have set them up."""
    with closing(KafkaAdminClient(**connection(settings))) as admin:
        admin.delete_topics([topics.pizza])
        eventually(lambda: topics.pizza not in admin.list_topics())
    create(settings, topics.pizza, partitions=6, configs={"compression.type": "producer"})
    good = [order_events(topics, 2, partition=4) for _ in range(2)]
    publisher.publish(good[0])
    with monkeypatch.context() as patch:
        patch.setattr("kafka.record.default_records.zstd_encode", zstd_encode)
        patch.setattr("kafka.codec.has_zstd", lambda: True)
        patch.setitem(KafkaProducer._COMPRESSORS, "zstd", (lambda: True, ZSTD))  # noqa: SLF001
        foreign = KafkaProducer(**connection(settings), compression_type="zstd", linger_ms=500)
        for event in order_events(topics, 3, partition=4):
            foreign.send(topics.pizza, (event.value or b"") + b" " * 500, event.key, partition=4)
        foreign.flush()
        foreign.close()
    publisher.publish(good[1])
    has_codec = settings.kafka_client == "librdkafka"
    with running(topping_stream("cheese", workers.cheese.choose, settings, publisher, topics)):
        eventually(lambda: len(records_of(settings, topics.having("cheese"))) == (7 if has_codec else 4))
    if has_codec:
        assert records_of(settings, topics.dead_letters) == []
        return
    [letter] = records_of(settings, topics.dead_letters)
    told = {name.removeprefix("__streams.errors."): text.decode() for name, text in letter.headers}
    assert (told["partition"], told["offset"], told["last_offset"]) == ("4", "2", "4")
    assert "zstd" in told["message"]
    assert letter.value.count(b"order_id") == 3  # it can be unpacked by whoever has the codec
    assert committed(settings, f"{topics.prefix}workers-cheese", topics.pizza)[4] == 7


@pytest.fixture
def segment(jars: None, tmp_path: Path) -> Iterator[Callable[[Callable[[bytearray, int], None]], Settings]]:
    """A function that starts a Kafka of the test's own whose topic "pizza" has a broken batch on disk."""
    own, port = Processes(lambda _name, line: print(line, end="")), free_port()

    def start(breaking: Callable[[bytearray, int], None]) -> Settings:
        address = start_kafka(own, tmp_path, port, print)
        settings = settings_with(kafka_bootstrap_servers=address, kafka_topic_partitions=1)
        create_topics(settings, Topics())
        with Publisher(settings) as publisher:
            for first in range(0, BATCHES * BATCH, BATCH):
                publisher.publish([Event("pizza", b"k", b"%d" % n + b" " * 50, 0) for n in range(first, first + BATCH)])
        own.stop([KAFKA], timeout_s=20)
        [path] = (tmp_path / "data" / "pizza-0").glob("*.log")
        data, at = bytearray(path.read_bytes()), 0
        while struct.unpack_from(">q", data, at) < (BAD * BATCH,):
            at += 12 + struct.unpack_from(">i", data, at + 8)[0]
        breaking(data, at)
        path.write_bytes(data)
        start_kafka(own, tmp_path, port, print)
        return settings

    yield start
    own.close()


def longer(data: bytearray, at: int) -> None:
    """Let a batch claim to be longer than the file: Kafka answers with nothing."""
    data[at + 8] = 1


def shorter(data: bytearray, at: int) -> None:
    """Let a batch claim to be too short to be one: Kafka answers with CORRUPT_MESSAGE."""
    struct.pack_into(">i", data, at + 8, 3)


def older(data: bytearray, at: int) -> None:
    """Let a batch claim a format of long ago: Kafka answers with UNKNOWN_SERVER_ERROR."""
    data[at + 16] = 0


@pytest.mark.parametrize("breaking", [longer, shorter, older])
def test_what_kafka_itself_cannot_read_is_passed_over(
    segment: Callable[[Callable[[bytearray, int], None]], Settings], breaking: Callable[[bytearray, int], None]
) -> None:
    """Reading continues at the first record that Kafka finds by its index, and the skipped range is reported."""
    settings = segment(breaking)
    with structlog.testing.capture_logs() as logs:
        read = [record.offset for batch in read_back(settings, ["pizza"]) for record in batch]
    told = [entry for entry in logs if "last_offset" in entry]
    missing = sorted(set(range(BATCHES * BATCH)) - set(read))
    assert missing[0] == BAD * BATCH
    assert len(missing) <= 4096 / 50 + BATCH  # Kafka's index has an entry for each 4 KiB
    ranges = [range(int(entry["record"].partition("@")[2]), entry["last_offset"] + 1) for entry in told]
    assert missing == [offset for skipped in ranges for offset in skipped]
    assert read == sorted(read)
