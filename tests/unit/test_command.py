"""Where the commands expect the API."""

import pytest

from cli import local_run
from cli.command import _api_url
from cli.local_run import LocalRun


@pytest.mark.parametrize(
    ("environ", "of_make_run", "url"),
    [
        ({}, {}, "http://127.0.0.1:8000"),
        ({"API_PORT": "5"}, {}, "http://127.0.0.1:5"),
        ({}, {"API_PORT": "6", "HTTP_HOST": "::1"}, "http://[::1]:6"),
        ({"API_PORT": "5"}, {"API_PORT": "6", "HTTP_HOST": "::"}, "http://[::1]:5"),
        ({"API_PORT": "tcp://10.96.0.12:8000", "HTTP_HOST": "0.0.0.0"}, {}, "http://127.0.0.1:8000"),  # noqa: S104
        ({"API_PORT": "", "HTTP_HOST": ""}, {"API_PORT": "6"}, "http://127.0.0.1:6"),
    ],
)
def test_the_api_is_where_this_machine_has_it(
    monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], of_make_run: dict[str, str], url: str
) -> None:
    """By the variables, or as `make run` started it; a link of Kubernetes is none of them."""
    for name in ("API_PORT", "HTTP_HOST"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(local_run, "find", lambda: LocalRun(1, of_make_run) if of_make_run else None)
    assert _api_url() == url
