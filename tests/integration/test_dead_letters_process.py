"""python -m pizzeria dead-letters, as a process of its own."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

from pizzeria.events import Pizza, encode
from pizzeria.settings import Settings
from pizzeria.stream import Publisher, create_topics
from pizzeria.topics import Topics
from tests.integration.records import records_of
from tests.integration.test_replay import letter


def run(kafka: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command as a process of its own, on the topics without a prefix."""
    env = os.environ | {"KAFKA_BOOTSTRAP_SERVERS": kafka}
    command = [sys.executable, "-m", "pizzeria", "dead-letters", *arguments]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=60)


def test_the_command_runs_as_a_process(settings: Settings, publisher: Publisher, kafka: str) -> None:
    """Its answer is on stdout, and on stderr nothing but which servers it uses."""
    topics, order_id = Topics(), uuid4().hex
    create_topics(settings, topics)
    value = encode(Pizza(order_id=order_id, pizza_id=0, count=1, veggies="none"))
    publisher.publish([letter(topics, value, 4711, topic=topics.having("veggies"))])
    using = f"using Kafka at {kafka}\n"
    listed = run(kafka, "list")
    assert (listed.returncode, listed.stderr) == (0, using)
    assert "from pizza-with-veggies[2]@4711, rejected by tester\n  ValueError: bad\n  key k\n" in listed.stdout
    again = run(kafka, "replay", "--topic", "pizza-with-veggies", "--offset", "4711")
    assert (again.returncode, again.stdout, again.stderr) == (
        0,
        "replayed pizza-with-veggies[2]@4711 for tester\n",
        using,
    )
    assert [r.partition for r in records_of(settings, topics.having("veggies")) if r.value == value] == [2]
    gone = run(kafka, "discard", "--topic", "pizza-with-veggies", "--offset", "4711")
    assert (gone.returncode, gone.stdout, gone.stderr) == (0, "discarded pizza-with-veggies[2]@4711 of tester\n", using)
    assert "@4711" not in run(kafka, "list").stdout


def test_two_who_discard_at_the_same_time_discard_what_both_chose(
    settings: Settings, publisher: Publisher, kafka: str
) -> None:
    """Each says what it has discarded, and what neither chose stands."""
    topics = Topics()
    create_topics(settings, topics)
    publisher.publish([letter(topics, b"%d" % n, n, topic=topics.having("meats")) for n in range(2000)])
    publisher.publish([letter(topics, b"stays", 1, topic=topics.having("sauce"))])
    with ThreadPoolExecutor() as threads:
        both = list(threads.map(lambda _: run(kafka, "discard", "--topic", "pizza-with-meats"), range(2)))
    said = {line for each in both for line in each.stdout.splitlines() if line.startswith("discarded")}
    assert said == {f"discarded pizza-with-meats[2]@{n} of tester" for n in range(2000)}
    shown = run(kafka, "list").stdout
    assert "pizza-with-meats" not in shown
    assert "from pizza-with-sauce[2]@1, rejected by tester" in shown
