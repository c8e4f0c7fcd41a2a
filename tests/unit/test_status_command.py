"""python -m pizzeria status."""

from contextlib import nullcontext

import pytest
from click.testing import CliRunner, Result
from msgspec import json

from cli.__main__ import main
from pizzeria.status import Status
from tests.unit.fake_servers import FakeServers


def run(servers: FakeServers, *options: str) -> Result:
    """Run the command on servers."""
    return CliRunner().invoke(main, ["status", *options], obj=lambda: nullcontext(servers.monitor()))


def test_a_system_that_works_is_shown_on_one_screen(servers: FakeServers) -> None:
    """With its servers, services and topics; the exit code is for scripts."""
    result = run(servers)
    assert result.exit_code == 0
    lines = [" ".join(line.split()) for line in result.output.splitlines()]
    assert lines[0] == "Everything works."
    assert "Kafka answers, 0 dead letters" in lines
    assert "workers sauce 1 ready 1 0 - -" in lines
    assert "api 1 ready - - - -" in lines
    assert "pizza 6 60 -" in lines
    assert len(lines) < 40


def test_what_is_wrong_comes_first_with_what_helps(servers: FakeServers) -> None:
    """And the exit code is 1."""
    servers.group("workers cheese", members=[], committed={})
    result = run(servers)
    assert result.exit_code == 1
    assert result.output.startswith(
        "workers cheese: its consumer group has no member: 60 records wait\n"
        '    docker compose up -d cheese, or make start SERVICE="workers cheese"\n'
    )


@pytest.mark.parametrize("away", ["kafka", "redis"])
def test_the_rest_is_shown_while_a_server_is_away(servers: FakeServers, away: str) -> None:
    """It is one of the times when somebody looks."""
    setattr(servers, away, None)
    result = run(servers)
    assert result.exit_code == 1
    assert f"{away.capitalize()} is away: {away.capitalize()} does not answer" in result.output
    assert ("joiner" if away == "redis" else "api.relay") in result.output


@pytest.mark.parametrize("options", [["--watch"], ["--watch", "--json"]])
def test_ctrl_c_ends_the_watching_without_a_word(
    servers: FakeServers, options: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is how one ends it, and nobody expects that looking changes anything."""
    naps = iter([None, None])

    def sleep(_s: float) -> None:
        if next(naps, "Ctrl-C"):
            raise KeyboardInterrupt

    monkeypatch.setattr("cli.admin.status.time.sleep", sleep)
    result = run(servers, *options)
    assert result.exit_code == 130
    assert result.stderr == ""


def test_json_is_the_state_on_one_line(servers: FakeServers) -> None:
    """What GET /status returns."""
    result = run(servers, "--json")
    assert result.output.count("\n") == 1
    status = json.decode(result.output, type=Status)
    assert status.kafka.reachable
    assert result.exit_code == 0
