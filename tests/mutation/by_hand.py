"""Mutations that mutmut does not make: those of the Lua scripts, and those that leave out a call or a step."""

from typing import NamedTuple


class Change(NamedTuple):
    """One mutation.

    Attributes:
        file: where it is made.
        before: a text that occurs there once.
        after: what takes its place.
        tests: which must notice.
    """

    file: str
    before: str
    after: str
    tests: tuple[str, ...]


_STORE = "tests/integration/store"
_SCRIPTS = "pizzeria/store/scripts"
_EXPIRY, _ORDERS, _OUTBOX = (f"{_STORE}/test_{name}.py" for name in ("expiry", "orders", "outbox"))
_REPORTS, _CLOCK, _WATCH = (f"{_STORE}/test_{name}.py" for name in ("reports", "clock", "watch"))
_REBUILD, _JOINER = "tests/integration/test_rebuild.py", "tests/integration/test_joiner.py"
_PUBLISHER, _RELAY, _LUA, _API = (f"tests/unit/test_{name}.py" for name in ("publisher", "relay", "lua", "api"))
_THREAD = "tests/unit/test_consumer_thread.py"
_LIVE = "tests/unit/test_live.py"
_COMMITS = "tests/unit/test_stream_commits.py"

_NOTE_FAILURE = "\n        except UnavailableError:\n            self._circuit_breaker.note_failure()"
_NOTE_NOTHING = "\n        except UnavailableError:\n            pass"
_JOIN_BOTH = "local pizza = cjson.decode({})\n  for topping, choice in pairs(cjson.decode({})) do"
_KEEP_OR_RENEW = "if status == 'ready' or unlisted == 1 or redis.call('TTL', key) ~= -1 then"


def _lua(script: str, before: str, after: str, *tests: str) -> Change:
    return Change(f"{_SCRIPTS}/{script}.lua", before, after, tests)


