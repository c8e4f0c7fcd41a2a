"""The API behind a reverse proxy that serves it under another name, in a folder."""

import json
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from local.ports import HOST
from pizzeria.settings import Settings
from pizzeria.stream import create_topics
from pizzeria.topics import Topics
from tests.reverse_proxy import PREFIX, reverse_proxy


def post(url: str, headers: dict[str, str]) -> tuple[int, str | None]:
    """Order a pizza, and return the status and the Location."""
    try:
        with urlopen(Request(f"{url}/order/1", method="POST", headers=headers), timeout=30) as answer:  # noqa: S310
            return answer.status, answer.headers["Location"]
    except HTTPError as error:
        with error:
            return error.code, error.headers["Location"]


def test_an_order_is_placed_and_followed_under_the_proxys_address(api: Any, settings: Settings) -> None:
    """By an older browser, which sends the origin of the page alone; the Location leads through the proxy."""
    create_topics(settings, Topics())
    with reverse_proxy(api(TRUSTED_PROXIES="1")) as url:
        origin = url.removesuffix(PREFIX)
        status, location = post(url, {"Origin": origin})
        assert status == 202
        assert location is not None
        with urlopen(f"{origin}{location}", timeout=30) as answer:  # noqa: S310
            assert json.load(answer)["id"] == location.rpartition("/")[2]
        with urlopen(f"{origin}{location}/events", timeout=30) as events:  # noqa: S310
            assert events.readline().startswith(b"retry: ")
        with urlopen(f"{url}/openapi.json", timeout=30) as answer:  # noqa: S310
            assert json.load(answer)["servers"] == [{"url": PREFIX}]
        assert post(url, {"Origin": "http://elsewhere.example"})[0] == 403


@pytest.mark.parametrize("name", ["X-Forwarded-Host", "X_Forwarded_Host"])
def test_a_client_cannot_speak_for_the_proxy(api: Any, settings: Settings, name: str) -> None:
    """The proxy removes what the client says in its place, however that is written; without one nobody is believed."""
    create_topics(settings, Topics())
    port, forged = api(TRUSTED_PROXIES="1"), {name: "elsewhere.example", "Origin": "http://elsewhere.example"}
    with reverse_proxy(port) as url:
        assert post(url, forged)[0] == 403
    assert post(f"http://{HOST}:{api()}", forged)[0] == 403
