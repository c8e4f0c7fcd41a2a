"""The loop that every consuming service runs: consume → handle → publish → await the acks → commit."""

import time
from collections.abc import Callable, Mapping, Sequence

import structlog
from prometheus_client import Counter

from pizzeria.errors import UnavailableError, UnequalPartitionsError
from pizzeria.events import Pizza
from pizzeria.runtime import tracing
from pizzeria.runtime.backoff import Backoff
from pizzeria.runtime.process import ShutdownFlag
from pizzeria.runtime.progress import Progress
from pizzeria.settings import Settings
from pizzeria.stream import metrics
from pizzeria.stream.dead_letter_events import DATA_ERRORS, dead_letter, publish_or_truncate
from pizzeria.stream.offsets import Offsets
from pizzeria.stream.origin import is_for
from pizzeria.stream.port import Consumer, Event, Fetch, Partition, client
from pizzeria.stream.publisher import Publisher
from pizzeria.stream.record import Reader, Record, UnreadableRecord, log_context, next_offset
from pizzeria.stream.traces import process_spans
from pizzeria.topics import check_partitions

Batch = Sequence[tuple[Record, Pizza]]
Polled = Mapping[Partition, Sequence[Record]]
Handler = Callable[[Batch], list[Event]]

COMMIT_INTERVAL_S = 0.2
POLL_S = 0.5  # the last commit waits for as long
PROBE_INTERVAL_S = 3.0
STALLED_S = 3 * PROBE_INTERVAL_S  # after which a poll, a batch or a rebalance takes too long for /readyz
UNEQUAL_S = 30.0  # grace period: partitions are added to one topic after the other
_CLOSE_S = 2.0  # for the last commit, and for leaving the group: so a shutdown without Kafka takes less than 10 s

log = structlog.stdlib.get_logger()


