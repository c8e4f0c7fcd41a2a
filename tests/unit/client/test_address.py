"""Where the client looks for the API."""

import pytest
from click.testing import CliRunner

from local.ports import HOST, free_port
from pizzeria.__main__ import main
from tests.unit.client.scripted import DONE, Scripted, an_order, answer_of


@pytest.mark.parametrize(
    "url",
    [
        "localhost:8000",
        "ftp://localhost",
        "http://",
        "http://[::1",
        "http://host:0",
        "http://host:99999",
        "http://host/?a=b",
        "http://host/#a",
        "http://me:secret@host",
        "http://host/\x1b[2J",
        "http://\udcff/",
    ],
)
def test_an_address_of_no_use_is_refused(url: str) -> None:
    """With the names of the option and of the variable, and no secret."""
    result = CliRunner(env={"API_URL": url}).invoke(main, ["show", "6f0c"])
    assert result.exit_code == 2
    last = result.stderr.splitlines()[-1]
    assert last.startswith("Error: Invalid value for '--api' (env var: 'API_URL'): ")
    assert last.isprintable()
    assert "secret" not in last


def test_the_port_of_this_machine_is_the_default(api: Scripted) -> None:
    """The variable with which the API was started; an empty one counts as not set."""
    api.answers("GET /order/6f0c", answer_of(an_order("ready", DONE)))
    env = {"API_URL": "", "API_PORT": api.url.rpartition(":")[2]}
    assert CliRunner(env=env).invoke(main, ["show", "6f0c"]).exit_code == 0
    result = CliRunner(env={"API_URL": "", "API_PORT": "http"}).invoke(main, ["show", "6f0c"])
    assert (result.exit_code, result.stderr.splitlines()[-1]) == (2, "Error: API_PORT='http': not a port")


def test_the_option_goes_before_the_variable_and_may_have_a_path(api: Scripted) -> None:
    """An API may be behind a proxy that gives it a path."""
    api.answers("GET /pizzas/order/6f0c", answer_of(an_order("ready", DONE)))
    result = CliRunner(env={"API_URL": "nonsense"}).invoke(main, ["show", "6f0c", "--api", f"{api.url}/pizzas/"])
    assert result.exit_code == 0


@pytest.mark.parametrize("host", [HOST, "[::1]"])
def test_an_address_where_nobody_is_is_one_line(host: str) -> None:
    """Of IPv6, too, whether this machine has it or not."""
    url = f"http://{host}:{free_port()}"
    result = CliRunner().invoke(main, ["show", "6f0c", "--api", url])
    assert result.exit_code == 1
    [line] = result.stderr.splitlines()
    assert line.startswith(f"Error: {url} can't be reached: ")


def test_https_is_not_spoken_to_whoever_does_not_speak_it(api: Scripted) -> None:
    """It is not tried again: it would not help."""
    url = api.url.replace("http:", "https:")
    result = CliRunner().invoke(main, ["order", "1", "--api", url])
    assert result.exit_code == 1
    [line] = result.stderr.splitlines()
    assert line.startswith(f"Error: {url} can't be reached: [SSL: ")
