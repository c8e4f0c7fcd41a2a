"""Accounts that may not do everything, and the least permissions of each service, as docs/operations.md has them."""

import re
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
from redis import Redis
from structlog.testing import capture_logs

from local.processes import ROOT
from pizzeria.errors import UnavailableError
from pizzeria.settings import Settings
from pizzeria.store import (
    OrderStore,
    Outbox,
    RedisMonitor,
    ReportStore,
    Subscriptions,
    Watcher,
    connect,
)
from tests.integration.store.orders import RETRY_S, TTL_S, read
from tests.pizzas import FULL
from tests.waiting import eventually

ALL = "+@all ~* &*"
LINES = re.findall(r"^ACL SETUSER .+$", (ROOT / "docs/operations.md").read_text(encoding="utf-8"), re.MULTILINE)
Allow = Callable[[str], str]


class Account:
    """What a service does, with an account of its own."""

    def __init__(self, url: str, service: str = "api") -> None:
        self.redis = connect(Settings(redis_url=url), service)
        self.store = OrderStore(self.redis, TTL_S, RETRY_S)
        self.reports = ReportStore(self.redis, TTL_S)
        self.outbox = Outbox(self.redis)

    def join(self, order_id: str) -> dict[Any, str]:
        """Complete an order of one pizza."""
        return self.store.join({(order_id, 1): {0: FULL}})


@pytest.fixture
def admin(redis_url: str) -> Iterator[Any]:
    """A client that may do everything, of an empty Redis."""
    admin = Redis.from_url(redis_url, decode_responses=True)
    admin.flushall()
    yield admin
    admin.acl_deluser("someone")
    admin.flushall()
    admin.close()


@pytest.fixture
def allow(admin: Any, redis_url: str) -> Allow:
    """A function that gives an account some permissions and no others, and returns its URL."""

    def allow(permissions: str) -> str:
        admin.execute_command("ACL SETUSER", "someone", "reset", "on", ">secret", *permissions.split())
        return redis_url.replace("redis://", "redis://someone:secret@")

    return allow


@pytest.fixture
def admins(redis_url: str) -> Account:
    """What prepares the orders."""
    return Account(redis_url)


def test_an_account_without_channels_joins_and_says_once_that_it_does_not_notify(allow: Allow, admins: Account) -> None:
    """Notifying is best effort: nothing is rejected, and each change is stored."""
    account = Account(allow("+@all ~* resetchannels"))
    orders = [admins.store.place(1) for _ in range(3)]
    with capture_logs() as logs:
        assert account.store.time_out(orders[:2]) == orders[:2]
        assert [account.join(order_id) for order_id in orders] == [{}, {}, {}]
    assert [read(admins.store, order_id).status for order_id in orders] == ["ready"] * 3
    assert [line["event"] for line in logs] == ["Redis publishes no changes, orders are polled"]
    assert "channel" in logs[0]["error"]
    assert "&order:*" in logs[0]["permissions"]


@pytest.mark.parametrize("command", ["hset", "hmget", "evalsha", "hdel"])
def test_what_an_account_may_not_do_is_never_a_dead_letter(allow: Allow, admins: Account, command: str) -> None:
    """Only data makes one; what is tried again works when the account may."""
    admins.join("unlisted")  # so that HDEL is needed
    order_id = "new"
    admins.redis.hset("order:new", mapping={"count": 1, "unlisted": 1, "created_at": "2026-01-01T00:00:00Z"})
    account = Account(allow(f"{ALL} -{command}"))
    with pytest.raises(UnavailableError):
        account.join(order_id)
    allow(ALL)
    assert account.join(order_id) == {}
    assert read(admins.store, order_id).status == "ready"