class Stream:
    """Consumes topics as a member of a group and passes each batch of pizzas to a handler, at least once.

    Offsets are committed when the effects of a batch are durable: what the handler wrote, and the events that it
    returned. A record that isn't a pizza, or can't be read, is published to the dead-letter topic and blocks no other.
    One that was replayed from there for another service is skipped.

    Args:
        settings: the kafka_* variables.
        service: the name that its dead letters carry.
        group: the consumer group; its members share the partitions.
        topics: to consume.
        publishes: the topics that the handler publishes to. An event goes to the partition number of the
            record that caused it, so all topics need the same number of partitions.
        dead_letters: the dead-letter topic.
        read: a pure function from a record to its pizza, which raises ValueError if there is none.
        handle: takes a batch and returns what to publish. It may get the same pizzas again. If it raises
            UnavailableError, the batch is retried; if another error, the record at fault becomes a dead letter.
        publisher: for what the handler returns and for the dead letters.
        fetch: how much to fetch.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        service: str,
        group: str,
        topics: Sequence[str],
        publishes: Sequence[str] = (),
        dead_letters: str,
        read: Reader,
        handle: Handler,
        publisher: Publisher,
        fetch: Fetch | None = None,
        consumer: Callable[[Settings, str, str, Fetch], Consumer] | None = None,
        clock: Callable[[], float] = time.monotonic,
        backoff: Backoff | None = None,
    ) -> None:
        self._service = service
        self._group = group
        self._topics = topics
        self._publishes = publishes
        self._dead_letters = dead_letters
        self._read = read
        self._handle = handle
        self._publisher = publisher
        self._offsets = Offsets(group)
        self._last_poll = metrics.LAST_POLL.labels(group)
        self._backoff = backoff or Backoff()
        self._clock = clock
        self._commit_at = 0.0
        self._contact_at = float("-inf")
        self._positions_at = float("-inf")
        self._progress = Progress("check of the topics", STALLED_S, clock)
        self._membership_problem: str | None = "it is not a member of its consumer group yet"
        self._member_at = float("-inf")
        self._consumer = (consumer or client(settings).open_consumer)(settings, service, group, fetch or Fetch())

    def check_ready(self) -> None:
        """Return if this consumer is a member of its group, gets answers from Kafka and finishes its batches.

        It is thread-safe.

        Raises:
            UnavailableError: it says what takes too long.
        """
        self._progress.check_ready()
        problem = self._membership_problem
        if problem is not None and self._clock() - self._member_at >= STALLED_S:
            raise UnavailableError(problem, public=problem)

    def check_alive(self) -> None:
        """Return unless this consumer is stuck for good; it is thread-safe.

        Raises:
            UnavailableError: it is.
        """
        self._progress.check_alive()

    def run(self, stop: ShutdownFlag, *, records: int | None = None) -> None:
        """Consume until the shutdown flag is set, then commit the handled offsets and leave the group.

        Args:
            stop: the current batch is finished first, unless Kafka or Redis is unavailable.
            records: also stop after this many, for tests and measurements.

        Raises:
            UnequalPartitionsError: the topics have different numbers of partitions.
        """
        seen = 0
        try:
            self._check_partitions(stop)
            self._consumer.subscribe(self._topics, self._offsets)
            while not stop.is_set() and (records is None or seen < records):
                self._note_positions()
                polled = self._poll(stop)
                self._note_membership()
                if polled and self._process(polled, stop):
                    self._offsets.handled.update({tp: next_offset(batch[-1]) for tp, batch in polled.items()})
                    seen += sum(map(len, polled.values()))
                self._commit_if_due()
        finally:
            self._close()

    def _check_partitions(self, stop: ShutdownFlag) -> None:
        topics = (*self._topics, *self._publishes, self._dead_letters)
        unequal_since = None
        while not stop.is_set():
            try:
                counts = {topic: self._publisher.partition_count(topic) for topic in topics}
            except UnavailableError as error:
                self._wait(stop, error)
                continue
            try:
                check_partitions(counts)
            except UnequalPartitionsError as error:
                now = self._clock()
                unequal_since = unequal_since or now
                if now - unequal_since >= UNEQUAL_S:
                    raise
                self._wait(stop, error)
            else:
                self._backoff.reset()
                self._progress.begin("poll")
                return

    def _poll(self, stop: ShutdownFlag) -> Polled:
        try:
            polled = self._consumer.poll(POLL_S, stop)
            if not polled:
                if self._clock() - self._contact_at < PROBE_INTERVAL_S:
                    return {}
                # An empty poll proves nothing: poll also returns nothing while the broker is unavailable.
                with metrics.CALL_PROBE.time():
                    self._consumer.check_reachable(self._topics[0], timeout_s=2.0)
        except Exception as error:  # noqa: BLE001 - foreign input may make a client raise anything
            metrics.POLL_ERRORS.inc()
            self._wait(stop, error)
            return {}
        self._backoff.reset()
        self._contact_at = self._clock()
        self._progress.begin("poll")
        self._last_poll.set_to_current_time()
        return polled

    def _note_positions(self) -> None:
        """Note what is never returned, such as a transaction's marker, as handled, for all that was returned is."""
        if self._clock() >= self._positions_at:
            self._positions_at = self._clock() + PROBE_INTERVAL_S
            self._offsets.handled.update(self._consumer.positions())

    def _note_membership(self) -> None:
        self._membership_problem = self._consumer.membership_problem()
        if self._membership_problem is None:
            self._member_at = self._clock()

    def _process(self, polled: Polled, stop: ShutdownFlag) -> bool:
        batch: list[tuple[Record, Pizza]] = []
        unreadable: list[Event] = []
        for records in polled.values():
            for record in records:
                if isinstance(record, UnreadableRecord):
                    unreadable.append(dead_letter(record, self._dead_letters, self._service, record.error))
                    continue
                if not is_for(self._service, record):
                    continue
                try:
                    batch.append((record, self._read(record)))
                except (ValueError, RecursionError) as error:
                    unreadable.append(dead_letter(record, self._dead_letters, self._service, error))
        self._progress.begin("batch")
        metrics.BATCH_RECORDS.observe(sum(map(len, polled.values())))
        if not tracing.is_on():
            return self._handle_and_publish(batch, unreadable, polled, stop)
        with process_spans(batch, self._group, renew=bool(self._publishes)) as traced:
            return self._handle_and_publish(traced, unreadable, polled, stop)

    def _handle_and_publish(self, batch: Batch, unreadable: list[Event], polled: Polled, stop: ShutdownFlag) -> bool:
        while True:
            try:
                letters = unreadable.copy()
                published = self._attempt(batch, letters, stop)
                if letters:
                    publish_or_truncate(self._publisher, letters, self._dead_letters, stop)
            except UnavailableError as error:
                self._count(metrics.RETRIED.labels, polled)
                [first, *_] = next(iter(polled.values()))
                if self._wait(stop, error, **log_context(first)):
                    return False
            else:
                self._backoff.reset()
                self._progress.begin("poll")
                self._count(metrics.consumed, polled)
                log.debug("batch processed", pizzas=len(batch), dead_letters=len(letters), published=published)
                return True

    def _attempt(self, batch: Batch, letters: list[Event], stop: ShutdownFlag) -> int:
        """Handle a batch, publish the events that it causes, and return their number.

        If that fails for what is in a record, each half is tried, down to the record at fault, whose dead letter is
        added.
        """
        try:
            began = time.perf_counter()
            events = self._handle(batch)
            handled = time.perf_counter()
            publish_or_truncate(self._publisher, events, self._dead_letters, stop)
        except DATA_ERRORS as error:
            if not batch:
                raise
            if len(batch) == 1:
                letters.append(dead_letter(batch[0][0], self._dead_letters, self._service, error))
                return 0
            half = len(batch) // 2
            return sum(self._attempt(part, letters, stop) for part in (batch[:half], batch[half:]))
        metrics.HANDLE_DURATION.observe(handled - began)
        metrics.PUBLISH_DURATION.observe(time.perf_counter() - handled)
        return len(events)

    def _count(self, counter: Callable[[str], Counter], polled: Polled) -> None:
        for tp, records in polled.items():
            counter(tp.topic).inc(len(records))

    def _wait(self, stop: ShutdownFlag, error: Exception, **where: str) -> bool:
        self._progress.retry(_public(error), where.get("record", ""))
        retry_s = self._backoff.next_s()
        log.warning(
            "retrying",
            error=str(error) or repr(error),
            retry_s=retry_s,
            **(where or {"topics": " ".join(self._topics)}),
        )
        return stop.wait(retry_s)

    def _commit_if_due(self) -> None:
        now = self._clock()
        if now < self._commit_at or self._consumer.is_committing():
            return
        if offsets := self._offsets.uncommitted():
            self._consumer.commit_async(offsets, self._offsets.note_commit)
            self._commit_at = now + COMMIT_INTERVAL_S

    def _close(self) -> None:
        try:
            if offsets := self._offsets.uncommitted():
                self._consumer.commit(offsets, _CLOSE_S)
        except UnavailableError as error:
            log.warning("commit failed, the records will be processed again", error=str(error))
        finally:
            self._consumer.close(_CLOSE_S)


def _public(error: Exception) -> str:
    """Return what a client of /readyz may know of an error."""
    if isinstance(error, UnequalPartitionsError):
        return str(error)
    return error.public if isinstance(error, UnavailableError) else "Kafka does not answer"