CHANGES = (
    _lua("place", "if redis.call('EXISTS', KEYS[1]) == 1 then", "if false then", _ORDERS),
    _lua("place", "'ready', 0, 'created_at'", "'ready', 1, 'created_at'", _ORDERS),
    _lua("place", "redis.call('EXPIRE', KEYS[1], ARGV[5])", "redis.call('EXPIRE', KEYS[1], 60)", _EXPIRY),
    _lua("place", "redis.call('EXPIRE', KEYS[2], ARGV[5])", "redis.call('EXPIRE', KEYS[2], 60)", _EXPIRY),
    _lua("place", "redis.call('HSET', KEYS[1], 'unlisted', 1)", "", _EXPIRY),
    _lua("place", "redis.call('SETBIT', KEYS[2], 8 * ARGV[4] - 1, 0)", "", _EXPIRY),
    _lua("join", "redis.call('EXPIRE', key, ttl)", "redis.call('EXPIRE', key, 60)", _EXPIRY),
    _lua("join", _KEEP_OR_RENEW, "if true then", _EXPIRY),
    _lua("join", _KEEP_OR_RENEW, _KEEP_OR_RENEW.replace("status == 'ready' or ", ""), _EXPIRY),
    _lua("join", _KEEP_OR_RENEW, _KEEP_OR_RENEW.replace("unlisted == 1 or ", ""), _EXPIRY),
    _lua("join", _JOIN_BOTH.format("new", "old"), _JOIN_BOTH.format("old", "new"), _ORDERS),
    _lua("join", "if not is_new and known[1] ~= count then", "if false then", _ORDERS),
    _lua("join", "if has_all and not had_all then", "if has_all then", f"{_STORE}/test_new_topping.py"),
    _lua("join", "if ready == tonumber(count) then", "if ready >= 1 then", _ORDERS),
    _lua("join", "redis.call('DEL', KEYS[2])", "", _EXPIRY),
    _lua("join", "if #changes == 0 then", "if false then", _ORDERS, _EXPIRY),
    _lua("join", "repeated = repeated + 1", "", "tests/unit/test_metrics.py", _ORDERS),
    _lua("join", "times = {known[6] or at, at}", "times = {at, at}", "tests/unit/test_metrics.py", _ORDERS),
    _lua("join", "if known[4] then redis.call('HDEL', key, 'unlisted') end", "", _OUTBOX, _ORDERS, _EXPIRY),
    _lua("join", "set('created_at', time_or_now(ARGV[2]))", "set('created_at', time_or_now(''))", _OUTBOX),
    _lua("join", "local at = time_or_now(ARGV[2])", "local at = time_or_now('')", _OUTBOX),
    _lua("count", "if was_seen == 0 then", "if true then", _REPORTS),
    _lua("count", "if counted > 0 and not kept then", "if counted > 0 then", _REPORTS),
    _lua("count", "if counted > 0 and not kept then", "if not kept then", _REPORTS),
    _lua("count", "redis.call('EXPIRE', KEYS[2], ARGV[1])", "", _REPORTS),
    _lua("count", "or #number > 15", "", _REPORTS),
    _lua("count", "size >= 250", "size > 250", _REPORTS),
    _lua("count", "size = size + 1", "", _REPORTS),
    _lua("keep", "redis.call('PERSIST', KEYS[1])", "", _REPORTS),
    _lua("keep", "redis.call('SET', KEYS[1], '')", "", _REPORTS),
    _lua("listed", "redis.call('PERSIST', KEYS[1])", "", _EXPIRY),
    _lua("listed", " and redis.call('HGET', KEYS[1], 'status') == 'preparing'", "", _EXPIRY),
    _lua("schedule", "now_ms() + ARGV[2]", "now_ms()", _OUTBOX, _RELAY),
    _lua("claim", "'%.0f.5'", "'%.0f'", _OUTBOX),
    _lua("claim", "ipairs(ahead)", "ipairs({})", _OUTBOX),
    _lua("claim", "'LIMIT', 0, ARGV[2])", "'LIMIT', 0, 1000)", _OUTBOX),
    _lua("release", "tonumber(score) ~= tonumber(ARGV[1])", "false", _OUTBOX),
    _lua("release", "redis.call('ZREM', KEYS[1], order_id)", "", _OUTBOX),
    _lua("time_out", "if order[1] ~= 'preparing' then", "if false then", _OUTBOX),
    _lua("list", "redis.call('INCR', KEYS[2])", "", f"{_STORE}/test_monitor.py"),
    _lua("clock", "month <= 2 and 1 or 0", "month < 2 and 1 or 0", _CLOCK),
    Change("pizzeria/store/reports.py", "2 * ttl_s", "ttl_s", (_REPORTS,)),
    Change("pizzeria/store/orders.py", "ex=self._ttl_s", "ex=60", (_EXPIRY,)),
    Change(
        "pizzeria/store/orders.py",
        "expire(order_key(order_id), self._ttl_s)",
        "expire(order_key(order_id), 60)",
        (_EXPIRY,),
    ),
    Change(
        "pizzeria/store/orders.py",
        "expire(reserve_key(order_id), self._ttl_s)",
        "expire(reserve_key(order_id), 60)",
        (_EXPIRY,),
    ),
    Change(
        "pizzeria/store/orders.py",
        "run_in_turn([first, placed, *again])",
        "run_in_turn([placed, placed, *again])",
        (_OUTBOX,),
    ),
    Change(
        "pizzeria/store/orders.py",
        "run_in_turn([first, placed, *again])",
        "run_in_turn([first, placed, placed])",
        (_OUTBOX,),
    ),
    Change("pizzeria/store/lua.py", "and _code(result) not in _ABOUT_DATA", "and False", (_LUA,)),
    Change("pizzeria/store/lua.py", "if keeps_order(self._redis):", "if True:", (_LUA,)),
    Change("pizzeria/stream/kafka_python/producer.py", 'acks="all"', "acks=1", (_PUBLISHER,)),
    Change(
        "pizzeria/stream/librdkafka/producer.py", '"acks": "all"', '"acks": "1"', ("tests/unit/test_librdkafka.py",)
    ),
    Change("pizzeria/stream/publisher.py", "self._circuit_breaker.note_success()", "pass", (_PUBLISHER,)),
    Change(
        "pizzeria/stream/publisher.py",
        f"self._producer.send(events){_NOTE_FAILURE}",
        f"self._producer.send(events){_NOTE_NOTHING}",
        (_PUBLISHER,),
    ),
    Change(
        "pizzeria/stream/publisher.py",
        f"self._producer.partition_count(topic){_NOTE_FAILURE}",
        f"self._producer.partition_count(topic){_NOTE_NOTHING}",
        (_PUBLISHER,),
    ),
    Change("pizzeria/stream/publisher.py", "murmur2(key) & 0x7FFFFFFF", "murmur2(key)", (_PUBLISHER,)),
    Change("pizzeria/stream/publisher.py", "self._in_flight.note(delivery)", "pass", (_PUBLISHER,)),
    Change(
        "pizzeria/stream/in_flight.py", "[*self._deliveries, delivery]", "[delivery]", ("tests/unit/test_in_flight.py",)
    ),
    Change("pizzeria/stream/loop.py", "                self._commit_if_due()\n", "", (_COMMITS, _JOINER)),
    Change("pizzeria/stream/loop.py", "self._consumer.commit(offsets, _CLOSE_S)", "pass", (_COMMITS, _JOINER)),
    Change("pizzeria/stream/loop.py", "(ValueError, RecursionError)", "ValueError", ("tests/unit/test_stream.py",)),
    Change("pizzeria/stream/read_back.py", " and committed <= end", "", ("tests/integration/test_read_back.py",)),
    Change(
        "cli/admin/rebuild.py",
        "for r, p in reversed(batch)",
        "for r, p in batch",
        (_REBUILD,),
    ),
    Change(
        "cli/admin/rebuild.py", "datetime.fromtimestamp(record.timestamp / 1000, UTC)", "datetime.now(UTC)", (_REBUILD,)
    ),
    Change("cli/admin/rebuild.py", "(ValueError, RecursionError)", "ValueError", (_REBUILD,)),
    Change("api/orders.py", "with suppress(UnavailableError):", "with suppress(KeyError):", (_API,)),
    Change("api/relay.py", ">= self._deadline_s]", "> self._deadline_s]", (_RELAY,)),
    Change("api/republisher.py", "left_s / 2, stop", "left_s, stop", (_RELAY,)),
    Change("api/republisher.py", " or left_s <= 0", "", (_RELAY,)),
    Change("api/republisher.py", "self._store.expire(dropped)", "pass", (_RELAY,)),
    Change("api/republisher.py", "self._store.expire(dropped)", "self._outbox.drop(claim, dropped)", (_RELAY,)),
    Change(
        "pizzeria/store/subscriptions.py",
        "            if channel in self._confirmed:\n                woken.set()",
        "            if channel in self._confirmed:\n                pass",
        (_WATCH,),
    ),
    Change("pizzeria/store/subscriptions.py", "                self._lose_all()\n", "", (_WATCH,)),
    Change("pizzeria/store/subscriptions.py", "                pubsub.ping()\n", "", (_WATCH,)),
    Change("pizzeria/store/subscriptions.py", "        self._logged.add(type(error))\n", "", (_WATCH,)),
    Change("api/sse.py", "if order.settled and ", "if ", (_LIVE,)),
    Change("reporter/consumer_thread.py", "self._stop.set()", "pass", (_THREAD,)),
    Change("reporter/consumer_thread.py", "self._thread.join(timeout=5)", "pass", (_THREAD,)),
    Change("reporter/consumer_thread.py", "self._stop.wait(retry_s)", "pass", (_THREAD,)),
    Change("reporter/wsgi.py", "counts.refresh()  # so that", "pass  # so that", (_THREAD,)),
)