def test_a_pizza_that_could_not_be_counted_is_counted_later(allow: Allow) -> None:
    """It is not left marked as counted."""
    account = Account(allow(f"{ALL} -hincrby"))
    account.reports.count({("cheese", "6f0c"): {}})
    for _ in range(2):
        with pytest.raises(UnavailableError):
            account.reports.count({("cheese", "6f0c"): {0: "extra", 1: "none"}})
    allow(ALL)
    assert account.reports.count({("cheese", "6f0c"): {0: "extra", 1: "none"}}) == {}
    assert account.reports.reports()["cheese"] == {"extra": 1, "none": 1}


@pytest.mark.parametrize("command", ["evalsha", "zadd"])
def test_a_service_that_may_not_run_its_scripts_is_not_ready(allow: Allow, command: str) -> None:
    """The reason names the command, if Redis does."""
    account = Account(allow(f"{ALL} -{command}"))
    for check in (account.store.ping, account.store.check_writable):
        with pytest.raises(UnavailableError) as caught:
            check()
        assert caught.value.public.startswith("Redis refuses: ")
    if command == "evalsha":
        with pytest.raises(UnavailableError, match="evalsha"):
            account.reports.check_writable()


def test_what_is_optional_is_optional(allow: Allow) -> None:
    """A client without a name, and of a server that does not say what it is, works."""
    account = Account(allow(f"{ALL} -client -hello -info"))
    assert account.store.ping()
    assert account.join(account.store.place(1)) == {}


def test_the_status_says_what_it_may_not_read(allow: Allow) -> None:
    """The rest is known."""
    account = Account(allow(f"{ALL} -@dangerous"))
    account.store.place(1)
    state = RedisMonitor(account.redis, account.store).read()
    assert (state.memory, list(state.clients), state.denied) == (None, [], ["INFO", "CLIENT LIST"])
    assert (state.outbox, state.open_orders) == (1, 1)


def test_a_policy_that_may_evict_orders_is_logged_and_in_the_status(admin: Any, redis_url: str) -> None:
    """At the start of a service, before it uses Redis; not by a command, whose output is its answer."""
    try:
        admin.config_set("maxmemory-policy", "allkeys-lru")
        with capture_logs() as logs:
            Account(redis_url, "joiner")
            eventually(lambda: logs)
            account = Account(redis_url, "")
            state = RedisMonitor(account.redis, account.store).read()
        assert state.memory is not None
        assert state.memory.policy == "allkeys-lru"
        assert [line["maxmemory_policy"] for line in logs] == ["allkeys-lru"]
    finally:
        admin.config_set("maxmemory-policy", "noeviction")


@pytest.mark.parametrize("kind", ["redis_url", "redis_cluster"])
def test_a_server_that_is_not_supported_is_named_at_the_start(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """In the log, once, and whenever it is used: it is not an outage whose end is worth waiting for."""
    monkeypatch.setattr("pizzeria.store.handshake._LEAST", {})
    server = request.getfixturevalue(kind)
    with capture_logs() as logs:
        account = Account(getattr(server, "url", server))
        eventually(lambda: logs)
        for check in (account.store.ping, account.reports.check_writable):
            with pytest.raises(UnavailableError) as caught:
                check()
            assert re.search(r"(redis|valkey) [0-9.]+ is not supported: Redis 7.0 or Valkey 7.2", caught.value.public)
    assert [line["event"] for line in logs] == ["Redis cannot be used"]


def run_api(account: Account, admins: Account) -> None:
    """Place orders, watch one, and read the report and the status."""
    assert account.store.ping()
    order_id = account.store.place(1, "key")
    account.store.retry_now(order_id)
    with Subscriptions(account.redis) as subscriptions:
        with closing(Watcher(account.store, subscriptions).watch(order_id)) as states:
            assert next(states)
            eventually(lambda: next(states) is None and admins.redis.pubsub_numsub(f"order:{order_id}")[0][1])
            admins.join(order_id)
            eventually(lambda: (state := next(states)) and state.status == "ready")
        eventually(lambda: not admins.redis.pubsub_numsub(f"order:{order_id}")[0][1])
    assert set(account.reports.reports()) == {*FULL}
    run_status(account, admins)


def run_relay(account: Account, admins: Account) -> None:
    """Claim, read, time out, expire and drop an order."""
    order_id = admins.store.place(1)
    admins.store.retry_now(order_id)
    assert account.store.check_writable()
    claim = account.outbox.claim(10, 30)
    assert claim.order_ids == [order_id]
    assert account.store.summaries([order_id])[order_id]
    assert account.store.time_out([order_id]) == [order_id]
    assert account.store.get(order_id)
    account.outbox.reschedule(claim, {order_id: 0})
    account.store.expire([order_id])
    account.outbox.drop(account.outbox.claim(10, 30), [order_id])


def run_joiner(account: Account, admins: Account) -> None:
    """Join an order that was placed, and others that nobody has placed."""
    assert account.store.check_writable()
    assert account.store.join({(admins.store.place(1), 1): {0: {"sauce": "bbq"}}}) == {}
    for order_id in (admins.store.place(1), "tenant{42}"):
        assert account.join(order_id) == {}
    for pizza_id in (0, 1):
        assert account.store.join({("new", 2): {pizza_id: FULL}}) == {}
    admins.redis.hset("order:lost", mapping={"count": 1, "unlisted": 1, "created_at": "2026-01-01T00:00:00Z"})
    assert account.join("lost") == {}
    assert account.store.summaries(["new"])["new"]


def run_reporter(account: Account, admins: Account) -> None:
    """Count, keep marks, and read the counts."""
    assert account.reports.check_writable()
    assert account.reports.count({("cheese", "6f0c"): {0: "extra"}}) == {}
    account.reports.keep([("cheese", "6f0c"), ("cheese", "other")])
    assert account.reports.reports() == admins.reports.reports()


def run_status(account: Account, admins: Account) -> None:
    """Read the state, all of it."""
    admins.store.place(1)
    assert not RedisMonitor(account.redis, account.store).read().denied


def run_rebuild(account: Account, _admins: Account) -> None:
    """Restore orders and counts."""
    at = "2026-01-01T00:00:00.000Z"
    assert account.store.restore({("old", 1): at, ("lost", 2): at}) == 2
    for order in (("old", 1), ("lost", 2)):
        assert account.store.join({order: {0: FULL}}, {order: at}) == {}
    assert account.reports.count({("cheese", "6f0c"): {0: "extra"}}) == {}
    assert account.store.open_if_preparing(["old", "lost"]) == 1


def calls(admin: Any) -> dict[str, int]:
    """Return how often each command was called, also by a script."""
    return {name.removeprefix("cmdstat_"): each["calls"] for name, each in admin.info("commandstats").items()}


OPERATIONS = {
    "api": run_api,
    "relay": run_relay,
    "joiner": run_joiner,
    "reporter": run_reporter,
    "status": run_status,
    "rebuild": run_rebuild,
}


def test_the_docs_have_a_line_for_each_that_uses_redis() -> None:
    """The workers use none."""
    assert [line.split()[2] for line in LINES] == list(OPERATIONS)


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.split()[2])
def test_a_service_needs_what_the_docs_say_and_nothing_more(
    admin: Any, admins: Account, redis_url: str, line: str
) -> None:
    """Each operation works with that line, none is silent, and each command in it is used."""
    service, *permissions = line.split()[2:]
    admin.execute_command(*line.split())
    admin.script_flush()
    before = calls(admin)
    account = Account(redis_url.replace("redis://", f"redis://{service}:password@"), service)
    with capture_logs() as logs:
        OPERATIONS[service](account, admins)
    assert logs == []
    used = {command for command, number in calls(admin).items() if number > before.get(command, 0)}
    granted = {word[1:] for word in permissions if word.startswith("+")}
    assert granted - used - {"ping"} == set()  # which comes after seconds of silence
    account.redis.close()
    admin.acl_deluser(service)
